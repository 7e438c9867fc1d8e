//! A TURN server (RFC 8656) as a virtual relay, without sockets, tasks or a clock.
//!
//! The only peer a client may reach through it is our own SFU. So an allocation opens no relay
//! socket: it gets a relayed address at which nothing listens (our IPv4 address and a port that is
//! not bound), and what goes to and from a peer is handed over as [`Output::ToPeer`] and
//! [`Server::receive_from_peer`]. There is no open relay to abuse and no way into the clinic's network.
//!
//! [`Server`] is the whole contract: each input is followed by [`Server::poll_output`] until it
//! gives nothing, and [`Server::timeout`] is due at [`Server::deadline`]. [`StreamDecoder`] cuts a
//! TCP or TLS stream into messages.
//!
//! Every message of a client is at most [`MAX_MESSAGE`] bytes; what else is kept per allocation is
//! bounded by the number of our own candidates, as only they can be permitted.

mod allocation;
mod authenticator;
mod authority;
mod client;
mod config;
mod framing;
mod message;
mod nonces;
mod now;
mod output;
mod peers;
mod ports;
mod server;
#[cfg(test)]
mod tests;
mod usage;

pub use authority::{Account, Authority};
pub use client::{Carrier, Client};
pub use config::{Config, Limits};
pub use framing::{NotTurn, StreamDecoder};
pub use now::Now;
pub use output::{Counters, Output};
pub use server::Server;

/// Bytes of a client's message at most, and of a datagram relayed. Media, DTLS and data channels
/// stay below a path MTU.
pub const MAX_MESSAGE: usize = 4_096;
