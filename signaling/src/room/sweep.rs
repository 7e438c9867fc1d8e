//! Comparing who is in the rooms with who may be: a lost event must not leave a room open.

use std::collections::BTreeSet;
use std::sync::Arc;

use bus::command::RoomStatus;
use bus::media::ParticipantSid;
use domain::VisitId;

use super::gate::{Refusal, is_over};
use super::leave::Departure;
use super::renewal::renew;
use super::rooms::Rooms;
use super::{Now, depart};

/// Visits in one question.
const BATCH: usize = 1000;

impl Rooms {
    /// Begins a comparison: its number and the questions to ask. Whoever joins from here on was
    /// admitted after the question and is not judged by its answer.
    pub(crate) fn begin_sweep(&mut self) -> (u64, Vec<Vec<VisitId>>) {
        self.generation += 1;
        let rooms = self.rooms.values().map(|room| room.visit);
        let visits: BTreeSet<VisitId> = rooms.chain(self.gate.remembered()).collect();
        let visits: Vec<VisitId> = visits.into_iter().collect();
        let questions = visits.chunks(BATCH).map(<[VisitId]>::to_vec).collect();
        (self.generation, questions)
    }

    /// The answer to a question of sweep `generation`. A visit that core-api does not know is
    /// left alone: nobody there has decided anything about it.
    pub(crate) fn end_sweep(&mut self, generation: u64, rooms: &[RoomStatus], now: Now) {
        for status in rooms {
            let name = status.visit.to_string();
            if is_over(status.state) {
                self.gate.end(status.visit);
                self.end_room(&name, Departure::ENDED, now);
                continue;
            }
            self.gate.learn(generation, status);
            self.show_lock(status.visit, now);
            self.judge(&name, generation, status, now);
        }
    }

    /// Compares one room that may go on.
    fn judge(&mut self, name: &str, generation: u64, status: &RoomStatus, now: Now) {
        let Some(room) = self.rooms.get_mut(name) else {
            return;
        };
        let judged = room.participants.values_mut();
        let judged = judged.filter(|who| who.generation < generation);
        let mut strangers: Vec<ParticipantSid> = Vec::new();
        for who in judged {
            // Came in through a door that this node did not know to be shut.
            let since = status.lock.as_ref().map(|lock| lock.since);
            let locked_out =
                self.gate.check(status.visit, who.grant.identity) == Err(Refusal::Locked);
            let intruder = locked_out && since.is_some_and(|since| who.joined_at > since);
            if status.allowed.contains(&who.grant.identity) && !intruder {
                renew(&mut self.fx, status.visit, who, now);
            } else {
                strangers.push(Arc::clone(&who.sid));
            }
        }
        for who in strangers {
            self.in_room(name, who, now, |cx| {
                depart::depart(cx.room, cx.fx, &cx.who, Departure::REMOVED, cx.now);
            });
        }
    }
}
