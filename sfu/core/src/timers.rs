//! When to wake which connection.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Instant;

use crate::routes::ConnectionKey;

/// Something with a timer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Wake {
    Connection(ConnectionKey),
    /// The estimate of what a connection carries.
    Bandwidth(ConnectionKey),
    Room(usize),
    /// A subscription of a room that catches up.
    Replay(usize, usize),
}

/// A heap of moments with lazy deletion.
///
/// A connection's deadline moves with every packet. Instead of moving it in the heap each time,
/// the owner remembers the earliest entry it holds here and adds one only when the deadline moved
/// before it; an entry that comes up early is put back at the then current deadline. So each
/// owner has few entries and a packet costs nothing here in the usual case.
#[derive(Debug)]
pub(crate) struct Timers<K> {
    heap: BinaryHeap<Reverse<(Instant, K)>>,
}

impl<K: Ord + Copy> Timers<K> {
    pub(crate) fn new() -> Self {
        Self {
            heap: BinaryHeap::new(),
        }
    }

    /// Wakes `key` at `at`.
    pub(crate) fn add(&mut self, at: Instant, key: K) {
        self.heap.push(Reverse((at, key)));
    }

    /// The next moment something may be due.
    pub(crate) fn next(&self) -> Option<Instant> {
        self.heap.peek().map(|Reverse((at, _))| *at)
    }

    /// Takes one entry whose moment is not after `now`.
    pub(crate) fn pop_due(&mut self, now: Instant) -> Option<(Instant, K)> {
        if self.next()? > now {
            return None;
        }
        self.heap.pop().map(|Reverse(entry)| entry)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.heap.is_empty()
    }

    /// Forgets the entries of keys that are gone.
    pub(crate) fn retain(&mut self, mut keep: impl FnMut(&K) -> bool) {
        self.heap.retain(|Reverse((_, key))| keep(key));
    }
}
