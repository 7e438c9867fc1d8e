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

/// What became of a datagram that was to leave by the door.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    Sent,
    /// The way is full or closing.
    Lost,
    /// There is no such way.
    None,
}

impl Doorway {
    /// The next datagram that came in. Call [`Self::look`] first.
    pub(crate) fn next(&mut self) -> Option<Inbound> {
        self.inbound.try_recv().ok()
    }

    /// Begins a turn: whatever comes in from now on wakes the worker again.
    pub(crate) fn look(&mut self) {
        self.news.woken.store(false, Ordering::Release);
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

    /// Lets a datagram out if there is a way for it.
    pub(crate) fn send(&self, path: Path, contents: &[u8]) -> Exit {
        // Without TURN and TCP clients, which is the rule, nothing is looked up.
        if self.ways.is_empty() {
            return Exit::None;
        }
        let way = self.ways.get(&(path.protocol, path.destination));
        let contents = || contents.to_vec();
        let taken = match way {
            None => return Exit::None,
            Some(Outbound::Own(way)) => way.try_send(contents()).is_ok(),
            Some(Outbound::Shared(way)) => {
                let departure = Departure {
                    source: path.source,
                    destination: path.destination,
                    contents: contents(),
                };
                way.try_send(departure).is_ok()
            }
        };
        if taken { Exit::Sent } else { Exit::Lost }
    }
}
