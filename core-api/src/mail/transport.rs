//! Handing a letter over: to an SMTP server, or into a file.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, CertificateStore, Tls, TlsParameters};
use lettre::transport::smtp::{self, AsyncSmtpTransport};
use lettre::{AsyncTransport as _, Message, Tokio1Executor};
use uuid::Uuid;

use super::config::{MailConfig, Outgoing, Security, Smtp};

/// How long the server may take to answer one command.
const PATIENCE: Duration = Duration::from_secs(30);

/// Where letters are handed over.
pub(super) enum Transport {
    Smtp(Box<AsyncSmtpTransport<Tokio1Executor>>),
    Files(PathBuf),
}

/// Why a letter was not handed over. Says nothing of what is in it: servers repeat addresses in
/// what they answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum SendError {
    /// The server will never take it, by the code it answered.
    #[error("the mail server refuses it for good ({0})")]
    Refused(u16),
    /// The server does not take it now.
    #[error("the mail server does not take it now ({0})")]
    NotNow(u16),
    /// The server is not reached, or not in the way that was asked for.
    #[error("the mail server cannot be reached, or not with the protection asked for")]
    Unreachable,
    /// The file cannot be written.
    #[error("the file cannot be written: {0}")]
    File(io::ErrorKind),
}

impl From<smtp::Error> for SendError {
    fn from(error: smtp::Error) -> Self {
        match error.status() {
            Some(code) if error.is_permanent() => Self::Refused(u16::from(code)),
            Some(code) => Self::NotNow(u16::from(code)),
            None => Self::Unreachable,
        }
    }
}

impl Transport {
    pub(super) fn new(outgoing: &Outgoing) -> Result<Self, String> {
        Ok(match outgoing {
            Outgoing::Smtp(server) => Self::Smtp(Box::new(connect(server)?)),
            Outgoing::Files(folder) => {
                make_folder(folder).map_err(|error| {
                    format!(
                        "the folder {} for mail cannot be made: {error}",
                        folder.display()
                    )
                })?;
                Self::Files(folder.clone())
            }
        })
    }

    /// Hands letter `id` over.
    pub(super) async fn send(&self, id: Uuid, message: Message) -> Result<(), SendError> {
        match self {
            Self::Smtp(server) => {
                server.send(message).await?;
                Ok(())
            }
            Self::Files(folder) => {
                let (folder, bytes) = (folder.clone(), message.formatted());
                let written = tokio::task::spawn_blocking(move || write(&folder, id, &bytes));
                let written = written
                    .await
                    .map_err(|_| SendError::File(io::ErrorKind::Other))?;
                written.map_err(|error| SendError::File(error.kind()))
            }
        }
    }
}

fn make_folder(folder: &Path) -> io::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

/// Writes a letter under another name first, so that whoever watches the folder sees whole ones.
fn write(folder: &Path, id: Uuid, bytes: &[u8]) -> io::Result<()> {
    let draft = folder.join(format!(".{id}"));
    let mut options = OpenOptions::new();
    let options = options.write(true).create(true).truncate(true).mode(0o600);
    let mut file = options.open(&draft)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(draft, folder.join(format!("{id}.eml")))
}

fn connect(server: &Smtp) -> Result<AsyncSmtpTransport<Tokio1Executor>, String> {
    let tls = || -> Result<TlsParameters, String> {
        let mut parameters = TlsParameters::builder(server.host.clone());
        if let Some(root) = &server.root {
            let file = root.display();
            let pem = fs::read(root)
                .map_err(|error| format!("the authority's file {file} cannot be read: {error}"))?;
            let root = Certificate::from_pem(&pem)
                .map_err(|_| format!("{file} holds no certificate in PEM"))?;
            parameters = parameters
                .certificate_store(CertificateStore::None)
                .add_root_certificate(root);
        }
        let built = parameters.build();
        built.map_err(|_| "TLS to the mail server cannot be set up".to_owned())
    };
    let security = match server.security {
        Security::Tls => Tls::Wrapper(tls()?),
        Security::StartTls => Tls::Required(tls()?),
        Security::None => Tls::None,
    };
    let mut transport = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&server.host)
        .port(server.port)
        .tls(security)
        .timeout(Some(PATIENCE));
    if let Some(credentials) = &server.credentials {
        let (user, password) = (&credentials.user, &credentials.password);
        transport = transport.credentials(Credentials::new(user.clone(), password.to_string()));
    }
    Ok(transport.build())
}

/// Whether mail can leave as `config` says, without sending any; either way one sentence.
///
/// # Errors
/// What is wrong, and what to look at.
pub async fn probe(config: &MailConfig) -> Result<String, String> {
    match (Transport::new(&config.outgoing)?, &config.outgoing) {
        (Transport::Smtp(transport), Outgoing::Smtp(server)) => {
            let at = format!("{}:{}", server.host, server.port);
            match transport.test_connection().await {
                Ok(true) => Ok(format!("{at} takes our connection")),
                Ok(false) => Err(format!("{at} answers, and does not serve us")),
                Err(error) => Err(format!(
                    "{at}: {}; look at --mail-host, --mail-port, --mail-security and the password",
                    SendError::from(error)
                )),
            }
        }
        _ => Ok("letters are written to files".to_owned()),
    }
}
