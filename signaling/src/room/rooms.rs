//! All rooms of the node behind one set of inputs.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use auth::media::Grant;
use bus::media::{FromSfu, ParticipantSid, RoomName};
use domain::{AccountId, Entropy, VisitId, VisitState};

use super::context::Context;
use super::effects::{ConnectionId, Effects, Output};
use super::fact::Journal;
use super::gate::{Gate, Refusal, is_over};
use super::join::Join;
use super::leave::Departure;
use super::members::Room;
use super::pace::Pace;
use super::timer::Due;
use super::{Limits, Now, Request, Violation, depart, join, on_client, on_sfu, resume};

/// How much there is, for metrics and for the proof that nothing is left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Census {
    pub(crate) rooms: usize,
    pub(crate) participants: usize,
    pub(crate) tracks: usize,
    pub(crate) connections: usize,
    pub(crate) timers: usize,
}

/// A step of a visit, as core-api published it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct VisitChange {
    pub(crate) visit: VisitId,
    pub(crate) patient: Option<AccountId>,
    pub(crate) from: VisitState,
    pub(crate) to: VisitState,
}

/// Whether a patient may be in the room in this state of the visit.
const fn may_join(state: VisitState) -> bool {
    matches!(state, VisitState::Admitted | VisitState::InProgress)
}

/// See the module's contract.
pub(crate) struct Rooms {
    pub(crate) rooms: HashMap<RoomName, Room>,
    pub(super) fx: Effects,
    pub(super) gate: Gate,
    pace: Pace,
    /// Counts sweeps; see [`super::sweep`].
    pub(super) generation: u64,
    /// Whether there is an SFU. Without one there are no rooms.
    linked: bool,
}

impl Rooms {
    /// No rooms, no SFU yet.
    pub(crate) fn new(limits: Limits, entropy: Arc<dyn Entropy>) -> Self {
        Self {
            rooms: HashMap::new(),
            fx: Effects::new(limits, entropy),
            gate: Gate::default(),
            pace: Pace::default(),
            generation: 0,
            linked: false,
        }
    }

    /// The next output; none when the input is fully worked through.
    pub(crate) fn poll_output(&mut self) -> Option<Output> {
        self.fx.poll()
    }

    /// When [`Rooms::handle_timeout`] is due.
    pub(crate) fn deadline(&self) -> Option<Duration> {
        self.fx.timers.next()
    }

    /// How much there is now.
    pub(crate) fn census(&self) -> Census {
        let participants = || {
            self.rooms
                .values()
                .flat_map(|room| room.participants.values())
        };
        Census {
            rooms: self.rooms.len(),
            participants: participants().count(),
            tracks: participants().map(|who| who.tracks.len()).sum(),
            connections: self.fx.seats.len(),
            timers: self.fx.timers.len(),
        }
    }

    /// Whether the bearer of `grant` may open a room now: asked before the WebSocket is accepted,
    /// so that a refusal has an HTTP status, and again at the join.
    pub(crate) fn admissible(&self, grant: &Grant, now: Now) -> Result<(), Refusal> {
        let room = self.rooms.get(grant.room.to_string().as_str());
        let inside = room.is_some_and(|room| room.session_of(grant.identity).is_some());
        match self.gate.check(grant.room, grant.identity) {
            Err(Refusal::Locked) if inside => {}
            verdict => verdict?,
        }
        if !self.pace.allows(grant.identity, now) {
            return Err(Refusal::TooOften);
        }
        if !self.linked {
            return Err(Refusal::Unavailable);
        }
        let Some(room) = room else {
            return self.gate.check_new_room(now);
        };
        let full = room.participants.len() >= self.fx.limits.participants;
        if full && !inside {
            return Err(Refusal::Full);
        }
        Ok(())
    }

    /// A client connected: it joins, or comes back.
    pub(crate) fn connect(&mut self, connection: ConnectionId, join: Join, now: Now) {
        if let Err(refusal) = self.attempt(&join.grant, now) {
            return join::refuse(&mut self.fx, connection, refusal);
        }
        self.pace.spend(join.grant.identity, now);
        let name: RoomName = join.grant.room.to_string().into();
        if let Some(sid) = join.resume.clone() {
            return match self.rooms.get_mut(&name) {
                Some(room) => resume::resume(room, &mut self.fx, connection, &sid, join, now),
                None => resume::unknown(&mut self.fx, connection),
            };
        }
        if !self.rooms.contains_key(&name) {
            let (Ok(sid), Ok(epoch)) = (self.fx.sids.room(), self.fx.sids.epoch()) else {
                return join::fail(&mut self.fx, connection);
            };
            let journal = Journal::new(join.grant.room, epoch);
            let mut room = Room::new(join.grant.room, sid, journal, now);
            room.locked = self.gate.is_locked(room.visit);
            self.rooms.insert(Arc::clone(&name), room);
        }
        if let Some(room) = self.rooms.get_mut(&name) {
            join::join(room, &mut self.fx, connection, self.generation, join, now);
        }
        self.reap(&name);
    }

    /// A client sent `message`.
    pub(crate) fn receive(&mut self, connection: ConnectionId, message: Request, now: Now) {
        self.at_seat(connection, now, |cx| on_client::dispatch(cx, message));
    }

    /// A client broke the protocol: its session ends, the others go on.
    pub(crate) fn violated(&mut self, connection: ConnectionId, how: Violation, now: Now) {
        self.at_seat(connection, now, |cx| {
            let departure = Departure::violation(how.close());
            depart::depart(cx.room, cx.fx, &cx.who, departure, cx.now);
        });
    }

    /// A connection is gone, however it ended. One that was replaced meanwhile has no seat any
    /// more, so its late end changes nothing.
    pub(crate) fn disconnected(&mut self, connection: ConnectionId, now: Now) {
        self.at_seat(connection, now, depart::signal_lost);
        self.fx.seats.remove(&connection);
    }

    /// The SFU said something.
    pub(crate) fn sfu(&mut self, message: FromSfu, now: Now) {
        on_sfu::dispatch(self, message, now);
    }

    /// There is an SFU that knows no room of ours.
    pub(crate) fn sfu_ready(&mut self) {
        self.linked = true;
    }

    /// The SFU has forgotten every room, or is away: clients connect anew.
    pub(crate) fn sfu_lost(&mut self, now: Now) {
        self.linked = false;
        self.end_all(Departure::RESTART, now);
        self.fx.last_words.clear();
    }

    /// The server stops.
    pub(crate) fn shut_down(&mut self, now: Now) {
        self.linked = false;
        self.end_all(Departure::SHUTDOWN, now);
    }

    /// core-api moved a visit.
    pub(crate) fn visit_changed(&mut self, change: &VisitChange, now: Now) {
        let visit = change.visit;
        if is_over(change.to) {
            self.gate.end(visit);
            return self.end_room(&visit.to_string(), Departure::ENDED, now);
        }
        if may_join(change.to) {
            return self.gate.reopen(visit);
        }
        // Back to waiting: whoever waits is not in the room, even with a token that still counts.
        if may_join(change.from)
            && let Some(patient) = change.patient
        {
            self.gate.bar(visit, patient, self.generation);
            self.end_session(visit, patient, Departure::REMOVED, now);
        }
    }

    /// Does what is due.
    pub(crate) fn handle_timeout(&mut self, now: Now) {
        while let Some(timer) = self.fx.timers.pop(now.elapsed) {
            let name = timer.room;
            let Some(who) = timer.participant else {
                if let Some(room) = self.rooms.get_mut(&name) {
                    room.tell_news(&mut self.fx);
                }
                continue;
            };
            self.in_room(&name, who, now, |cx| match timer.due {
                Due::Departure => {
                    depart::depart(cx.room, cx.fx, &cx.who, Departure::LOST, cx.now);
                }
                Due::Media => {
                    depart::depart(cx.room, cx.fx, &cx.who, Departure::MEDIA_LOST, cx.now);
                }
                Due::Publish(track) => on_client::add_track::give_up(cx, &track),
                // A room's, and handled above.
                Due::News => {}
            });
        }
    }

    pub(super) fn end_room(&mut self, name: &str, how: Departure, now: Now) {
        let Some(room) = self.rooms.get_mut(name) else {
            return;
        };
        depart::depart_all(room, &mut self.fx, how, now);
        self.reap(name);
    }

    fn end_all(&mut self, how: Departure, now: Now) {
        let names: Vec<RoomName> = self.rooms.keys().cloned().collect();
        for name in names {
            self.end_room(&name, how, now);
        }
    }

    /// Runs `change` for whoever sits at `connection`.
    fn at_seat(
        &mut self,
        connection: ConnectionId,
        now: Now,
        change: impl FnOnce(&mut Context<'_>),
    ) {
        if let Some(seat) = self.fx.seats.get(&connection).cloned() {
            self.in_room(&seat.room, seat.participant, now, change);
        }
    }

    /// Runs `change` for `who` if the participant is still there.
    pub(super) fn in_room(
        &mut self,
        name: &str,
        who: ParticipantSid,
        now: Now,
        change: impl FnOnce(&mut Context<'_>),
    ) {
        let Some(room) = self.rooms.get_mut(name) else {
            return;
        };
        if room.participants.contains_key(&who) {
            let fx = &mut self.fx;
            change(&mut Context { room, fx, who, now });
        }
        self.reap(name);
    }

    /// After the last leave nothing of a room remains.
    fn reap(&mut self, name: &str) {
        let empty = |room: &Room| room.participants.is_empty();
        if self.rooms.get(name).is_some_and(empty)
            && let Some(mut room) = self.rooms.remove(name)
        {
            room.cancel_news(&mut self.fx);
            self.fx.last_words.keep(room.into_journal());
        }
    }
}
