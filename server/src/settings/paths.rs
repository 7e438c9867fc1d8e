//! How clients get through: TURN, TLS and the single port.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;

use super::SettingsError;
use super::acme::{self, AcmeArgs};
use crate::cli::Switch;
use crate::tls::Source;

/// The flags; the file has the same names with underscores.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct PathArgs {
    /// Whether the embedded TURN server runs [default: on]
    #[arg(long, value_enum)]
    pub(crate) turn: Option<Switch>,
    /// UDP and TCP port of TURN; 0 takes free ones [default: 3478, or free ones if it is taken]
    #[arg(long, value_name = "PORT")]
    pub(crate) turn_port: Option<u16>,
    /// TLS port of TURN; 0 takes a free one [default: 5349 with --tls-cert, otherwise none]
    #[arg(long, value_name = "PORT")]
    pub(crate) turn_tls_port: Option<u16>,
    /// Name or address that clients reach TURN at [default: the host of --public-url, or the first media address]
    #[arg(long, value_name = "HOST")]
    pub(crate) turn_host: Option<String>,
    /// An external TURN server to tell clients of instead of ours; repeat for several. It must share the secret in keys/turn.key (coturn: static-auth-secret).
    #[arg(long, value_name = "URL")]
    pub(crate) turn_url: Vec<String>,
    /// Address of the single TCP port for HTTPS, WebSocket, TURN and media, e.g. 0.0.0.0:443 [default: none]
    #[arg(long, value_name = "ADDR")]
    pub(crate) tls: Option<SocketAddr>,
    /// Certificate chain for TLS, PEM; read again when it changes [default: a self-signed one, for trials]
    #[arg(long, value_name = "FILE")]
    pub(crate) tls_cert: Option<PathBuf>,
    /// Private key of the certificate, PEM.
    #[arg(long, value_name = "FILE")]
    pub(crate) tls_key: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) acme: AcmeArgs,
}

/// The port of TURN over TLS (RFC 8656, section 3.1).
const TURN_TLS_PORT: u16 = 5349;

/// How clients get through.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Paths {
    /// Whether the embedded TURN server runs.
    pub(crate) turn: bool,
    /// None: the standard one unless it is taken.
    pub(crate) turn_port: Option<u16>,
    /// None: no such port.
    pub(crate) turn_tls_port: Option<u16>,
    pub(crate) turn_host: Option<String>,
    /// External TURN servers; when there are any, clients are not told of ours.
    pub(crate) turn_urls: Vec<String>,
    /// The single port.
    pub(crate) tls: Option<SocketAddr>,
    /// Where the certificate comes from.
    pub(crate) certificate: Source,
}

impl Paths {
    pub(super) fn merge(flags: PathArgs, file: PathArgs) -> Result<Self, SettingsError> {
        let tls = flags.tls.or(file.tls);
        let certificate = match (
            flags.tls_cert.or(file.tls_cert),
            flags.tls_key.or(file.tls_key),
            acme::merge(flags.acme, file.acme)?,
        ) {
            (Some(cert), Some(key), None) => Source::Files(cert, key),
            (None, None, Some(_)) if tls.is_none() => return Err(SettingsError::AcmePort),
            (None, None, Some(acme)) => Source::Acme(acme),
            (None, None, None) => Source::SelfSigned,
            (Some(_), Some(_), Some(_)) => return Err(SettingsError::TwoCertificates),
            _ => return Err(SettingsError::HalfCertificate),
        };
        let turn_host = flags.turn_host.or(file.turn_host);
        if turn_host.as_deref().is_some_and(|host| !is_host(host)) {
            return Err(SettingsError::TurnHost);
        }
        let turn_urls = match flags.turn_url {
            urls if urls.is_empty() => file.turn_url,
            urls => urls,
        };
        if let Some(url) = turn_urls.iter().find(|url| !is_turn_url(url)) {
            return Err(SettingsError::TurnUrl { url: url.clone() });
        }
        let standard = (certificate != Source::SelfSigned).then_some(TURN_TLS_PORT);
        Ok(Self {
            turn: flags.turn.or(file.turn) != Some(Switch::Off),
            turn_port: flags.turn_port.or(file.turn_port),
            turn_tls_port: flags.turn_tls_port.or(file.turn_tls_port).or(standard),
            turn_host,
            turn_urls,
            tls,
            certificate,
        })
    }

    /// Whether anything here needs a certificate.
    pub(crate) fn needs_certificate(&self) -> bool {
        self.tls.is_some() || (self.turn && self.turn_tls_port.is_some())
    }
}

/// A name or an address, without scheme and port.
pub(super) fn is_host(text: &str) -> bool {
    let is_name = |text: &str| {
        text.bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b".-".contains(&byte))
    };
    !text.is_empty() && (is_name(text) || text.parse::<std::net::IpAddr>().is_ok())
}

/// RFC 7065, as far as clients must be able to read it.
fn is_turn_url(url: &str) -> bool {
    let rest = url.strip_prefix("turn:").or(url.strip_prefix("turns:"));
    rest.is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_graphic()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn merged(flags: PathArgs) -> Result<Paths, SettingsError> {
        Paths::merge(flags, PathArgs::default())
    }

    #[test]
    fn turn_is_on_without_tls_and_has_a_tls_port_with_a_certificate() {
        let paths = merged(PathArgs::default()).expect("valid");
        assert!(paths.turn && !paths.needs_certificate());
        assert_eq!((paths.turn_port, paths.turn_tls_port), (None, None));
        let files = PathArgs {
            tls_cert: Some("a.pem".into()),
            tls_key: Some("a.key".into()),
            ..PathArgs::default()
        };
        assert_eq!(
            merged(files.clone()).expect("valid").turn_tls_port,
            Some(5349)
        );
        let off = PathArgs {
            turn: Some(Switch::Off),
            ..files
        };
        assert!(!merged(off).expect("valid").needs_certificate());
    }

    #[test]
    fn half_a_certificate_and_odd_hosts_are_refused() {
        let half = PathArgs {
            tls_cert: Some("a.pem".into()),
            ..PathArgs::default()
        };
        assert!(matches!(merged(half), Err(SettingsError::HalfCertificate)));
        for host in ["", "https://a", "a:3478", "a/b"] {
            let flags = PathArgs {
                turn_host: Some(host.into()),
                ..PathArgs::default()
            };
            assert!(
                matches!(merged(flags), Err(SettingsError::TurnHost)),
                "{host}"
            );
        }
        for url in ["stun:a", "turn:", "turn:a b"] {
            let flags = PathArgs {
                turn_url: vec![url.into()],
                ..PathArgs::default()
            };
            assert!(
                matches!(merged(flags), Err(SettingsError::TurnUrl { .. })),
                "{url}"
            );
        }
    }
}
