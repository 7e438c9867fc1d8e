//! A socket as its worker uses it: what was read, and what waits to be written.

use std::io;
use std::net::SocketAddr;
use std::ops::Range;
use std::time::Instant;

use super::now;
use crate::Io;
use crate::socket::{Batch, Family, MediaSocket, Received, Sender, Sent};

/// Datagrams taken from a socket in one turn, give or take a batch.
const MAX_DATAGRAMS: usize = 1_024;

/// A socket with its buffers. Made on the worker's thread, which it does not leave.
pub(super) struct Lane {
    socket: MediaSocket,
    sender: Sender,
    batch: Batch,
    /// Readiness comes once (edge-triggered): it holds until a read finds nothing.
    readable: bool,
}

impl Lane {
    pub(super) fn new(socket: MediaSocket, way: Io) -> Self {
        Self {
            sender: Sender::new(way, &socket),
            socket,
            batch: Batch::default(),
            readable: true,
        }
    }

    pub(super) fn family(&self) -> Family {
        self.socket.family()
    }

    /// There is something to read.
    pub(super) fn set_readable(&mut self) {
        self.readable = true;
    }

    pub(super) fn is_readable(&self) -> bool {
        self.readable
    }

    /// Reads a turn's worth of datagrams: when, sender, address of ours, bytes.
    pub(super) fn receive(
        &mut self,
        mut take: impl FnMut(Instant, SocketAddr, SocketAddr, &[u8]),
    ) -> io::Result<()> {
        let mut taken = 0;
        while self.readable && taken < MAX_DATAGRAMS {
            // One look at the clock serves a batch: it did not come later.
            let at = now();
            match self
                .socket
                .receive(|from, to, bytes| take(at, from, to, bytes))?
            {
                Received::Nothing => self.readable = false,
                // Also a call that only failed counts, so that failures end as well.
                Received::Some(count) => taken += count.max(1),
            }
        }
        Ok(())
    }

    /// Adds the datagram that lies at `at` to what [`Self::flush`] sends.
    pub(super) fn push(&mut self, path: sfu_core::Path, at: Range<usize>) {
        let run_packets = self.sender.run_packets();
        let Self { batch, .. } = self;
        batch.push(path.source.ip(), path.destination, at, run_packets);
    }

    /// Sends what was pushed, out of `bytes`.
    pub(super) fn flush(&mut self, bytes: &[u8]) -> Sent {
        if self.batch.is_empty() {
            return Sent::default();
        }
        self.sender.send(&self.socket, &mut self.batch, bytes)
    }
}
