//! Who has left and is still to be heard of: the SFU reports the rest of a session's last minute
//! after the session has ended, and often after its room has.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use bus::media::ParticipantSid;
use domain::AccountId;

use super::Now;
use super::fact::Journal;

/// Waited for at most; the oldest is given up for a new one.
const MOST: usize = 4_096;
/// Far longer than the SFU takes to close a session.
const PATIENCE: Duration = Duration::from_secs(10);

/// One who has left.
#[derive(Debug)]
pub(crate) struct Gone {
    pub(crate) account: AccountId,
    /// The life of the room.
    pub(crate) session: u64,
    until: Duration,
}

/// A room's life that somebody has left.
#[derive(Debug, Default)]
struct Left {
    /// How many of it are waited for; at least one.
    waiting: usize,
    /// Its journal, once the room is no more.
    journal: Option<Journal>,
}

/// Those who are waited for, and the journals of their rooms that are no more.
#[derive(Debug, Default)]
pub(crate) struct LastWords {
    gone: HashMap<ParticipantSid, Gone>,
    /// By the life of the room.
    rooms: HashMap<u64, Left>,
    /// Oldest first; some have been heard.
    order: VecDeque<ParticipantSid>,
}

impl LastWords {
    /// `participant` has left a room in its life `session`.
    pub(crate) fn expect(
        &mut self,
        participant: &ParticipantSid,
        account: AccountId,
        session: u64,
        now: Now,
    ) {
        while self.order.len() >= MOST || self.is_front_over(now) {
            if let Some(late) = self.order.pop_front()
                && let Some(gone) = self.heard(&late)
            {
                self.close(gone.session);
            }
        }
        let gone = Gone {
            account,
            session,
            until: now.after(PATIENCE),
        };
        self.gone.insert(Arc::clone(participant), gone);
        self.order.push_back(Arc::clone(participant));
        self.rooms.entry(session).or_default().waiting += 1;
    }

    fn is_front_over(&self, now: Now) -> bool {
        let waited = |front| self.gone.get(front);
        self.order
            .front()
            .is_some_and(|front| waited(front).is_none_or(|gone| gone.until <= now.elapsed))
    }

    /// Keeps the journal of a room that is no more, if somebody of it is waited for.
    pub(crate) fn keep(&mut self, journal: Journal) {
        if let Some(left) = self.rooms.get_mut(&journal.session()) {
            left.journal = Some(journal);
        }
    }

    /// The journal of a room that is no more.
    pub(crate) fn journal_mut(&mut self, session: u64) -> Option<&mut Journal> {
        self.rooms.get_mut(&session)?.journal.as_mut()
    }

    /// Who `participant` was, no longer waited for. Followed by [`LastWords::close`].
    pub(crate) fn heard(&mut self, participant: &str) -> Option<Gone> {
        self.gone.remove(participant)
    }

    /// One of the life `session` is waited for no longer; after the last one its journal is
    /// closed.
    pub(crate) fn close(&mut self, session: u64) {
        if let Some(left) = self.rooms.get_mut(&session) {
            left.waiting = left.waiting.saturating_sub(1);
            if left.waiting == 0 {
                self.rooms.remove(&session);
            }
        }
    }

    /// No more last words will come.
    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::Timestamp;

    #[test]
    fn memory_is_bounded_and_ends_with_the_last_word() {
        let mut last_words = LastWords::default();
        let account = "01900000-0000-7000-8000-00000000000a".parse().expect("id");
        let now = Now {
            elapsed: Duration::ZERO,
            wall: Timestamp::UNIX_EPOCH,
        };
        let sid = |number: usize| ParticipantSid::from(format!("PA_{number}"));
        for number in 0..MOST * 2 {
            let room = u64::try_from(number % 100).expect("small");
            last_words.expect(&sid(number), account, room, now);
        }
        assert_eq!(last_words.gone.len(), MOST);
        assert!(
            last_words.heard(&sid(0)).is_none(),
            "the oldest is given up"
        );
        for number in MOST..MOST * 2 {
            let gone = last_words.heard(&sid(number)).expect("waited for");
            last_words.close(gone.session);
        }
        assert!(last_words.rooms.is_empty() && last_words.gone.is_empty());
    }
}
