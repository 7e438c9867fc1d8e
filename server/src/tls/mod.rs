//! What TLS connections of the program are answered with.
//!
//! - `files`: certificates and keys on disk.
//! - `certificate`: the one in use, exchanged while connections go on.
//! - `acme`: one that an authority gives us (RFC 8555), and gives again before it ends.
//! - `challenges`: how the authority sees that the name is ours (RFC 8737).

pub(crate) mod acme;
mod certificate;
mod challenges;
mod files;
#[cfg(test)]
mod tests;
pub(crate) mod validity;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use domain::Clock;
use runtime::Context;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _};
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::{CryptoProvider, aws_lc_rs};
use tokio_rustls::rustls::server::{Acceptor, ResolvesServerCert};
use tokio_rustls::server::TlsStream;
use tokio_rustls::{LazyConfigAcceptor, TlsAcceptor};

use certificate::Certificate;
use challenges::Challenges;

/// Where the certificate comes from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) enum Source {
    /// Made here, for trials.
    #[default]
    SelfSigned,
    /// The operator's PEM files: the chain, and its key.
    Files(PathBuf, PathBuf),
    /// An authority, asked by ACME.
    Acme(acme::Settings),
}

/// TLS cannot be offered.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TlsError {
    #[error("the TLS file {path} cannot be read: {reason}")]
    Read { path: String, reason: String },
    #[error("the TLS file {path} cannot be written: {reason}")]
    Write { path: String, reason: String },
    #[error("the certificate in {path} cannot be used: {reason}")]
    Certificate { path: String, reason: String },
    #[error("no self-signed certificate can be made: {0}; name one with --tls-cert and --tls-key")]
    SelfSigned(String),
    #[error("TLS cannot be set up: {0}")]
    Setup(#[from] tokio_rustls::rustls::Error),
}

/// What TLS connections are answered with. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Tls {
    config: Arc<ServerConfig>,
    /// Answers the authority alone.
    challenge: Arc<ServerConfig>,
    certificate: Arc<Certificate>,
    keeper: Option<Arc<acme::Keeper>>,
}

impl Tls {
    /// The certificate that `source` names. Those made here or given by an authority are kept in
    /// `folder`. A self-signed one is for `names`; it also stands in until the authority has
    /// given the first.
    pub(crate) fn load(
        source: &Source,
        folder: &Path,
        names: Vec<String>,
        clock: &Arc<dyn Clock>,
    ) -> Result<Self, TlsError> {
        let provider = Arc::new(aws_lc_rs::default_provider());
        let challenges = Arc::new(Challenges::default());
        let mut keeper = None;
        let certificate = match source {
            Source::Files(chain, key) => Certificate::of_files(chain, key, Arc::clone(&provider))?,
            Source::SelfSigned => {
                let path = files::self_sign(folder, names)?;
                Certificate::made_here(&path, Arc::clone(&provider))?
            }
            Source::Acme(settings) => {
                let store = acme::Store::new(folder, &settings.directory);
                keeper = Some((settings.clone(), store.clone()));
                match Certificate::of_authority(&store.certificate(), Arc::clone(&provider)) {
                    Ok(kept) if kept.names_all(&settings.names) => kept,
                    _ => {
                        let path = files::self_sign(folder, names)?;
                        Certificate::made_here(&path, Arc::clone(&provider))?
                    }
                }
            }
        };
        let certificate = Arc::new(certificate);
        let keeper = keeper.map(|(settings, store)| {
            let (certificate, challenges) = (Arc::clone(&certificate), Arc::clone(&challenges));
            let clock = Arc::clone(clock);
            let keeper = acme::Keeper::new(settings, store, certificate, challenges, clock);
            Arc::new(keeper)
        });
        // No ALPN: TURN clients name other protocols or none, and all speak on the same port.
        let config = server_config(&provider, Arc::clone(&certificate) as _)?;
        let mut challenge = server_config(&provider, challenges)?;
        challenge.alpn_protocols = vec![challenges::PROTOCOL.to_vec()];
        Ok(Self {
            config: Arc::new(config),
            challenge: Arc::new(challenge),
            certificate,
            keeper,
        })
    }

    /// For ports where the authority does not ask.
    pub(crate) fn acceptor(&self) -> TlsAcceptor {
        TlsAcceptor::from(Arc::clone(&self.config))
    }

    /// The handshake of a client; none if it was the authority, which has its answer then.
    pub(crate) async fn accept<S>(&self, stream: S) -> std::io::Result<Option<TlsStream<S>>>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let start = LazyConfigAcceptor::new(Acceptor::default(), stream).await?;
        if !challenges::is_asked(&start.client_hello()) {
            return start.into_stream(Arc::clone(&self.config)).await.map(Some);
        }
        let mut stream = start.into_stream(Arc::clone(&self.challenge)).await?;
        stream.shutdown().await?;
        Ok(None)
    }

    /// Whether it comes from somebody whom browsers may trust: not made here.
    pub(crate) fn is_trusted(&self) -> bool {
        self.certificate.is_trusted()
    }

    /// Keeps the certificate fresh as long as the program runs: changed files are taken up, and
    /// the authority's is ordered and renewed. Whatever fails is logged, and the present
    /// certificate stays.
    pub(crate) fn watch(&self, context: &Context) {
        let shutdown = context.tasks.shutdown();
        let certificate = Arc::clone(&self.certificate);
        let keeper = self.keeper.clone();
        context.tasks.spawn("certificate", async move {
            tokio::select! {
                () = shutdown.begun() => {}
                () = async {
                    match keeper {
                        Some(keeper) => keeper.keep().await,
                        None => certificate.follow().await,
                    }
                } => {}
            }
        });
    }
}

fn server_config(
    provider: &Arc<CryptoProvider>,
    resolver: Arc<dyn ResolvesServerCert>,
) -> Result<ServerConfig, TlsError> {
    let config = ServerConfig::builder_with_provider(Arc::clone(provider))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_cert_resolver(resolver);
    Ok(config)
}
