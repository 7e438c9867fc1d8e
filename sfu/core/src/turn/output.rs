//! What a server wants done, and what it counts.

use std::net::SocketAddr;

use super::Client;

/// What the server wants done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Output {
    /// Send this to the client, as it is.
    ToClient {
        /// Whom.
        client: Client,
        /// The bytes.
        contents: Vec<u8>,
    },
    /// Hand this to our SFU, as a datagram from the relayed address.
    ToPeer {
        /// Where it seems to come from.
        relayed: SocketAddr,
        /// The candidate it is for.
        peer: SocketAddr,
        /// The bytes.
        contents: Vec<u8>,
    },
    /// An allocation begins: from now on, what our SFU sends to `relayed` is for
    /// [`super::Server::receive_from_peer`].
    Opened {
        /// The address, unique while it is open.
        relayed: SocketAddr,
        /// Whose.
        client: Client,
    },
    /// An allocation has ended.
    Closed {
        /// The address, free again.
        relayed: SocketAddr,
        /// Whose it was.
        client: Client,
    },
}

/// What happened so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counters {
    /// Allocations made.
    pub allocated: u64,
    /// Signed requests refused for their signature or an expired name.
    pub unauthorized: u64,
    /// Peers asked for that are not ours.
    pub forbidden: u64,
    /// Allocations refused for want of room.
    pub full: u64,
    /// Datagrams dropped because a user had too many.
    pub throttled: u64,
    /// Messages and datagrams dropped: the throttled, and those that make no sense or lead nowhere.
    pub dropped: u64,
    /// Datagrams relayed to our SFU.
    pub to_peer: u64,
    /// Datagrams relayed to clients.
    pub to_client: u64,
}
