//! What the seats of a thread did since counting began.

use crate::histogram::Histogram;

/// Added up over threads.
#[derive(Debug, Clone, Default)]
pub(crate) struct Counts {
    /// Video packets the system took from senders, and those it did not.
    pub(crate) sent: u64,
    pub(crate) unsent: u64,
    /// Video packets that came, each once.
    pub(crate) received: u64,
    /// Missing in the received sequence numbers.
    pub(crate) lost: u64,
    /// Packets of the retransmission stream: probes, since bots ask for no packet again.
    pub(crate) padding: u64,
    /// Datagrams that are not authentic.
    pub(crate) forged: u64,
    /// From a sender's stamp to the kernel's stamp at the receiver.
    pub(crate) latency: Histogram,
    /// How late senders sent.
    pub(crate) lateness: Histogram,
    /// CPU time of the threads.
    pub(crate) cpu: u64,
}

impl Counts {
    pub(crate) fn add(&mut self, other: &Self) {
        self.sent += other.sent;
        self.unsent += other.unsent;
        self.received += other.received;
        self.lost += other.lost;
        self.padding += other.padding;
        self.forged += other.forged;
        self.latency.add(&other.latency);
        self.lateness.add(&other.lateness);
        self.cpu += other.cpu;
    }
}
