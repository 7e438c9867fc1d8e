//! Where bots may go: this machine.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use http::Uri;

use crate::error::LoadError;

/// A node on a loopback address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Target(SocketAddr);

impl Target {
    /// The node at `url`. Names other than `localhost` are not looked up.
    ///
    /// # Errors
    /// [`LoadError::NotLoopback`] for any other machine, [`LoadError::BadUrl`] for noise.
    pub(crate) fn parse(url: &str) -> Result<Self, LoadError> {
        let bad = || LoadError::BadUrl(url.to_owned());
        let uri: Uri = url.parse().map_err(|_| bad())?;
        if !matches!(uri.scheme_str(), Some("ws" | "http")) {
            return Err(bad());
        }
        let host = uri.host().ok_or_else(bad)?;
        let ip = if host == "localhost" {
            IpAddr::V4(Ipv4Addr::LOCALHOST)
        } else {
            let literal = host.trim_start_matches('[').trim_end_matches(']');
            let elsewhere = |_| LoadError::NotLoopback(host.to_owned());
            literal.parse().map_err(elsewhere)?
        };
        if !ip.is_loopback() {
            return Err(LoadError::NotLoopback(host.to_owned()));
        }
        let port = uri.port_u16().unwrap_or(80);
        Ok(Self(SocketAddr::new(ip, port)))
    }

    /// The address of a signal connection for the bearer of `token`.
    pub(crate) fn rtc(self, token: &str) -> String {
        format!("ws://{}/rtc?access_token={token}&auto_subscribe=1", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_is_accepted() {
        for good in [
            "ws://127.0.0.1:8080",
            "http://localhost:1",
            "ws://127.9.9.9",
            "ws://[::1]:8080/",
        ] {
            assert!(Target::parse(good).is_ok(), "{good}");
        }
        for elsewhere in [
            "ws://10.0.0.1:8080",
            "ws://example.org",
            "ws://192.0.2.1",
            "ws://[2001:db8::1]:80",
        ] {
            let refused = Target::parse(elsewhere);
            assert!(
                matches!(refused, Err(LoadError::NotLoopback(_))),
                "{elsewhere}"
            );
        }
        for noise in ["", "127.0.0.1:8080", "ftp://127.0.0.1"] {
            assert!(
                matches!(Target::parse(noise), Err(LoadError::BadUrl(_))),
                "{noise}"
            );
        }
    }
}
