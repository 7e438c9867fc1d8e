//! Where a request came from: the address of the connection, or what a proxy we trust says.

use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;

use axum::extract::{ConnectInfo, Request};
use axum::http::HeaderMap;
use axum::http::request::Parts;

/// The header in which each proxy adds the address it was asked from.
const FORWARDED: &str = "x-forwarded-for";

/// A range of addresses in CIDR notation, such as `10.0.0.0/8`, or a single one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network {
    first: IpAddr,
    bits: u8,
}

/// A text names no range of addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an address or a range of addresses such as 10.0.0.0/8")]
pub struct NetworkError;

impl FromStr for Network {
    type Err = NetworkError;

    fn from_str(text: &str) -> Result<Self, NetworkError> {
        let (first, bits) = text.split_once('/').map_or((text, None), |(first, bits)| {
            (first, Some(bits.parse().unwrap_or(u8::MAX)))
        });
        let first: IpAddr = first.parse().map_err(|_| NetworkError)?;
        let most = if first.is_ipv4() { 32 } else { 128 };
        let bits = bits.unwrap_or(most);
        (bits <= most)
            .then_some(Self { first, bits })
            .ok_or(NetworkError)
    }
}

impl Network {
    /// Whether `address` lies in it.
    pub fn holds(&self, address: IpAddr) -> bool {
        match (self.first, address.to_canonical()) {
            (IpAddr::V4(first), IpAddr::V4(address)) => {
                let shift = 32 - u32::from(self.bits);
                let part = |address: u32| address.checked_shr(shift);
                part(first.to_bits()) == part(address.to_bits())
            }
            (IpAddr::V6(first), IpAddr::V6(address)) => {
                let shift = 128 - u32::from(self.bits);
                let part = |address: u128| address.checked_shr(shift);
                part(first.to_bits()) == part(address.to_bits())
            }
            _ => false,
        }
    }
}

/// What [`note`] leaves in a request.
#[derive(Debug, Clone, Copy)]
struct Origin(Option<IpAddr>);

/// Finds out where `request` came from and leaves it there for [`of`]. None for requests of this
/// machine itself: behind a proxy that does not say for whom it asks, nobody is limited for what
/// everybody does.
pub(crate) fn note(request: &mut Request, trusted: &[Network]) -> Option<IpAddr> {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>();
    let peer = peer.map(|ConnectInfo(peer)| peer.ip().to_canonical());
    let origin = peer.and_then(|peer| asked_from(peer, request.headers(), trusted));
    request.extensions_mut().insert(Origin(origin));
    origin
}

/// Where the request came from, as far as it can be told.
pub(crate) fn of(parts: &Parts) -> Option<IpAddr> {
    parts.extensions.get::<Origin>().and_then(|origin| origin.0)
}

/// Where a request of `peer` came from: the last address before our own proxies, as those further
/// left are whatever the client wrote. None for this machine itself, and where a proxy does not say.
pub fn asked_from(peer: IpAddr, headers: &HeaderMap, trusted: &[Network]) -> Option<IpAddr> {
    let ours = |address: IpAddr| {
        address.is_loopback() || trusted.iter().any(|network| network.holds(address))
    };
    if !ours(peer) {
        return Some(peer);
    }
    let values = headers.get_all(FORWARDED).iter();
    let values = values.filter_map(|value| value.to_str().ok());
    let hops: Vec<&str> = values.flat_map(|value| value.split(',')).collect();
    for hop in hops.into_iter().rev() {
        let address: IpAddr = hop.trim().parse().ok()?;
        if !ours(address.to_canonical()) {
            return Some(address.to_canonical());
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    fn found(peer: &str, forwarded: &[&'static str]) -> Option<String> {
        let mut headers = HeaderMap::new();
        for value in forwarded {
            headers.append(FORWARDED, HeaderValue::from_static(value));
        }
        let trusted = [
            "10.0.0.0/8".parse().unwrap(),
            "2001:db8::7".parse().unwrap(),
        ];
        let address = asked_from(peer.parse().unwrap(), &headers, &trusted);
        address.map(|address| address.to_string())
    }

    #[test]
    fn a_stranger_is_who_connects_whatever_they_write() {
        let found = found("192.0.2.1", &["198.51.100.1"]);
        assert_eq!(found.as_deref(), Some("192.0.2.1"));
    }

    #[test]
    fn a_proxy_of_ours_says_for_whom_it_asks() {
        let client = Some("198.51.100.1".to_owned());
        assert_eq!(found("127.0.0.1", &["198.51.100.1"]), client);
        assert_eq!(found("10.1.2.3", &["198.51.100.1"]), client);
        assert_eq!(found("2001:db8::7", &["198.51.100.1, 10.9.9.9"]), client);
        // What the client itself wrote stands further left.
        assert_eq!(found("10.1.2.3", &["203.0.113.5, 198.51.100.1"]), client);
        assert_eq!(found("10.1.2.3", &["203.0.113.5", "198.51.100.1"]), client);
        assert_eq!(found("10.1.2.3", &["::ffff:198.51.100.1"]), client);
    }

    #[test]
    fn nothing_is_guessed() {
        assert_eq!(found("127.0.0.1", &[]), None);
        assert_eq!(found("10.1.2.3", &["unknown"]), None);
        assert_eq!(found("10.1.2.3", &["198.51.100.1, unknown"]), None);
        assert_eq!(found("127.0.0.1", &["127.0.0.1"]), None);
    }

    #[test]
    fn ranges_are_read_strictly() {
        for text in [
            "",
            "10.0.0.0/33",
            "::/129",
            "10.0.0/8",
            "a",
            "10.0.0.0/",
            "1.2.3.4/-1",
        ] {
            assert_eq!(text.parse::<Network>(), Err(NetworkError), "{text}");
        }
        let everything: Network = "0.0.0.0/0".parse().unwrap();
        assert!(everything.holds("203.0.113.9".parse().unwrap()));
        let one: Network = "10.0.0.1".parse().unwrap();
        assert!(!one.holds("10.0.0.2".parse().unwrap()));
        assert!(!one.holds("::1".parse().unwrap()));
    }
}
