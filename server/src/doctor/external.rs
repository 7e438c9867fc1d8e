//! The paths to a node from where the doctor is run: the clinic's network, or a machine outside.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use auth::{Key, SystemEntropy};
use domain::{Clock as _, Entropy, SystemClock};

use super::metrics::Metrics;
use super::{Check, Finding, examine, targets};
use crate::data_dir::DataDir;
use crate::settings::Settings;

/// Addresses of one host that are tried at most.
const ADDRESSES: usize = 4;

/// The paths to `host`, a name or an address, with the ports of `settings`.
pub(super) async fn examine(settings: &Settings, host: &str) -> Vec<Check> {
    let addresses = match resolve(host).await {
        Ok(addresses) => addresses,
        Err(sentence) => return vec![Check::new("name", Finding::Fault(sentence))],
    };
    let told: Vec<String> = addresses.iter().map(IpAddr::to_string).collect();
    let told = Finding::Fine(format!("{host} is {}", told.join(", ")));
    let mut checks = vec![Check::new("name", told)];
    let here = examine::runs(settings).await;
    checks.extend(announced(settings, host, &addresses, here));
    let key = key(settings);
    for ip in addresses {
        let mut targets = examine::of(settings, host.to_owned());
        targets.at = Some(ip);
        targets.key = key.clone();
        let metrics = match settings.paths.tls {
            _ if here => Metrics::Http(targets::reachable(settings.http)),
            Some(single) => Metrics::Https(SocketAddr::new(ip, single.port())),
            None if settings.http.ip().is_loopback() => Metrics::Hidden,
            None => Metrics::Http(SocketAddr::new(ip, settings.http.port())),
        };
        let mut found = targets.check(&metrics).await;
        found.extend(targets.certificate(SystemClock.now()).await);
        checks.extend(found.into_iter().map(|check| Check {
            what: format!("{} at {ip}", check.what),
            ..check
        }));
    }
    checks
}

async fn resolve(host: &str) -> Result<Vec<IpAddr>, String> {
    let unknown = |reason: String| {
        format!(
            "{host} has no address ({reason}); its DNS entry must name the address at which the node is met from outside"
        )
    };
    let found = tokio::net::lookup_host((host, 0)).await;
    let found = found.map_err(|error| unknown(error.to_string()))?;
    let mut addresses: Vec<IpAddr> = Vec::new();
    for address in found.map(|found| found.ip()).take(ADDRESSES) {
        if !addresses.contains(&address) {
            addresses.push(address);
        }
    }
    if addresses.is_empty() {
        return Err(unknown("none is named".to_owned()));
    }
    Ok(addresses)
}

/// Whether clients are told the addresses of `host` for their media.
fn announced(settings: &Settings, host: &str, addresses: &[IpAddr], here: bool) -> Option<Check> {
    let first = addresses.first()?;
    let told: Vec<String> = settings.media_ips.iter().map(IpAddr::to_string).collect();
    let found = if settings.media_ips.is_empty() {
        // Elsewhere the flags of the node are not known.
        if !here || is_ours(*first) {
            return None;
        }
        Finding::Warning(format!(
            "no --media-ip is set, so clients are told this machine's own addresses, and {first} is none of them; if a router translates addresses, start the node with --media-ip {first}"
        ))
    } else if addresses.iter().any(|ip| settings.media_ips.contains(ip)) {
        Finding::Fine(format!("clients are told {} for media", told.join(", ")))
    } else {
        Finding::Fault(format!(
            "clients are told {} for media, and {host} is {first}; start the node with --media-ip {first}",
            told.join(", ")
        ))
    };
    Some(Check::new("announced address", found))
}

/// Whether `ip` is this machine's: only then can a socket be bound to it.
fn is_ours(ip: IpAddr) -> bool {
    std::net::UdpSocket::bind((ip, 0)).is_ok()
}

/// The key that credentials are made with, if the data directory is here.
fn key(settings: &Settings) -> Option<Key> {
    if !settings.data_dir.exists() {
        return None;
    }
    let entropy = Arc::new(SystemEntropy) as Arc<dyn Entropy>;
    let dir = DataDir::create(&settings.data_dir).ok()?;
    Some(dir.keys(&entropy).ok()?.turn)
}
