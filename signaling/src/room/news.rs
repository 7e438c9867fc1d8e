//! What everybody in a room is told of everybody else, gathered while the room is crowded.
//!
//! In a small room each change is told at once. In a crowd, where one change is as many messages
//! as there are people, changes wait for a moment and go out together, so that twenty people who
//! come at once cost twenty messages each and not four hundred.

use std::collections::BTreeSet;
use std::mem;
use std::sync::Arc;
use std::time::Duration;

use bus::media::{ParticipantSid, TrackSid};
use livekit_protocol as lk;

use super::effects::Effects;
use super::members::Room;
use super::participant::Participant;
use super::timer::{Due, Timer};
use super::{Now, Response, reply};

/// Changes that were not told yet. Bounded by the room: an entry a participant, and the farewells
/// of those who left within one pause.
#[derive(Debug, Default)]
pub(crate) struct News {
    changed: BTreeSet<ParticipantSid>,
    gone: Vec<lk::ParticipantInfo>,
    quality: BTreeSet<ParticipantSid>,
    room: bool,
    /// When they go out at the latest.
    due: Option<Duration>,
}

impl News {
    fn is_empty(&self) -> bool {
        self.changed.is_empty() && self.gone.is_empty() && self.quality.is_empty() && !self.room
    }
}

impl Room {
    /// `sid` looks different from now on; everybody, `sid` included, is told.
    pub(crate) fn announce(&mut self, fx: &mut Effects, sid: &str, now: Now) {
        let Some(participant) = self.participants.get_mut(sid) else {
            return;
        };
        participant.touch();
        self.news.changed.insert(Arc::clone(&participant.sid));
        self.spread(fx, now);
    }

    /// `sid` has come, and knows everybody from its `Join`.
    pub(crate) fn announce_join(&mut self, fx: &mut Effects, sid: &ParticipantSid, now: Now) {
        if self.is_crowd(fx) {
            self.news.changed.insert(Arc::clone(sid));
            return self.announce_room(fx, now);
        }
        let info = self.participants.get(sid).map(Participant::info);
        self.tell_others(fx, sid, reply::update(info.into_iter().collect()));
        let room = Some(self.info(fx));
        self.tell_others(fx, sid, Response::RoomUpdate(lk::RoomUpdate { room }));
    }

    /// The number of people, the lock or the like changed.
    pub(crate) fn announce_room(&mut self, fx: &mut Effects, now: Now) {
        self.news.room = true;
        self.spread(fx, now);
    }

    /// The quality of `sid`'s connection changed.
    pub(crate) fn announce_quality(&mut self, fx: &mut Effects, sid: &ParticipantSid, now: Now) {
        self.news.quality.insert(Arc::clone(sid));
        self.spread(fx, now);
    }

    /// Somebody left; `farewell` is what the others see last.
    pub(crate) fn announce_leave(
        &mut self,
        fx: &mut Effects,
        farewell: lk::ParticipantInfo,
        now: Now,
    ) {
        self.news.changed.remove(farewell.sid.as_str());
        self.news.quality.remove(farewell.sid.as_str());
        self.news.gone.push(farewell);
        self.news.room = true;
        self.spread(fx, now);
    }

    /// Tells now, or lets the news wait for more of its kind.
    fn spread(&mut self, fx: &mut Effects, now: Now) {
        if !self.is_crowd(fx) {
            return self.tell_news(fx);
        }
        if self.news.due.is_none() {
            let at = now.after(fx.limits.news);
            self.news.due = Some(at);
            fx.timers.set(at, self.news_timer());
        }
    }

    /// Tells everything that waits. Leaves come first: the same person may have come again.
    pub(crate) fn tell_news(&mut self, fx: &mut Effects) {
        if self.news.is_empty() {
            return;
        }
        self.cancel_news(fx);
        let news = mem::take(&mut self.news);
        let changed = news.changed.iter();
        let changed = changed.filter_map(|sid| Some(self.participants.get(sid)?.info()));
        let participants: Vec<_> = news.gone.into_iter().chain(changed).collect();
        if !participants.is_empty() {
            self.tell_all(fx, reply::update(participants));
        }
        if news.room {
            let room = Some(self.info(fx));
            self.tell_all(fx, Response::RoomUpdate(lk::RoomUpdate { room }));
        }
        let qualities = news.quality.iter();
        let qualities = qualities.filter_map(|sid| self.participants.get(sid)?.quality.info(sid));
        let updates: Vec<_> = qualities.collect();
        if !updates.is_empty() {
            let update = lk::ConnectionQualityUpdate { updates };
            self.tell_all(fx, Response::ConnectionQuality(update));
        }
    }

    /// Media of these tracks is about to be described to a client, which drops what it was not
    /// told of: news of their publishers cannot wait.
    pub(crate) fn tell_news_of(&mut self, fx: &mut Effects, tracks: &[(String, TrackSid)]) {
        let news = &self.news.changed;
        let mut owners = tracks
            .iter()
            .filter_map(|(_, track)| self.owners.get(track));
        if owners.any(|owner| news.contains(owner)) {
            self.tell_news(fx);
        }
    }

    fn is_crowd(&self, fx: &Effects) -> bool {
        self.participants.len() > fx.limits.crowd
    }

    /// The timer is not wanted any more.
    pub(crate) fn cancel_news(&mut self, fx: &mut Effects) {
        if let Some(at) = self.news.due.take() {
            fx.timers.cancel(at, self.news_timer());
        }
    }

    fn news_timer(&self) -> Timer {
        Timer {
            room: Arc::clone(&self.name),
            participant: None,
            due: Due::News,
        }
    }
}
