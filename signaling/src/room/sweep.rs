//! Comparing who is in the rooms with who may be: a lost event must not leave a room open.

use std::collections::BTreeSet;
use std::sync::Arc;

use bus::command::RoomStatus;
use bus::media::ParticipantSid;
use domain::VisitId;

use super::Now;
use super::gate::is_over;
use super::leave::Departure;
use super::rooms::Rooms;

/// Visits in one question.
const BATCH: usize = 1000;

impl Rooms {
    /// Begins a comparison: its number and the questions to ask. Whoever joins from here on was
    /// admitted after the question and is not judged by its answer.
    pub(crate) fn begin_sweep(&mut self) -> (u64, Vec<Vec<VisitId>>) {
        self.generation += 1;
        let rooms = self.rooms.values().map(|room| room.visit);
        let visits: BTreeSet<VisitId> = rooms.chain(self.gate.barred_visits()).collect();
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
            let Some(room) = self.rooms.get(name.as_str()) else {
                continue;
            };
            let strangers: Vec<ParticipantSid> = room
                .participants
                .values()
                .filter(|who| who.generation < generation)
                .filter(|who| !status.allowed.contains(&who.grant.identity))
                .map(|who| Arc::clone(&who.sid))
                .collect();
            for who in strangers {
                self.in_room(&name, who, now, |cx| {
                    super::depart::depart(cx.room, cx.fx, &cx.who, Departure::REMOVED, cx.now);
                });
            }
        }
    }
}
