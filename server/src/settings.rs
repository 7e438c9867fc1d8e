//! What a node runs with: flags over file over defaults.

mod acme;
mod error;
mod keys;
pub(crate) mod mail;
mod paths;
mod reach;
mod sign_in;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use runtime::LogFormat;
use serde::Deserialize;
use zeroize::Zeroizing;

pub(crate) use error::SettingsError;
pub(crate) use keys::{KeyArgs, KeySource};
use mail::MailFile;
pub(crate) use mail::{Mail, MailArgs};
pub(crate) use paths::{PathArgs, Paths};
pub(crate) use reach::{Reach, ReachArgs};
pub(crate) use sign_in::{MfaArg, SignIn, SignInArgs};

use crate::cli::{LogFormatArg, MediaIoArg, SettingsArgs, Switch};

/// What is logged unless asked otherwise: the bus library warns at each stop about socket files
/// that are already gone.
const LOG: &str = "info,zeromq=error";

/// The settings after every source was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Settings {
    pub(crate) http: SocketAddr,
    pub(crate) data_dir: PathBuf,
    pub(crate) media_port: u16,
    pub(crate) media_ips: Vec<IpAddr>,
    /// None: as many as the machine's cores suggest.
    pub(crate) media_workers: Option<NonZeroUsize>,
    /// None: no media over TCP.
    pub(crate) media_tcp_port: Option<u16>,
    pub(crate) media_io: sfu::Io,
    pub(crate) media_estimation: bool,
    pub(crate) paths: Paths,
    pub(crate) public_url: Option<String>,
    /// Where copies of the audit log's signed heads go; none: beside the database.
    pub(crate) audit_copies: Option<PathBuf>,
    pub(crate) sign_in: SignIn,
    pub(crate) reach: Reach,
    /// None: no mail server.
    pub(crate) mail: Option<Mail>,
    /// Who holds the key-encryption keys.
    pub(crate) keys: KeySource,
    pub(crate) log: String,
    pub(crate) log_format: LogFormat,
    /// `DATABASE_URL`: a PostgreSQL of the operator's, as the service role.
    pub(crate) database_url: Option<String>,
    /// `DATABASE_OWNER_URL`: the same database as the role that migrates.
    pub(crate) database_owner_url: Option<String>,
}

/// The file's contents: the flags' names with underscores.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    http: Option<SocketAddr>,
    data_dir: Option<PathBuf>,
    media_port: Option<u16>,
    #[serde(default)]
    media_ip: Vec<IpAddr>,
    media_workers: Option<NonZeroUsize>,
    media_tcp_port: Option<u16>,
    media_io: Option<MediaIoArg>,
    media_estimation: Option<Switch>,
    turn: Option<Switch>,
    turn_port: Option<u16>,
    turn_tls_port: Option<u16>,
    turn_host: Option<String>,
    #[serde(default)]
    turn_url: Vec<String>,
    tls: Option<SocketAddr>,
    tls_cert: Option<PathBuf>,
    tls_key: Option<PathBuf>,
    #[serde(default)]
    acme_name: Vec<String>,
    acme_contact: Option<String>,
    acme_directory: Option<String>,
    acme_root: Option<PathBuf>,
    public_url: Option<String>,
    audit_copies: Option<PathBuf>,
    mfa: Option<MfaArg>,
    breached_passwords: Option<PathBuf>,
    #[serde(default)]
    trusted_proxy: Vec<String>,
    #[serde(default)]
    metrics_from: Vec<String>,
    key_command: Option<PathBuf>,
    #[serde(default)]
    mail: MailFile,
    log: Option<String>,
    log_format: Option<LogFormatArg>,
}

/// The environment a node reads, named here and nowhere else.
#[derive(Default)]
pub(crate) struct Environment {
    pub(crate) home: Option<PathBuf>,
    pub(crate) is_root: bool,
    pub(crate) database_url: Option<String>,
    pub(crate) database_owner_url: Option<String>,
    /// `BEDSIDE_MAIL_PASSWORD`: what the mail server asks for.
    pub(crate) mail_password: Option<Zeroizing<String>>,
    /// `BEDSIDE_MASTER_KEY`: the key-encryption key.
    pub(crate) master_key: Option<Zeroizing<String>>,
    /// `BEDSIDE_RETIRED_MASTER_KEYS`: those before it.
    pub(crate) retired_master_keys: Option<Zeroizing<String>>,
}

impl Environment {
    pub(crate) fn read() -> Self {
        let text = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
        Self {
            home: text("HOME").map(PathBuf::from),
            is_root: rustix::process::geteuid().is_root(),
            database_url: text("DATABASE_URL"),
            database_owner_url: text("DATABASE_OWNER_URL"),
            mail_password: text("BEDSIDE_MAIL_PASSWORD").map(Zeroizing::new),
            master_key: text("BEDSIDE_MASTER_KEY").map(Zeroizing::new),
            retired_master_keys: text("BEDSIDE_RETIRED_MASTER_KEYS").map(Zeroizing::new),
        }
    }
}

impl Settings {
    /// Merges `flags`, the file they name, and `environment`.
    pub(crate) fn load(
        flags: SettingsArgs,
        environment: Environment,
    ) -> Result<Self, SettingsError> {
        let file = flags
            .config
            .as_deref()
            .map(read_file)
            .transpose()?
            .unwrap_or_default();
        let public_url = flags.public_url.or(file.public_url);
        if let Some(url) = &public_url {
            check_origin(url)?;
        }
        let media_ips = if flags.media_ip.is_empty() {
            file.media_ip
        } else {
            flags.media_ip
        };
        let in_file = PathArgs {
            turn: file.turn,
            turn_port: file.turn_port,
            turn_tls_port: file.turn_tls_port,
            turn_host: file.turn_host,
            turn_url: file.turn_url,
            tls: file.tls,
            tls_cert: file.tls_cert,
            tls_key: file.tls_key,
            acme: acme::AcmeArgs {
                acme_name: file.acme_name,
                acme_contact: file.acme_contact,
                acme_directory: file.acme_directory,
                acme_root: file.acme_root,
            },
        };
        let paths = Paths::merge(flags.paths, in_file)?;
        let in_file = SignInArgs {
            mfa: file.mfa,
            breached_passwords: file.breached_passwords,
        };
        let sign_in = SignIn::merge(flags.sign_in, in_file);
        let in_file = ReachArgs {
            trusted_proxy: file.trusted_proxy,
            metrics_from: file.metrics_from,
        };
        let reach = Reach::merge(flags.reach, in_file)?;
        let password = environment.mail_password.as_ref();
        let mail = Mail::merge(flags.mail, file.mail, password, public_url.as_deref())?;
        let keys = KeySource::merge(flags.keys, file.key_command, &environment)?;
        let media_port = flags.media_port.or(file.media_port).unwrap_or(7882);
        let data_dir = match flags.data_dir.or(file.data_dir) {
            Some(dir) => dir,
            None if environment.is_root => PathBuf::from("/var/lib/bedside"),
            None => environment
                .home
                .ok_or(SettingsError::NoHome)?
                .join(".local/share/bedside"),
        };
        Ok(Self {
            http: flags
                .http
                .or(file.http)
                .unwrap_or_else(|| SocketAddr::from((Ipv4Addr::LOCALHOST, 8080))),
            data_dir,
            media_port,
            media_ips,
            media_workers: flags.media_workers.or(file.media_workers),
            media_tcp_port: match flags.media_tcp_port.or(file.media_tcp_port) {
                None => Some(media_port),
                Some(0) => None,
                Some(port) => Some(port),
            },
            media_io: match flags.media_io.or(file.media_io) {
                Some(MediaIoArg::Auto) | None => sfu::Io::Auto,
                Some(MediaIoArg::Gso) => sfu::Io::Gso,
                Some(MediaIoArg::Sendmmsg) => sfu::Io::Sendmmsg,
                Some(MediaIoArg::Sendto) => sfu::Io::Sendto,
            },
            media_estimation: flags.media_estimation.or(file.media_estimation) != Some(Switch::Off),
            paths,
            public_url,
            audit_copies: flags.audit_copies.or(file.audit_copies),
            sign_in,
            reach,
            mail,
            keys,
            log: flags.log.or(file.log).unwrap_or_else(|| LOG.to_owned()),
            log_format: match flags.log_format.or(file.log_format) {
                Some(LogFormatArg::Json) => LogFormat::Json,
                Some(LogFormatArg::Text) | None => LogFormat::Text,
            },
            database_url: environment.database_url,
            database_owner_url: environment.database_owner_url,
        })
    }
}

fn read_file(path: &Path) -> Result<File, SettingsError> {
    let text = std::fs::read_to_string(path).map_err(|source| SettingsError::Read {
        path: path.display().to_string(),
        source,
    })?;
    toml::from_str(&text).map_err(|error| SettingsError::Parse {
        path: path.display().to_string(),
        message: error.message().to_owned(),
    })
}

fn check_origin(url: &str) -> Result<(), SettingsError> {
    let host = url
        .strip_prefix("https://")
        .or_else(|| url.strip_prefix("http://"))
        .ok_or(SettingsError::PublicUrl)?;
    if host.is_empty() || host.contains(['/', '?', '#', '@', ' ']) {
        return Err(SettingsError::PublicUrl);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn home() -> Environment {
        Environment {
            home: Some("/home/ada".into()),
            ..Environment::default()
        }
    }

    #[test]
    fn a_flag_wins_over_the_file_and_the_file_over_the_default() {
        let dir = std::env::temp_dir().join(format!("bedside-settings-{}", std::process::id()));
        std::fs::create_dir_all(&dir).expect("folder");
        let config = dir.join("bedside.toml");
        std::fs::write(&config, "media_port = 9000\nlog = \"debug\"\n").expect("written");
        let flags = SettingsArgs {
            config: Some(config),
            media_port: Some(9001),
            ..SettingsArgs::default()
        };
        let settings = Settings::load(flags, home()).expect("valid");
        std::fs::remove_dir_all(&dir).expect("removed");
        assert_eq!(settings.media_port, 9001);
        assert_eq!(settings.media_tcp_port, Some(9001));
        assert_eq!(settings.log, "debug");
        assert_eq!(settings.http, SocketAddr::from((Ipv4Addr::LOCALHOST, 8080)));
        assert_eq!(
            settings.data_dir,
            PathBuf::from("/home/ada/.local/share/bedside")
        );
    }

    #[test]
    fn an_unknown_name_in_the_file_is_an_error_that_names_it() {
        let error = toml::from_str::<File>("htpp = \"127.0.0.1:1\"").expect_err("refused");
        assert!(error.message().contains("htpp"), "{error}");
    }

    #[test]
    fn a_public_url_with_a_path_is_refused() {
        for url in ["visits.example.org", "https://a/b", "https://", "ftp://a"] {
            let flags = SettingsArgs {
                public_url: Some(url.into()),
                ..SettingsArgs::default()
            };
            assert!(
                matches!(Settings::load(flags, home()), Err(SettingsError::PublicUrl)),
                "{url}"
            );
        }
    }
}
