//! Whom a client may reach: our own media candidates and nobody else.

use std::net::{IpAddr, SocketAddr};

/// The permitted peers.
pub(super) struct Peers(Vec<SocketAddr>);

/// Whether a peer may be reached from an IPv4 relayed address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    Permitted,
    /// One of ours, but of the other address family.
    OtherFamily,
    Forbidden,
}

impl Peers {
    pub(super) fn new(candidates: Vec<SocketAddr>) -> Self {
        Self(candidates)
    }

    /// For a permission, which names an address without a port (RFC 8656, section 9).
    pub(super) fn judge_ip(&self, ip: IpAddr) -> Verdict {
        Self::verdict(self.0.iter().any(|peer| peer.ip() == ip), ip)
    }

    /// For a channel or a datagram.
    pub(super) fn judge(&self, peer: SocketAddr) -> Verdict {
        Self::verdict(self.0.contains(&peer), peer.ip())
    }

    fn verdict(is_ours: bool, ip: IpAddr) -> Verdict {
        match (is_ours, ip) {
            (false, _) => Verdict::Forbidden,
            (true, IpAddr::V6(_)) => Verdict::OtherFamily,
            (true, IpAddr::V4(_)) => Verdict::Permitted,
        }
    }
}
