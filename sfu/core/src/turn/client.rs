//! Whose message it is.

use std::net::SocketAddr;

/// What carries a client's messages to us. What is relayed is always UDP.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Carrier {
    /// UDP.
    Udp,
    /// TCP.
    Tcp,
    /// TLS over TCP.
    Tls,
}

impl Carrier {
    /// Whether messages follow one another in a stream and need framing.
    pub(super) const fn is_stream(self) -> bool {
        matches!(self, Self::Tcp | Self::Tls)
    }
}

/// A client's five-tuple (RFC 8656, section 3.2): it names the allocation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Client {
    /// What carries its messages.
    pub carrier: Carrier,
    /// Its address as we see it.
    pub remote: SocketAddr,
    /// The address of ours it sent to.
    pub local: SocketAddr,
}
