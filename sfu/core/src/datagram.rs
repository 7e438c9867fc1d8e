//! Datagrams as they come in.

use std::net::SocketAddr;

/// What carries datagrams to and from a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Protocol {
    /// UDP, also through a TURN relay.
    #[default]
    Udp,
    /// ICE over TCP (RFC 6544); whoever owns the connection frames the datagrams (RFC 4571).
    Tcp,
}

/// A datagram as it was received.
#[derive(Debug, Clone, Copy)]
pub struct Datagram<'a> {
    /// How it came.
    pub protocol: Protocol,
    /// Who sent it.
    pub source: SocketAddr,
    /// Where it was received. Any address that is not a candidate stands for the first candidate
    /// of its family.
    pub destination: SocketAddr,
    /// The bytes.
    pub contents: &'a [u8],
}
