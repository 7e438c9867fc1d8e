//! What a node is told at the start, and what it counts.

use std::net::SocketAddr;

/// What a node needs to know.
#[derive(Debug, Clone)]
pub struct Config {
    /// The addresses clients send to, offered as ICE host candidates. They need not be addresses
    /// of this machine (1:1 NAT). Order: preferred first.
    pub candidates: Vec<SocketAddr>,
    /// Where clients may connect by TCP instead, offered as passive ICE-TCP candidates. Empty:
    /// nowhere.
    pub tcp_candidates: Vec<SocketAddr>,
    /// What every local ICE user name begins with, so that whoever sees a first STUN message can
    /// tell which node it is for. Of `ice-char`s (RFC 8839, section 5.4); at most 32.
    pub ufrag_prefix: String,
    /// Whether the bandwidth towards each client is estimated. Without it every client is sent
    /// what it asks for: for measurements.
    pub estimation: bool,
    /// Seeds the starting points of sequence numbers and timestamps.
    pub seed: u64,
}

impl Default for Config {
    /// No candidates, the bandwidth estimated.
    fn default() -> Self {
        Self {
            candidates: Vec::new(),
            tcp_candidates: Vec::new(),
            ufrag_prefix: String::new(),
            estimation: true,
            seed: 0,
        }
    }
}

/// What a node did since it began.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counters {
    /// Datagrams handed in.
    pub datagrams_in: u64,
    /// Their bytes.
    pub bytes_in: u64,
    /// Datagrams handed out.
    pub datagrams_out: u64,
    /// Their bytes.
    pub bytes_out: u64,
    /// Datagrams from senders that belong to no connection.
    pub strangers: u64,
    /// RTP packets sent on, once for each receiver.
    pub forwarded: u64,
    /// RTP packets sent again because a receiver missed them.
    pub resent: u64,
    /// Reliable data packets lost to a receiver that did not take them in time.
    pub data_lost: u64,
}
