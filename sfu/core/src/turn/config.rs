//! How a server is set up.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Instant;

use super::Authority;

/// What clients may take.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Allocations of all clients at most; more are answered 508.
    pub allocations: usize,
    /// Allocations of one user at most; more are answered 486. A browser makes one for each URL,
    /// network interface and peer connection, and those of a page closed unkindly live on.
    pub allocations_per_user: usize,
    /// Bytes a second relayed for one user, each way; more are dropped.
    pub bytes_per_second: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            allocations: 8_192,
            allocations_per_user: 32,
            bytes_per_second: 2_500_000,
        }
    }
}

/// How a server is set up.
pub struct Config {
    /// The realm of the credentials.
    pub realm: String,
    /// Who may use it.
    pub authority: Arc<dyn Authority>,
    /// Signs nonces; fresh for each program.
    pub secret: [u8; 32],
    /// No `now` is earlier.
    pub started: Instant,
    /// The IP address of relayed addresses.
    pub relayed_ip: Ipv4Addr,
    /// Our media candidates: the only peers there are.
    pub candidates: Vec<SocketAddr>,
    /// What clients may take.
    pub limits: Limits,
}
