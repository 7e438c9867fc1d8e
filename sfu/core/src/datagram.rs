//! Datagrams in and out.

use std::net::SocketAddr;

/// A datagram as it was received.
#[derive(Debug, Clone, Copy)]
pub struct Datagram<'a> {
    /// Who sent it.
    pub source: SocketAddr,
    /// Where it was received. Any address that is not a candidate stands for the first candidate
    /// of its family.
    pub destination: SocketAddr,
    /// The bytes.
    pub contents: &'a [u8],
}

/// A datagram to send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transmit {
    /// The candidate to send it from.
    pub source: SocketAddr,
    /// To whom.
    pub destination: SocketAddr,
    /// The bytes; at most a path MTU of 1,280.
    pub contents: Vec<u8>,
}
