//! How mail leaves.

use std::fmt;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use core_api::{Credentials, MailConfig, Outgoing, Security, Smtp};
use serde::Deserialize;
use zeroize::Zeroizing;

use super::paths::is_host;

/// Who a demonstration's letters are from.
const NOBODY: &str = "no-reply@bedside.example";

/// The flags; in the file they are the table `[mail]`, without the prefix and with underscores.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct MailArgs {
    /// Who mail is from: an address, or `Name <address>`
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) mail_from: Option<String>,
    /// Server that passes mail on [default: none, and nothing that needs mail is offered; with
    /// --demo letters are files in mail/ of the data directory]
    #[arg(long, value_name = "HOST")]
    pub(crate) mail_host: Option<String>,
    /// Its port [default: 587, with tls 465]
    #[arg(long, value_name = "PORT")]
    pub(crate) mail_port: Option<u16>,
    /// How the connection to it is protected [default: starttls]
    #[arg(long, value_enum)]
    pub(crate) mail_security: Option<SecurityArg>,
    /// Name to sign in to it with; the password is in BEDSIDE_MAIL_PASSWORD or the file of --mail-password-file
    #[arg(long, value_name = "NAME")]
    pub(crate) mail_user: Option<String>,
    /// File with nothing but the password
    #[arg(long, value_name = "FILE")]
    pub(crate) mail_password_file: Option<PathBuf>,
    /// PEM file of the authority its certificate is from [default: whoever this machine trusts]
    #[arg(long, value_name = "FILE")]
    pub(crate) mail_root: Option<PathBuf>,
}

/// The file's table `[mail]`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct MailFile {
    from: Option<String>,
    host: Option<String>,
    port: Option<u16>,
    security: Option<SecurityArg>,
    user: Option<String>,
    password_file: Option<PathBuf>,
    root: Option<PathBuf>,
}

/// How the connection to a mail server is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum SecurityArg {
    /// TLS by STARTTLS; without it nothing is sent.
    Starttls,
    /// TLS from the first byte.
    Tls,
    /// None; for a server on this machine.
    None,
}

/// The settings of mail cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum MailError {
    #[error("--mail-host must be a name or an address alone, such as mail.example.org")]
    Host,
    #[error("--mail-from is needed with --mail-host, and --mail-host with every other --mail flag")]
    Half,
    #[error("--mail-host needs --public-url: links in mail lead there")]
    PublicUrl,
    #[error("--mail-user and a password belong together: give both or neither")]
    Password,
    #[error("the password of --mail-password-file {path} cannot be read: {source}")]
    Read {
        path: String,
        source: std::io::Error,
    },
    #[error("--mail-security none is for a server on this machine: name it localhost")]
    Unprotected,
}

/// How mail leaves.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Mail {
    from: String,
    host: String,
    port: u16,
    security: SecurityArg,
    credentials: Option<(String, Zeroizing<String>)>,
    root: Option<PathBuf>,
}

impl fmt::Debug for Mail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { host, port, .. } = self;
        write!(f, "Mail({host}:{port})")
    }
}

impl Mail {
    pub(super) fn merge(
        flags: MailArgs,
        file: MailFile,
        password: Option<&Zeroizing<String>>,
        public_url: Option<&str>,
    ) -> Result<Option<Self>, MailError> {
        let from = flags.mail_from.or(file.from);
        let host = flags.mail_host.or(file.host);
        let port = flags.mail_port.or(file.port);
        let security = flags.mail_security.or(file.security);
        let user = flags.mail_user.or(file.user);
        let password_file = flags.mail_password_file.or(file.password_file);
        let root = flags.mail_root.or(file.root);
        let Some(host) = host else {
            let named = from.is_some() || port.is_some() || security.is_some() || user.is_some();
            return match named || password_file.is_some() || root.is_some() {
                true => Err(MailError::Half),
                false => Ok(None),
            };
        };
        if !is_host(&host) {
            return Err(MailError::Host);
        }
        let security = security.unwrap_or(SecurityArg::Starttls);
        if security == SecurityArg::None && !is_here(&host) {
            return Err(MailError::Unprotected);
        }
        public_url.ok_or(MailError::PublicUrl)?;
        let password = match (password_file, password) {
            (Some(path), _) => Some(read(&path)?),
            (None, password) => password.cloned(),
        };
        Ok(Some(Self {
            from: from.ok_or(MailError::Half)?,
            host,
            port: port.unwrap_or(match security {
                SecurityArg::Tls => 465,
                SecurityArg::Starttls | SecurityArg::None => 587,
            }),
            security,
            credentials: match (user, password) {
                (Some(user), Some(password)) => Some((user, password)),
                (None, None) => None,
                _ => return Err(MailError::Password),
            },
            root,
        }))
    }

    /// The same as core-api takes it; links lead to `links`.
    pub(crate) fn config(&self, links: String) -> MailConfig {
        let credentials = self.credentials.clone();
        MailConfig {
            from: self.from.clone(),
            links,
            outgoing: Outgoing::Smtp(Smtp {
                host: self.host.clone(),
                port: self.port,
                security: match self.security {
                    SecurityArg::Starttls => Security::StartTls,
                    SecurityArg::Tls => Security::Tls,
                    SecurityArg::None => Security::None,
                },
                credentials: credentials.map(|(user, password)| Credentials { user, password }),
                root: self.root.clone(),
            }),
        }
    }
}

/// Letters as files, for a demonstration.
pub(crate) fn files(data_dir: &Path, links: String) -> MailConfig {
    MailConfig {
        from: NOBODY.to_owned(),
        links,
        outgoing: Outgoing::Files(data_dir.join("mail")),
    }
}

fn is_here(host: &str) -> bool {
    let address = host.parse::<IpAddr>();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

fn read(path: &Path) -> Result<Zeroizing<String>, MailError> {
    let text = std::fs::read_to_string(path).map_err(|source| MailError::Read {
        path: path.display().to_string(),
        source,
    })?;
    let text = Zeroizing::new(text);
    Ok(Zeroizing::new(
        text.trim_end_matches(['\r', '\n']).to_owned(),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flags() -> MailArgs {
        MailArgs {
            mail_from: Some("no-reply@visits.example.org".into()),
            mail_host: Some("mail.example.org".into()),
            ..MailArgs::default()
        }
    }

    fn merge(flags: MailArgs, password: Option<&str>) -> Result<Option<Mail>, MailError> {
        let password = password.map(|text| Zeroizing::new(text.to_owned()));
        let url = Some("https://visits.example.org");
        Mail::merge(flags, MailFile::default(), password.as_ref(), url)
    }

    #[test]
    fn without_a_server_there_is_no_mail_and_with_one_it_is_protected() {
        assert!(merge(MailArgs::default(), None).is_ok_and(|mail| mail.is_none()));
        let mail = merge(flags(), None).expect("valid").expect("some");
        assert_eq!((mail.port, mail.security), (587, SecurityArg::Starttls));
        let tls = MailArgs {
            mail_security: Some(SecurityArg::Tls),
            ..flags()
        };
        assert_eq!(merge(tls, None).expect("valid").expect("some").port, 465);
    }

    #[test]
    fn halves_and_open_lines_are_refused() {
        let odd = |change: fn(&mut MailArgs)| {
            let mut flags = flags();
            change(&mut flags);
            merge(flags, None).expect_err("refused")
        };
        assert!(matches!(
            odd(|flags| flags.mail_from = None),
            MailError::Half
        ));
        assert!(matches!(
            odd(|flags| flags.mail_host = None),
            MailError::Half
        ));
        let odd_host = odd(|flags| flags.mail_host = Some("smtp://a".into()));
        assert!(matches!(odd_host, MailError::Host));
        let open = odd(|flags| flags.mail_security = Some(SecurityArg::None));
        assert!(matches!(open, MailError::Unprotected));
        let user = odd(|flags| flags.mail_user = Some("bedside".into()));
        assert!(matches!(user, MailError::Password));
        let nowhere = Mail::merge(flags(), MailFile::default(), None, None);
        assert!(matches!(nowhere, Err(MailError::PublicUrl)));
    }

    #[test]
    fn a_password_comes_from_a_file_or_the_environment_and_is_never_printed() {
        let file = tempfile::NamedTempFile::new().expect("file");
        std::fs::write(file.path(), "open sesame\n").expect("written");
        let with_user = MailArgs {
            mail_user: Some("bedside".into()),
            ..flags()
        };
        let from_file = MailArgs {
            mail_password_file: Some(file.path().into()),
            ..with_user.clone()
        };
        for (flags, given) in [(from_file, None), (with_user, Some("open sesame"))] {
            let mail = merge(flags, given).expect("valid").expect("some");
            let (_, password) = mail.credentials.clone().expect("some");
            assert_eq!(password.as_str(), "open sesame");
            let config = mail.config("https://visits.example.org".into());
            assert!(!format!("{mail:?} {config:?}").contains("sesame"));
        }
    }
}
