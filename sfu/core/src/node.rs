//! All rooms of one worker.

use std::collections::{HashMap, VecDeque};
use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Instant;

use slab::Slab;

use crate::batch::Batch;
use crate::config::{Config, Counters};
use crate::connection::Connection;
use crate::datagram::{Datagram, Protocol};
use crate::egress::{Egress, Wire};
use crate::event::Event;
use crate::random::Random;
use crate::room::Room;
use crate::routes::{ConnectionKey, Routes, stun_ufrag};
use crate::timers::Timers;
pub(crate) use crate::timers::Wake;
use crate::transport::Transport;
use crate::{Action, Command, RoomName};

/// Routes media between the participants of rooms.
///
/// # Contract
///
/// The owner holds sockets and clock. In any order and as often as it likes it
/// - hands in what it received with [`Node::datagram`], what it was told with [`Node::command`],
///   and calls [`Node::timeout`] when [`Node::deadline`] has passed;
/// - afterwards sends and clears [`Node::batch`], takes everything from [`Node::poll_event`], and
///   asks for the new deadline.
///
/// `now` must not run backwards. The work of one call is bounded by the number of receivers of
/// one datagram, of one participant's sections, or of the timers that are due. Nothing blocks.
/// Input from the network is never trusted: whatever arrives is routed, refused or dropped, and
/// at worst ends the connection it came on. After the last [`Action::Close`] of a room nothing of
/// it remains; [`Node::is_empty`] tells.
pub struct Node {
    config: Config,
    random: Random,
    rooms: Slab<Room>,
    names: HashMap<RoomName, usize>,
    routes: Routes,
    timers: Timers<Wake>,
    out: Output,
    /// The latest moment it was told.
    now: Option<Instant>,
}

/// What waits to be polled.
#[derive(Debug, Default)]
pub(crate) struct Output {
    pub(crate) batch: Batch,
    /// Rooms and publications in them with packets that wait to be sent on.
    pub(crate) unsent: Vec<(usize, usize)>,
    pub(crate) events: VecDeque<Event>,
    pub(crate) counters: Counters,
}

/// The node around a room, lent to it for one call.
pub(crate) struct Context<'a> {
    pub(crate) now: Instant,
    pub(crate) config: &'a Config,
    pub(crate) random: &'a mut Random,
    pub(crate) routes: &'a mut Routes,
    pub(crate) timers: &'a mut Timers<Wake>,
    pub(crate) out: &'a mut Output,
}

impl Context<'_> {
    /// Where packets go.
    pub(crate) fn wire(&mut self) -> Wire<'_> {
        Wire {
            now: self.now,
            batch: &mut self.out.batch,
        }
    }

    /// A new connection.
    pub(crate) fn connection(&mut self) -> Connection {
        let transport = Transport::new(self.now, self.config);
        // Never 0: that stands for bandwidth probes without media.
        let report_ssrc = (self.random.next() as u32).max(1);
        let egress = Egress::new(self.now, report_ssrc, self.config.estimation);
        Connection::new(self.now, transport, egress)
    }
}

impl Node {
    /// A node without rooms.
    pub fn new(config: Config) -> Self {
        Self {
            random: Random::new(config.seed),
            config,
            rooms: Slab::new(),
            names: HashMap::new(),
            routes: Routes::default(),
            timers: Timers::new(),
            out: Output::default(),
            now: None,
        }
    }

    /// Does what it is told.
    pub fn command(&mut self, now: Instant, command: Command) {
        self.send_on();
        let opens = matches!(command.action, Action::Open { .. });
        let known = self.names.get(&command.room).copied();
        let index = match known {
            Some(index) => index,
            None if opens => {
                let index = self.rooms.vacant_key();
                self.rooms.insert(Room::new(index, command.room.clone()));
                self.names.insert(command.room.clone(), index);
                index
            }
            None => return,
        };
        self.in_room(now, index, |room, context| {
            room.command(context, &command.participant, command.action);
        });
    }

    /// Takes a received datagram. One that is for nobody is dropped.
    pub fn datagram(&mut self, now: Instant, datagram: Datagram<'_>) {
        self.out.counters.datagrams_in += 1;
        self.out.counters.bytes_in += datagram.contents.len() as u64;
        let datagram = Datagram {
            destination: self.candidate_for(&datagram),
            ..datagram
        };
        let Some(key) = self.find(now, &datagram) else {
            self.out.counters.strangers += 1;
            return;
        };
        self.in_room(now, key.room, |room, context| {
            room.datagram(context, key, &datagram);
        });
    }

    /// Does what is due at `now`.
    pub fn timeout(&mut self, now: Instant) {
        self.send_on();
        while let Some((at, wake)) = self.timers.pop_due(now) {
            let index = match wake {
                Wake::Connection(key) | Wake::Bandwidth(key) => key.room,
                Wake::Room(index) | Wake::Replay(index, _) => index,
            };
            self.in_room(now, index, |room, context| match wake {
                Wake::Connection(key) => room.wake(context, key, at),
                Wake::Bandwidth(key) => room.tend_bandwidth(context, key, Some(at)),
                Wake::Room(_) => room.tick(context, at),
                Wake::Replay(_, key) => room.go_on_replaying(context, key, at),
            });
        }
    }

    /// When [`Node::timeout`] is to be called; none when nothing is going on.
    pub fn deadline(&self) -> Option<Instant> {
        self.timers.next()
    }

    /// What is to be sent, for the owner to send and clear.
    pub fn batch(&mut self) -> &mut Batch {
        self.send_on();
        &mut self.out.batch
    }

    /// Sends on the packets that came since the last time. Not each at once: those of a picture
    /// come together, and what a receiver's packets need is at hand for all of them.
    fn send_on(&mut self) {
        let Some(now) = self.now else {
            return;
        };
        let mut unsent = std::mem::take(&mut self.out.unsent);
        for (room, publication) in unsent.drain(..) {
            self.in_room(now, room, |room, context| {
                room.send_on(context, publication);
            });
        }
        self.out.unsent = unsent;
    }

    /// The next event.
    pub fn poll_event(&mut self) -> Option<Event> {
        self.out.events.pop_front()
    }

    /// What the node did since it began.
    pub fn counters(&self) -> Counters {
        let (datagrams_out, bytes_out) = self.out.batch.total();
        Counters {
            datagrams_out,
            bytes_out,
            ..self.out.counters
        }
    }

    /// Rooms with somebody in them.
    pub fn room_count(&self) -> usize {
        self.rooms.len()
    }

    /// Participants of all rooms.
    pub fn participant_count(&self) -> usize {
        self.rooms.iter().map(|(_, room)| room.len()).sum()
    }

    /// Forgets every room and whatever waits to be polled, without a good-bye: signalling is gone
    /// and its clients will connect anew.
    pub fn reset(&mut self) {
        self.rooms.clear();
        self.names.clear();
        self.routes = Routes::default();
        self.timers = Timers::new();
        self.out.batch.clear();
        self.out.unsent.clear();
        self.out.events.clear();
    }

    /// Whether nothing of any room remains: no room, participant, address or timer.
    pub fn is_empty(&self) -> bool {
        self.rooms.is_empty()
            && self.names.is_empty()
            && self.routes.is_empty()
            && self.timers.is_empty()
    }

    fn candidate_for(&self, datagram: &Datagram<'_>) -> SocketAddr {
        let address = datagram.destination;
        let candidates = match datagram.protocol {
            Protocol::Udp => &self.config.candidates,
            Protocol::Tcp => &self.config.tcp_candidates,
        };
        if candidates.contains(&address) {
            return address;
        }
        let same_family = candidates.iter().find(|c| c.is_ipv4() == address.is_ipv4());
        same_family.copied().unwrap_or(address)
    }

    /// The connection a datagram is for. A STUN request names it, so a client that moved, or one
    /// that got another's old address, is found; everything else goes by the sender's address.
    fn find(&mut self, now: Instant, datagram: &Datagram<'_>) -> Option<ConnectionKey> {
        let sender = (datagram.protocol, datagram.source);
        let by_address = self.routes.by_address(sender);
        let Some(ufrag) = stun_ufrag(datagram.contents) else {
            return by_address;
        };
        let key = self.routes.by_ufrag(ufrag)?;
        if by_address != Some(key) {
            let room = self.rooms.get_mut(key.room)?;
            let connection = room.connection(key)?;
            if !connection.transport.accepts(now, datagram) {
                return None;
            }
            self.routes.set_address(key, sender);
        }
        Some(key)
    }

    /// Runs `f` on a room and removes the room when it is empty afterwards.
    fn in_room(&mut self, now: Instant, index: usize, f: impl FnOnce(&mut Room, &mut Context<'_>)) {
        self.now = Some(now);
        let Some(room) = self.rooms.get_mut(index) else {
            return;
        };
        let mut context = Context {
            now,
            config: &self.config,
            random: &mut self.random,
            routes: &mut self.routes,
            timers: &mut self.timers,
            out: &mut self.out,
        };
        // A defect in one room must not end the others: the room is given up and never looked
        // at again, so its broken state is not seen.
        let survived = catch_unwind(AssertUnwindSafe(|| {
            f(room, &mut context);
            room.settle(&mut context);
        }));
        if survived.is_err() {
            room.give_up(&mut context);
        }
        if survived.is_err() || room.is_empty() {
            let room = self.rooms.remove(index);
            self.names.remove(room.name());
            self.timers.retain(|wake| match wake {
                Wake::Connection(key) | Wake::Bandwidth(key) => key.room != index,
                Wake::Room(of) | Wake::Replay(of, _) => *of != index,
            });
        }
    }
}
