//! The rooms, those who are connected, and what must be true of them after every step.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use bus::media::TrackSid;
use domain::{Entropy, EntropyError};
use jiff::{SignedDuration, Timestamp};
use livekit_protocol as lk;
use prost::Message as _;

use crate::room::{Census, ConnectionId, Join, Limits, Now, Output, Renewal, Response, Rooms};
use crate::sfu::Sfu;

/// Counts: names come in the order of their making, and an input finds the same ones each time.
#[derive(Default)]
struct Counting(AtomicU32);

impl Entropy for Counting {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), EntropyError> {
        let mut number = self.0.fetch_add(1, Ordering::Relaxed);
        bytes.fill(0);
        // A name takes its letters from the first twelve bytes, a number needs eight.
        for byte in bytes[..8].iter_mut().rev() {
            *byte = (number % 62) as u8;
            number /= 62;
        }
        Ok(())
    }
}

/// Small bounds, so that a short input reaches them.
fn limits() -> Limits {
    Limits {
        participants: 5,
        crowd: 3,
        tracks: 4,
        sdp: 256,
        text: 32,
        metadata: 64,
        batch: 8,
        missed: 2,
        ..Limits::default()
    }
}

/// Bytes of a track as others see it, at most: its texts, three layers told twice, and numbers.
const TRACK: usize = 1_200;
/// Bytes of a participant as others see it, without tracks: five for each that was given, as an
/// attribute of one letter takes so much more, and numbers.
const PERSON: usize = 5 * 64 + 32 + 400;

/// How far an input came; looked at by those who keep seeds, not by libFuzzer.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Reached {
    pub(crate) joins: usize,
    pub(crate) resumes: usize,
    pub(crate) subscriptions: usize,
    pub(crate) refusals: usize,
    pub(crate) closes: usize,
}

pub(crate) struct House {
    pub(crate) rooms: Rooms,
    pub(crate) now: Now,
    pub(crate) sfu: Sfu,
    pub(crate) renewals: Vec<Renewal>,
    pub(crate) reached: Reached,
    limits: Limits,
    /// Open connections, and whether anything was said to them yet.
    open: BTreeMap<ConnectionId, bool>,
    last_connection: u64,
    /// The last number in the journal of each life of a room.
    facts: BTreeMap<u64, u64>,
}

impl House {
    pub(crate) fn new() -> Self {
        let limits = limits();
        let mut rooms = Rooms::new(limits.clone(), Arc::new(Counting::default()));
        rooms.sfu_ready();
        Self {
            rooms,
            now: Now {
                elapsed: Duration::from_secs(1_000),
                wall: Timestamp::from_second(1_800_000_000).unwrap_or_default(),
            },
            sfu: Sfu::default(),
            renewals: Vec::new(),
            reached: Reached::default(),
            limits,
            open: BTreeMap::new(),
            last_connection: 0,
            facts: BTreeMap::new(),
        }
    }

    /// The connection that `number` means, if any is open.
    pub(crate) fn seat(&self, number: u8) -> Option<ConnectionId> {
        let count = self.open.len().max(1);
        self.open.keys().nth(usize::from(number) % count).copied()
    }

    pub(crate) fn connect(&mut self, join: Join) {
        self.last_connection += 1;
        let connection = ConnectionId(self.last_connection);
        self.open.insert(connection, false);
        self.act(|rooms, now| rooms.connect(connection, join, now));
        assert_ne!(self.open.get(&connection), Some(&false), "nothing is said");
    }

    pub(crate) fn disconnect(&mut self, connection: ConnectionId) {
        self.open.remove(&connection);
        self.act(|rooms, now| rooms.disconnected(connection, now));
    }

    /// Any input, and everything that comes of it.
    pub(crate) fn act(&mut self, act: impl FnOnce(&mut Rooms, Now)) {
        act(&mut self.rooms, self.now);
        while let Some(output) = self.rooms.poll_output() {
            self.take(output);
        }
        self.check();
    }

    /// Moves the clock, working through every deadline on the way.
    pub(crate) fn wait(&mut self, time: Duration) {
        let end = self.now.elapsed + time;
        while let Some(at) = self.rooms.deadline().filter(|at| *at <= end) {
            self.move_to(at.max(self.now.elapsed));
            self.act(|rooms, now| rooms.handle_timeout(now));
            let next = self.rooms.deadline();
            assert!(next.is_none_or(|next| next > at), "a timer is stuck");
        }
        self.move_to(end);
    }

    fn move_to(&mut self, elapsed: Duration) {
        let step = SignedDuration::try_from(elapsed.saturating_sub(self.now.elapsed));
        self.now.wall += step.unwrap_or_default();
        self.now.elapsed = elapsed;
    }

    fn take(&mut self, output: Output) {
        match output {
            Output::Send { to, message } => to.iter().for_each(|to| self.hear(*to, &message)),
            Output::Close { connection, .. } => {
                let was = self.open.remove(&connection);
                assert!(was.is_some(), "closed twice, or after its end");
                self.reached.closes += 1;
            }
            Output::Renew(renewal) => self.renewals.push(renewal),
            Output::Sfu(message) => {
                let subscribes = matches!(message, bus::media::ToSfu::Subscribe { .. });
                self.reached.subscriptions += usize::from(subscribes);
                self.sfu.take(message);
            }
            Output::Fact(fact) => {
                let last = self.facts.insert(fact.session, fact.number).unwrap_or(0);
                assert_eq!(fact.number, last + 1, "a gap in the journal");
            }
        }
    }

    fn hear(&mut self, connection: ConnectionId, message: &Response) {
        let told = self.open.get_mut(&connection);
        let told = told.unwrap_or_else(|| panic!("told after its end: {message:?}"));
        let first = matches!(
            message,
            Response::Join(_) | Response::Reconnect(_) | Response::Leave(_)
        );
        assert!(*told || first, "not what comes first: {message:?}");
        *told = true;
        match message {
            Response::Join(_) => self.reached.joins += 1,
            Response::Reconnect(_) => self.reached.resumes += 1,
            Response::RequestResponse(_) => self.reached.refusals += 1,
            _ => {}
        }
    }

    /// What is true whatever was said.
    fn check(&self) {
        let census = self.rooms.census();
        let mut connected = 0;
        let mut timers = census.rooms;
        for room in self.rooms.rooms.values() {
            assert!(!room.participants.is_empty(), "an empty room remains");
            assert!(room.participants.len() <= self.limits.participants);
            let mut tracks = 0;
            for (sid, who) in &room.participants {
                assert_eq!(self.sfu.people.get(sid), Some(&room.name));
                for (track, info) in &who.tracks {
                    assert_eq!(room.owners.get(track), Some(sid));
                    assert_eq!(self.sfu.tracks[track].bound, info.bound);
                    let size = info.info.encoded_len();
                    assert!(size <= TRACK, "a track of {size} bytes");
                    timers += usize::from(!info.bound);
                }
                tracks += who.tracks.len();
                timers += 2;
                assert!(who.tracks.len() <= self.limits.tracks);
                let bare = lk::ParticipantInfo {
                    tracks: Vec::new(),
                    ..who.info()
                };
                assert!(bare.encoded_len() <= PERSON, "too much said: {bare:?}");
                let exists = |track: &TrackSid| room.owners.contains_key(track);
                assert!(who.wishes.keys().all(exists) && who.barred.iter().all(exists));
                assert!(who.paused.is_subset(&who.subscribed));
                let received = |track: &&TrackSid| (who.sid.clone(), (*track).clone());
                let agreed = |pair| self.sfu.received.contains(&pair);
                assert!(
                    who.subscribed
                        .iter()
                        .map(|track| received(&track))
                        .all(agreed)
                );
                assert!(who.missed.len() <= self.limits.missed);
                match who.connection {
                    Some(connection) => {
                        assert!(self.open.contains_key(&connection));
                        connected += 1;
                    }
                    None => assert!(who.depart_at.is_some(), "nobody waits for {sid}"),
                }
            }
            assert_eq!(room.owners.len(), tracks);
        }
        assert_eq!(census.participants, self.sfu.people.len());
        assert_eq!(census.connections, connected);
        assert!(census.timers <= timers, "{census:?}");
    }

    /// Everybody goes; after the longest wait nothing remains.
    pub(crate) fn end(mut self) -> Reached {
        while let Some(connection) = self.seat(0) {
            self.disconnect(connection);
        }
        self.wait(Duration::from_secs(60));
        assert_eq!(self.rooms.census(), Census::default());
        assert_eq!(self.rooms.deadline(), None);
        assert!(self.sfu.tracks.is_empty() && self.sfu.received.is_empty());
        self.reached
    }
}
