//! What waits to be sent, in one piece of memory.

use std::net::SocketAddr;
use std::ops::Range;

use crate::datagram::Protocol;

/// The way to a receiver.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Path {
    /// By which protocol.
    pub protocol: Protocol,
    /// To whom.
    pub destination: SocketAddr,
    /// The candidate of ours it comes from.
    pub source: SocketAddr,
}

/// Datagrams to send, in the order they were made. Its memory is used again and again.
#[derive(Debug, Default)]
pub struct Batch {
    arena: Vec<u8>,
    datagrams: Vec<Outgoing>,
    /// Datagrams and bytes since the beginning.
    total: (u64, u64),
}

#[derive(Debug)]
struct Outgoing {
    path: Path,
    start: usize,
    end: usize,
}

impl Batch {
    /// Every datagram with its way.
    pub fn iter(&self) -> impl Iterator<Item = (Path, &[u8])> {
        let datagrams = self.datagrams.iter();
        datagrams.map(|datagram| (datagram.path, &self.arena[datagram.start..datagram.end]))
    }

    /// Where the datagram at `index` goes, and where in [`Self::bytes`] it lies.
    pub fn get(&self, index: usize) -> Option<(Path, Range<usize>)> {
        let datagram = self.datagrams.get(index)?;
        Some((datagram.path, datagram.start..datagram.end))
    }

    /// The memory of all datagrams.
    pub fn bytes(&self) -> &[u8] {
        &self.arena
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.datagrams.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.datagrams.is_empty()
    }

    /// Forgets all; the memory stays.
    pub fn clear(&mut self) {
        self.arena.clear();
        self.datagrams.clear();
    }

    pub(crate) fn push(&mut self, path: Path, contents: &[u8]) {
        let start = self.arena.len();
        self.arena.extend_from_slice(contents);
        self.finish(path, start);
    }

    /// The memory to append a datagram to, and where it begins. [`Self::finish`] makes it one;
    /// [`Self::abandon`] takes it back.
    pub(crate) fn begin(&mut self) -> (&mut Vec<u8>, usize) {
        let start = self.arena.len();
        (&mut self.arena, start)
    }

    /// Everything appended since `start` is a datagram; returns its length.
    pub(crate) fn finish(&mut self, path: Path, start: usize) -> usize {
        let end = self.arena.len();
        self.datagrams.push(Outgoing { path, start, end });
        self.total.0 += 1;
        self.total.1 += (end - start) as u64;
        end - start
    }

    /// Datagrams and bytes since the beginning.
    pub(crate) fn total(&self) -> (u64, u64) {
        self.total
    }

    pub(crate) fn abandon(&mut self, start: usize) {
        self.arena.truncate(start);
    }
}
