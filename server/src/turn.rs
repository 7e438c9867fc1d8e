//! The embedded TURN server of this node, and what clients are told of it.

use std::net::{IpAddr, Ipv4Addr};

use tracing::warn;

use crate::node::Node;
use crate::settings::Settings;
use crate::tls::Tls;

/// The port of TURN (RFC 8656, section 3.1).
const PORT: u16 = 3478;

/// The ports clients are told of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ports {
    pub(crate) udp: u16,
    pub(crate) tcp: u16,
    pub(crate) tls: Option<u16>,
    /// The single port, which carries TURN too.
    pub(crate) single: Option<u16>,
}

/// Starts it in front of the media of `sfu`, unless it is switched off.
pub(crate) fn start(
    node: &Node,
    sfu: &sfu::Service,
    tls: Option<&Tls>,
) -> Result<Option<sfu::turn::Service>, sfu::turn::StartError> {
    let paths = &node.settings.paths;
    if !paths.turn {
        return Ok(None);
    }
    let deps = sfu::turn::Deps {
        door: sfu.door().clone(),
        key: node.keys.turn.clone(),
        clock: node.clock.clone(),
        entropy: node.entropy.clone(),
    };
    let tls = paths.turn_tls_port.zip(tls.map(Tls::acceptor));
    let with_port = |port| sfu::turn::Config {
        port,
        tls: tls.clone(),
        ..sfu::turn::Config::default()
    };
    let start = |port| sfu::turn::start(with_port(port), deps.clone(), &node.media);
    let started = match (paths.turn_port, start(paths.turn_port.unwrap_or(PORT))) {
        // Nobody asked for this very port: any other serves a trial.
        (None, Err(error @ sfu::turn::StartError::Socket { port: PORT, .. })) => {
            warn!("{error}; free ports are used instead, choose them with --turn-port");
            start(0)?
        }
        (_, started) => started?,
    };
    Ok(Some(started))
}

/// The addresses clients are told (RFC 7065), the quickest path first. Few, as a browser tries
/// each of them for every network interface.
pub(crate) fn urls(settings: &Settings, media: Option<Ipv4Addr>, ports: Ports) -> Vec<String> {
    let paths = &settings.paths;
    if !paths.turn_urls.is_empty() {
        return paths.turn_urls.clone();
    }
    let Some(host) = host(settings, media).filter(|_| paths.turn) else {
        return Vec::new();
    };
    // Browsers check the certificate, which names no address.
    let is_name = host.parse::<IpAddr>().is_err();
    let written = match host.parse::<IpAddr>() {
        Ok(IpAddr::V6(ip)) => format!("[{ip}]"),
        _ => host,
    };
    let tcp = ports.single.unwrap_or(ports.tcp);
    let mut urls = vec![
        format!("turn:{written}:{}?transport=udp", ports.udp),
        format!("turn:{written}:{tcp}?transport=tcp"),
    ];
    let tls = ports.single.or(ports.tls).filter(|_| is_name);
    urls.extend(tls.map(|port| format!("turns:{written}:{port}?transport=tcp")));
    urls
}

/// The ports as the settings name them, for a service that does not run the server itself.
pub(crate) fn configured(settings: &Settings) -> Ports {
    let port = settings.paths.turn_port.unwrap_or(PORT);
    Ports {
        udp: port,
        tcp: port,
        tls: settings.paths.turn_tls_port,
        single: settings.paths.tls.map(|address| address.port()),
    }
}

/// Where clients reach this node.
pub(crate) fn host(settings: &Settings, media: Option<Ipv4Addr>) -> Option<String> {
    let public = || settings.public_url.as_deref().and_then(host_of);
    let named = || settings.media_ips.first().map(IpAddr::to_string);
    let found = || media.map(|ip| ip.to_string());
    settings
        .paths
        .turn_host
        .clone()
        .or_else(public)
        .or_else(named)
        .or_else(found)
}

/// The host of an origin, without port and brackets.
fn host_of(origin: &str) -> Option<String> {
    let (_, authority) = origin.split_once("://")?;
    let host = match authority.strip_prefix('[') {
        Some(v6) => v6.split(']').next(),
        None => authority.trim_end_matches('/').split(':').next(),
    };
    host.filter(|host| !host.is_empty()).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::SettingsArgs;
    use crate::settings::Environment;

    fn settings(change: impl FnOnce(&mut SettingsArgs)) -> Settings {
        let mut flags = SettingsArgs {
            data_dir: Some("/tmp/x".into()),
            ..SettingsArgs::default()
        };
        change(&mut flags);
        Settings::load(flags, Environment::default()).expect("valid")
    }

    const MEDIA: Option<Ipv4Addr> = Some(Ipv4Addr::new(203, 0, 113, 5));

    fn told(settings: &Settings) -> Vec<String> {
        urls(settings, MEDIA, configured(settings))
    }

    #[test]
    fn without_a_name_there_is_no_tls() {
        let plain = settings(|flags| flags.paths.turn_tls_port = Some(5349));
        assert_eq!(
            told(&plain),
            [
                "turn:203.0.113.5:3478?transport=udp",
                "turn:203.0.113.5:3478?transport=tcp",
            ]
        );
    }

    #[test]
    fn the_single_port_takes_the_place_of_the_tcp_ports() {
        let named = |tls: Option<&str>| {
            settings(|flags| {
                flags.public_url = Some("https://visits.example.org:8443".into());
                flags.paths.turn_tls_port = Some(5349);
                flags.paths.tls = tls.map(|text| text.parse().expect("address"));
            })
        };
        assert_eq!(
            told(&named(None))[1..],
            [
                "turn:visits.example.org:3478?transport=tcp",
                "turns:visits.example.org:5349?transport=tcp",
            ]
        );
        assert_eq!(
            told(&named(Some("0.0.0.0:443"))),
            [
                "turn:visits.example.org:3478?transport=udp",
                "turn:visits.example.org:443?transport=tcp",
                "turns:visits.example.org:443?transport=tcp",
            ]
        );
    }

    #[test]
    fn an_external_server_takes_the_place_of_ours_and_off_is_off() {
        let external = settings(|flags| flags.paths.turn_url = vec!["turns:t.example.org".into()]);
        assert_eq!(told(&external), ["turns:t.example.org"]);
        let off = settings(|flags| flags.paths.turn = Some(crate::cli::Switch::Off));
        assert!(told(&off).is_empty());
    }

    #[test]
    fn hosts_are_cut_out_of_origins() {
        assert_eq!(host_of("https://a.b:8443").as_deref(), Some("a.b"));
        assert_eq!(host_of("http://[::1]:8080").as_deref(), Some("::1"));
        assert_eq!(host_of("https://a.b").as_deref(), Some("a.b"));
    }
}
