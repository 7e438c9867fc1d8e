//! The program's certificate: the operator's files, or a self-signed one for trials.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, SystemTime};

use runtime::Context;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::{CryptoProvider, aws_lc_rs};
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::server::{ClientHello, ResolvesServerCert};
use tokio_rustls::rustls::sign::CertifiedKey;
use tracing::{info, warn};

/// How often the files are looked at.
const LOOK: Duration = Duration::from_secs(30);

/// TLS cannot be offered.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TlsError {
    #[error("the TLS file {path} cannot be read: {reason}")]
    Read { path: String, reason: String },
    #[error("the certificate in {path} cannot be used: {reason}")]
    Certificate { path: String, reason: String },
    #[error("no self-signed certificate can be made: {0}; name one with --tls-cert and --tls-key")]
    SelfSigned(String),
    #[error("TLS cannot be set up: {0}")]
    Setup(#[from] tokio_rustls::rustls::Error),
}

/// What TLS connections are answered with.
#[derive(Clone)]
pub(crate) struct Tls {
    config: Arc<ServerConfig>,
    certificate: Arc<Certificate>,
    self_signed: bool,
}

/// The certificate in use and where it came from.
#[derive(Debug)]
struct Certificate {
    files: (PathBuf, PathBuf),
    provider: Arc<CryptoProvider>,
    /// Held for one clone or one replacement.
    current: RwLock<Arc<CertifiedKey>>,
}

impl Tls {
    /// The certificate in `files`, or the self-signed one in `folder`, made at the first start
    /// for `names`.
    pub(crate) fn load(
        files: Option<&(PathBuf, PathBuf)>,
        folder: &Path,
        names: Vec<String>,
    ) -> Result<Self, TlsError> {
        let provider = Arc::new(aws_lc_rs::default_provider());
        let self_signed = files.is_none();
        let files = match files {
            Some(files) => files.clone(),
            None => self_sign(folder, names)?,
        };
        let first = read(&files, &provider)?;
        let certificate = Arc::new(Certificate {
            files,
            provider: Arc::clone(&provider),
            current: RwLock::new(first),
        });
        // No ALPN: TURN clients name other protocols or none, and all speak on the same port.
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_cert_resolver(Arc::clone(&certificate) as Arc<dyn ResolvesServerCert>);
        Ok(Self {
            config: Arc::new(config),
            certificate,
            self_signed,
        })
    }

    pub(crate) fn acceptor(&self) -> TlsAcceptor {
        TlsAcceptor::from(Arc::clone(&self.config))
    }

    /// Whether browsers will not trust it.
    pub(crate) fn is_self_signed(&self) -> bool {
        self.self_signed
    }

    /// Takes up changed files as long as the program runs, so that a renewed certificate needs no
    /// restart. Files that cannot be used are logged, and the present certificate stays.
    pub(crate) fn watch(&self, context: &Context) {
        if self.self_signed {
            return;
        }
        let certificate = Arc::clone(&self.certificate);
        let shutdown = context.tasks.shutdown();
        context.tasks.spawn("certificate", async move {
            let mut seen = certificate.changed();
            loop {
                tokio::select! {
                    () = shutdown.begun() => return,
                    () = tokio::time::sleep(LOOK) => {}
                }
                let now = certificate.changed();
                if now != seen {
                    seen = now;
                    certificate.renew();
                }
            }
        });
    }
}

impl Certificate {
    /// When the files were changed last.
    fn changed(&self) -> [Option<SystemTime>; 2] {
        let of = |path: &Path| fs::metadata(path).and_then(|found| found.modified()).ok();
        [of(&self.files.0), of(&self.files.1)]
    }

    fn renew(&self) {
        match read(&self.files, &self.provider) {
            Ok(fresh) => {
                *self.current.write().unwrap_or_else(PoisonError::into_inner) = fresh;
                info!("The TLS certificate was read again");
            }
            // Often just one of the two has been replaced so far.
            Err(error) => warn!("The former TLS certificate stays in use: {error}"),
        }
    }
}

impl ResolvesServerCert for Certificate {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let current = self.current.read().unwrap_or_else(PoisonError::into_inner);
        Some(Arc::clone(&current))
    }
}

fn read(
    (certificate, key): &(PathBuf, PathBuf),
    provider: &CryptoProvider,
) -> Result<Arc<CertifiedKey>, TlsError> {
    let failed = |path: &Path, reason: String| TlsError::Read {
        path: path.display().to_string(),
        reason,
    };
    let chain = CertificateDer::pem_file_iter(certificate)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| failed(certificate, error.to_string()))?;
    if chain.is_empty() {
        return Err(failed(certificate, "it contains no certificate".to_owned()));
    }
    let key = PrivateKeyDer::from_pem_file(key).map_err(|error| failed(key, error.to_string()))?;
    CertifiedKey::from_der(chain, key, provider)
        .map(Arc::new)
        .map_err(|error| TlsError::Certificate {
            path: certificate.display().to_string(),
            reason: error.to_string(),
        })
}

/// The self-signed certificate in `folder`, made if it is not there.
fn self_sign(folder: &Path, names: Vec<String>) -> Result<(PathBuf, PathBuf), TlsError> {
    let io = |error: std::io::Error| TlsError::SelfSigned(error.to_string());
    let files = (
        folder.join("self-signed.pem"),
        folder.join("self-signed.key"),
    );
    if files.0.exists() && files.1.exists() {
        return Ok(files);
    }
    let made = rcgen::generate_simple_self_signed(names)
        .map_err(|error| TlsError::SelfSigned(error.to_string()))?;
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .map_err(io)?;
    let write = |path: &Path, text: &str| {
        let mut options = fs::OpenOptions::new();
        options.write(true).create(true).truncate(true).mode(0o600);
        options.open(path)?.write_all(text.as_bytes())
    };
    write(&files.1, &made.signing_key.serialize_pem()).map_err(io)?;
    write(&files.0, &made.cert.pem()).map_err(io)?;
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(files: Option<&(PathBuf, PathBuf)>, folder: &Path) -> Result<Tls, TlsError> {
        Tls::load(files, folder, vec!["localhost".to_owned()])
    }

    #[test]
    fn a_self_signed_certificate_is_made_once() {
        let dir = tempfile::tempdir().expect("folder");
        let folder = dir.path().join("tls");
        let first = load(None, &folder).expect("made");
        assert!(first.is_self_signed());
        let text = fs::read(folder.join("self-signed.pem")).expect("kept");
        load(None, &folder).expect("read");
        assert_eq!(
            fs::read(folder.join("self-signed.pem")).expect("kept"),
            text
        );
    }

    #[test]
    fn changed_files_are_taken_up_and_broken_ones_are_not() {
        let dir = tempfile::tempdir().expect("folder");
        let (one, two) = (dir.path().join("one"), dir.path().join("two"));
        load(None, &one).expect("made");
        load(None, &two).expect("made");
        let files = (one.join("self-signed.pem"), one.join("self-signed.key"));
        let tls = load(Some(&files), dir.path()).expect("read");
        let current = || {
            let current = tls.certificate.current.read().expect("whole");
            current.cert.clone()
        };
        let before = current();
        // A certificate without its key.
        fs::copy(two.join("self-signed.pem"), &files.0).expect("copied");
        tls.certificate.renew();
        assert_eq!(current(), before);
        fs::copy(two.join("self-signed.key"), &files.1).expect("copied");
        tls.certificate.renew();
        assert_ne!(current(), before);
    }

    #[test]
    fn unusable_files_are_named() {
        let dir = tempfile::tempdir().expect("folder");
        let empty = dir.path().join("empty.pem");
        fs::write(&empty, "").expect("written");
        let error = load(Some(&(empty.clone(), empty)), dir.path())
            .err()
            .expect("refused");
        assert!(error.to_string().contains("empty.pem"), "{error}");
    }
}
