//! The way in and out for packets that do not travel over a worker's own UDP socket: those of
//! TURN allocations and of ICE-TCP connections.
//!
//! Whoever owns such a client's connection opens a [`Way`] under the address the worker knows the
//! client by, hands in what the client sent with [`Door::receive`], and passes on what comes out
//! of the way's channel. Like a network the door may lose packets, and never waits.

mod doorway;

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fmt;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use mio::Waker;
use sfu_core::Protocol;
use sfu_core::turn::Carrier;
use tokio::sync::mpsc;

pub(crate) use doorway::Doorway;

/// Datagrams on their way to one worker at most; more are lost, as in a full socket buffer.
const INBOUND: usize = 2_048;

/// How the worker knows a client.
type Address = (Protocol, SocketAddr);

/// Where what comes out of a way goes.
#[derive(Debug, Clone)]
pub(crate) enum Outbound {
    /// A channel of its own: one datagram each, unframed.
    Own(mpsc::Sender<Vec<u8>>),
    /// A channel that several ways share.
    Shared(mpsc::Sender<Departure>),
}

/// A datagram of a worker to a client whose way shares its channel with others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Departure {
    /// The candidate of ours that sends it.
    pub source: SocketAddr,
    /// The address the way was opened under.
    pub destination: SocketAddr,
    /// The bytes.
    pub contents: Vec<u8>,
}

/// Handle on the workers. Cheap to clone.
#[derive(Clone)]
pub struct Door {
    shared: Arc<Shared>,
}

/// A datagram of a client, as if it had come over a socket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inbound {
    /// [`Protocol::Udp`] for a datagram a TURN server relayed, [`Protocol::Tcp`] for a frame of an
    /// ICE-TCP connection.
    pub protocol: Protocol,
    /// The relayed address, or the TCP peer.
    pub source: SocketAddr,
    /// The candidate of ours that was addressed.
    pub destination: SocketAddr,
    /// The bytes.
    pub contents: Vec<u8>,
}

/// The address is in use by another [`Way`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the address is in use")]
pub struct Taken;

/// A way back to a client; dropping it closes it.
#[must_use = "dropping a way closes it"]
pub struct Way {
    shared: Arc<Shared>,
    address: Address,
}

struct Shared {
    entrances: Vec<Entrance>,
    /// The addresses of open ways, and what carries a relayed one. Held for one look, or one
    /// insertion or removal and its announcement to the workers, never across an await; workers
    /// do not touch it.
    taken: Mutex<HashMap<Address, Option<Carrier>>>,
}

/// The door's side of one worker.
pub(crate) struct Entrance {
    /// Bounded by [`INBOUND`]; closed when the worker ends.
    inbound: mpsc::Sender<Inbound>,
    news: Arc<News>,
    waker: Arc<Waker>,
    candidates: Vec<SocketAddr>,
}

/// What a worker has not seen yet.
#[derive(Default)]
struct News {
    /// The worker was woken for datagrams and has not looked yet: no need to wake it again.
    woken: AtomicBool,
    /// `ways` is not empty. Spares the worker the lock in every other turn.
    changed: AtomicBool,
    /// Ways opened (Some) and closed (None), the last change of each address. Held for one
    /// insertion, or by the worker to take everything. Bounded by the addresses that changed
    /// within one turn of the worker.
    ways: Mutex<HashMap<Address, Option<Outbound>>>,
}

impl Door {
    pub(crate) fn new(entrances: Vec<Entrance>) -> Self {
        let taken = Mutex::default();
        let shared = Shared { entrances, taken };
        Self {
            shared: Arc::new(shared),
        }
    }

    /// Opens a way back: what a worker sends to `address` over `protocol` goes into `sender`
    /// instead of the UDP socket. A full channel loses datagrams, counted.
    ///
    /// # Errors
    /// [`Taken`] while another way of that address is open.
    pub fn open(
        &self,
        protocol: Protocol,
        address: SocketAddr,
        sender: mpsc::Sender<Vec<u8>>,
    ) -> Result<Way, Taken> {
        self.open_way((protocol, address), None, &Outbound::Own(sender))
    }

    /// Like [`Self::open`] over UDP, for a TURN server: it serves many clients through one channel
    /// and needs to know which candidate a datagram is from. `carrier` brings what it relays to
    /// the client.
    ///
    /// # Errors
    /// [`Taken`] while another way of that address is open.
    pub fn open_relayed(
        &self,
        carrier: Carrier,
        address: SocketAddr,
        sender: mpsc::Sender<Departure>,
    ) -> Result<Way, Taken> {
        let address = (Protocol::Udp, address);
        self.open_way(address, Some(carrier), &Outbound::Shared(sender))
    }

    fn open_way(
        &self,
        address: Address,
        carrier: Option<Carrier>,
        sender: &Outbound,
    ) -> Result<Way, Taken> {
        let mut taken = lock(&self.shared.taken);
        match taken.entry(address) {
            Entry::Occupied(_) => return Err(Taken),
            Entry::Vacant(entry) => entry.insert(carrier),
        };
        self.shared.announce(address, Some(sender));
        Ok(Way {
            shared: Arc::clone(&self.shared),
            address,
        })
    }

    /// Hands a datagram to the worker it is for. False when it is lost: the worker's queue is
    /// full, or no worker has that UDP candidate.
    pub fn receive(&self, inbound: Inbound) -> bool {
        let of_worker = |entrance: &&Entrance| entrance.candidates.contains(&inbound.destination);
        match self.shared.entrances.iter().find(of_worker) {
            Some(entrance) => entrance.receive(inbound),
            None => false,
        }
    }

    /// Like [`Self::receive`], for the worker at `index`.
    pub(crate) fn receive_at(&self, index: usize, inbound: Inbound) -> bool {
        match self.shared.entrances.get(index) {
            Some(entrance) => entrance.receive(inbound),
            None => false,
        }
    }

    /// What carries packets relayed from `address` to their client; none when it is not the
    /// address of a relay.
    pub(crate) fn carrier(&self, address: SocketAddr) -> Option<Carrier> {
        let taken = lock(&self.shared.taken);
        taken.get(&(Protocol::Udp, address)).copied().flatten()
    }

    /// Our UDP candidates: the only permitted peers of a TURN allocation.
    pub fn candidates(&self) -> Vec<SocketAddr> {
        let all = self.shared.entrances.iter().flat_map(|e| &e.candidates);
        all.copied().collect()
    }
}

impl fmt::Debug for Door {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let candidates = self.candidates();
        f.debug_struct("Door")
            .field("candidates", &candidates)
            .finish()
    }
}

impl Shared {
    fn announce(&self, address: Address, way: Option<&Outbound>) {
        for entrance in &self.entrances {
            lock(&entrance.news.ways).insert(address, way.cloned());
            entrance.news.changed.store(true, Ordering::Release);
        }
    }
}

impl Drop for Way {
    fn drop(&mut self) {
        let mut taken = lock(&self.shared.taken);
        taken.remove(&self.address);
        self.shared.announce(self.address, None);
    }
}

impl Entrance {
    /// The two sides of the door to a worker, which `waker` wakes.
    pub(crate) fn new(waker: Arc<Waker>, candidates: Vec<SocketAddr>) -> (Self, Doorway) {
        let (sender, inbound) = mpsc::channel(INBOUND);
        let news = Arc::new(News::default());
        let doorway = Doorway {
            inbound,
            news: Arc::clone(&news),
            ways: HashMap::new(),
        };
        let entrance = Self {
            inbound: sender,
            news,
            waker,
            candidates,
        };
        (entrance, doorway)
    }

    fn receive(&self, inbound: Inbound) -> bool {
        if self.inbound.try_send(inbound).is_err() {
            return false;
        }
        if !self.news.woken.swap(true, Ordering::AcqRel)
            && let Err(error) = self.waker.wake()
        {
            tracing::error!("The media worker cannot be woken: {error}");
        }
        true
    }
}

/// The data behind these locks is whole after each statement, so that a panic elsewhere does not
/// spoil it.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
pub(crate) mod tests;
