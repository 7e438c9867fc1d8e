//! What has to happen later, ordered by when.

use std::collections::BTreeSet;
use std::time::Duration;

use bus::media::{ParticipantSid, RoomName, TrackSid};

/// What is due.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Due {
    /// The participant did not come back.
    Departure,
    /// The participant's media path did not come back.
    Media,
    /// The announced track never met its media section.
    Publish(TrackSid),
    /// What a crowded room is told together.
    News,
}

/// Whose; a room's own when no participant is named.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Timer {
    pub(crate) room: RoomName,
    pub(crate) participant: Option<ParticipantSid>,
    pub(crate) due: Due,
}

/// Bounded by what it serves: one timer a room, two a participant and one an unbound track. Owners cancel
/// what they no longer need, so nothing of a room outlives it here.
#[derive(Debug, Default)]
pub(crate) struct Timers(BTreeSet<(Duration, Timer)>);

impl Timers {
    pub(crate) fn set(&mut self, at: Duration, timer: Timer) {
        self.0.insert((at, timer));
    }

    pub(crate) fn cancel(&mut self, at: Duration, timer: Timer) {
        self.0.remove(&(at, timer));
    }

    /// The earliest, if any.
    pub(crate) fn next(&self) -> Option<Duration> {
        self.0.first().map(|(at, _)| *at)
    }

    /// Takes out the earliest one that is due.
    pub(crate) fn pop(&mut self, elapsed: Duration) -> Option<Timer> {
        if self.next()? > elapsed {
            return None;
        }
        self.0.pop_first().map(|(_, timer)| timer)
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }
}
