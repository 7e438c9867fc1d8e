//! A worker's side of the door.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use sfu_core::Path;
use tokio::sync::mpsc;

use super::{Address, Departure, Inbound, News, Outbound, lock};

/// A worker's side of the door.
pub(crate) struct Doorway {
    pub(super) inbound: mpsc::Receiver<Inbound>,
    pub(super) news: Arc<News>,
    pub(super) ways: HashMap<Address, Outbound>,
}

impl Doorway {
    /// The next datagram that came in. Call [`Self::look`] first.
    pub(crate) fn next(&mut self) -> Option<Inbound> {
        self.inbound.try_recv().ok()
    }

    /// Begins a turn: whatever comes in from now on wakes the worker again.
    pub(crate) fn look(&mut self) {
        // A swap, not a store: either it sees the datagrams of whoever set it, or whoever sets it
        // next sees that the worker is to be woken.
        self.news.woken.swap(false, Ordering::AcqRel);
    }

    /// Learns of ways opened and closed meanwhile. A way opened before its first datagram was
    /// handed in is known when that datagram is answered.
    pub(crate) fn learn(&mut self) {
        if !self.news.changed.swap(false, Ordering::AcqRel) {
            return;
        }
        let changes = std::mem::take(&mut *lock(&self.news.ways));
        for (address, way) in changes {
            match way {
                Some(way) => self.ways.insert(address, way),
                None => self.ways.remove(&address),
            };
        }
    }

    /// The way for datagrams on `path`, if they leave by the door.
    pub(crate) fn way(&self, path: Path) -> Option<&Outbound> {
        // Without TURN and TCP clients, which is the rule, nothing is looked up.
        if self.ways.is_empty() {
            return None;
        }
        self.ways.get(&(path.protocol, path.destination))
    }

    /// Whether a datagram leaves by the door, if it has a way.
    #[cfg(test)]
    pub(crate) fn send(&self, path: Path, contents: &[u8]) -> Option<bool> {
        self.way(path).map(|way| way.send(path, contents))
    }
}

impl Outbound {
    /// Lets a datagram out. False when it is lost: the way is full or closing.
    pub(crate) fn send(&self, path: Path, contents: &[u8]) -> bool {
        let contents = contents.to_vec();
        match self {
            Self::Own(way) => way.try_send(contents).is_ok(),
            Self::Shared(way) => {
                let departure = Departure {
                    source: path.source,
                    destination: path.destination,
                    contents,
                };
                way.try_send(departure).is_ok()
            }
        }
    }
}
