//! The way in and out for packets that do not travel over a worker's own UDP socket: those of
//! TURN allocations and of ICE-TCP connections.
//!
//! Whoever owns such a client's connection opens a [`Way`] under the address the worker knows the
//! client by, hands in what the client sent with [`Door::receive`], and passes on what comes out
//! of the way's channel. Like a network the door may lose packets, and never waits.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use mio::Waker;
use sfu_core::{Path, Protocol};
use tokio::sync::mpsc;

/// Datagrams on their way to one worker at most; more are lost, as in a full socket buffer.
const INBOUND: usize = 2_048;

/// How the worker knows a client.
type Address = (Protocol, SocketAddr);

/// Where what comes out of a way goes.
#[derive(Debug, Clone)]
enum Outbound {
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
    /// The addresses of open ways. Held for one insertion or removal and its announcement to the
    /// workers, never across an await; workers do not touch it.
    taken: Mutex<HashSet<Address>>,
}

/// The door's side of one worker.
pub(crate) struct Entrance {
    /// Bounded by [`INBOUND`]; closed when the worker ends.
    inbound: mpsc::Sender<Inbound>,
    news: Arc<News>,
    waker: Arc<Waker>,
    candidates: Vec<SocketAddr>,
}

/// A worker's side of the door.
pub(crate) struct Doorway {
    inbound: mpsc::Receiver<Inbound>,
    news: Arc<News>,
    ways: HashMap<Address, Outbound>,
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

/// What became of a datagram that was to leave by the door.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    Sent,
    /// The way is full or closing.
    Lost,
    /// There is no such way.
    None,
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
        self.open_way(protocol, address, Outbound::Own(sender))
    }

    /// Like [`Self::open`], for whoever serves many clients through one channel and needs to know
    /// which candidate a datagram is from: a TURN server.
    ///
    /// # Errors
    /// [`Taken`] while another way of that address is open.
    pub fn open_shared(
        &self,
        protocol: Protocol,
        address: SocketAddr,
        sender: mpsc::Sender<Departure>,
    ) -> Result<Way, Taken> {
        self.open_way(protocol, address, Outbound::Shared(sender))
    }

    fn open_way(
        &self,
        protocol: Protocol,
        address: SocketAddr,
        sender: Outbound,
    ) -> Result<Way, Taken> {
        let address = (protocol, address);
        let mut taken = lock(&self.shared.taken);
        if !taken.insert(address) {
            return Err(Taken);
        }
        self.shared.announce(address, Some(&sender));
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

/// The data behind these locks is whole after each statement, so that a panic elsewhere does not
/// spoil it.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candidate(port: u16) -> SocketAddr {
        ([192, 0, 2, 1], port).into()
    }

    fn client() -> SocketAddr {
        ([198, 51, 100, 7], 50_000).into()
    }

    fn inbound(port: u16) -> Inbound {
        Inbound {
            protocol: Protocol::Udp,
            source: client(),
            destination: candidate(port),
            contents: vec![1, 2, 3],
        }
    }

    fn path(destination: SocketAddr) -> Path {
        Path {
            protocol: Protocol::Udp,
            source: candidate(1),
            destination,
        }
    }

    /// A door to two workers at ports 1 and 2.
    fn door() -> (Door, [Doorway; 2], [mio::Poll; 2]) {
        let polls = [(); 2].map(|()| mio::Poll::new().expect("a poll"));
        let mut entrances = Vec::new();
        let doorways = [0, 1].map(|index: usize| {
            let waker = Waker::new(polls[index].registry(), mio::Token(7)).expect("a waker");
            let candidates = vec![candidate(index as u16 + 1)];
            let (entrance, doorway) = Entrance::new(Arc::new(waker), candidates);
            entrances.push(entrance);
            doorway
        });
        (Door::new(entrances), doorways, polls)
    }

    #[test]
    fn the_addressed_worker_is_woken_and_gets_the_datagram() {
        let (door, mut doorways, mut polls) = door();
        assert_eq!(door.candidates(), [candidate(1), candidate(2)]);
        assert!(!door.receive(inbound(3)));
        assert!(door.receive(inbound(2)));
        let mut events = mio::Events::with_capacity(4);
        let limit = Some(std::time::Duration::from_secs(10));
        polls[1].poll(&mut events, limit).expect("polled");
        assert_eq!(events.iter().count(), 1);
        doorways[1].look();
        assert_eq!(doorways[1].next(), Some(inbound(2)));
        assert_eq!(doorways[1].next(), None);
        assert_eq!(doorways[0].next(), None);
    }

    #[test]
    fn a_full_queue_loses_what_is_more() {
        let (door, mut doorways, _polls) = door();
        let taken = (0..2 * INBOUND).filter(|_| door.receive(inbound(1)));
        assert_eq!(taken.count(), INBOUND);
        assert!(door.receive(inbound(2)), "the other worker is not affected");
        doorways[0].look();
        let waiting = std::iter::from_fn(|| doorways[0].next()).count();
        assert_eq!(waiting, INBOUND);
    }

    #[test]
    fn a_way_is_open_until_it_is_dropped() {
        let (door, mut doorways, _polls) = door();
        let (sender, mut way_out) = mpsc::channel(1);
        let way = door.open(Protocol::Udp, client(), sender.clone());
        let way = way.expect("a free address");
        let again = door.open(Protocol::Udp, client(), sender.clone());
        assert!(again.is_err());
        let other = door.open(Protocol::Tcp, client(), sender.clone());
        assert!(other.is_ok(), "the same address over TCP is another");
        for doorway in &mut doorways {
            doorway.learn();
            assert_eq!(doorway.send(path(client()), b"x"), Exit::Sent);
            assert_eq!(doorway.send(path(client()), b"y"), Exit::Lost);
            assert_eq!(way_out.try_recv().ok().as_deref(), Some(&b"x"[..]));
            assert_eq!(doorway.send(path(candidate(9)), b"x"), Exit::None);
        }
        drop(way);
        // Closed and opened within one turn: the last word counts.
        let way = door.open(Protocol::Udp, client(), sender.clone());
        doorways[0].learn();
        assert_eq!(doorways[0].send(path(client()), b"z"), Exit::Sent);
        drop((way, other));
        doorways[0].learn();
        assert_eq!(doorways[0].send(path(client()), b"z"), Exit::None);
        assert!(doorways[0].ways.is_empty());
    }

    #[test]
    fn a_shared_channel_tells_whose_datagram_it_is_and_from_where() {
        let (door, mut doorways, _polls) = door();
        let (sender, mut shared) = mpsc::channel(4);
        let clients = [client(), candidate(50_001)];
        let _ways = clients.map(|address| {
            let way = door.open_shared(Protocol::Udp, address, sender.clone());
            way.expect("a free address")
        });
        doorways[1].learn();
        for address in clients {
            assert_eq!(doorways[1].send(path(address), b"x"), Exit::Sent);
            let departure = shared.try_recv().expect("it came out");
            assert_eq!(departure.source, candidate(1));
            assert_eq!(departure.destination, address);
            assert_eq!(departure.contents, b"x");
        }
    }
}
