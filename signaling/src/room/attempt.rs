//! Attempts to come in: whoever has a good token and is refused is entered in the journal.

use std::collections::HashMap;
use std::time::Duration;

use auth::media::Grant;
use bus::journal::{Happening, RefusedFor};
use domain::{AccountId, VisitId};

use super::fact::Journal;
use super::rooms::Rooms;
use super::{Now, Refusal};

/// Remembers who was refused a moment ago, so that a client that knocks without pause is entered
/// once a second.
#[derive(Debug, Default)]
pub(crate) struct Knocks(HashMap<(VisitId, AccountId), Duration>);

impl Knocks {
    /// At most so many are remembered; further ones are not entered until room is made.
    const MOST: usize = 4_096;
    const PAUSE: Duration = Duration::from_secs(1);

    /// Whether this refusal is to be entered.
    pub(crate) fn counts(&mut self, visit: VisitId, account: AccountId, now: Now) -> bool {
        let fresh = |at: Duration| now.elapsed.saturating_sub(at) < Self::PAUSE;
        if self.0.get(&(visit, account)).is_some_and(|at| fresh(*at)) {
            return false;
        }
        if self.0.len() >= Self::MOST {
            self.0.retain(|_, at| fresh(*at));
        }
        if self.0.len() >= Self::MOST {
            return false;
        }
        self.0.insert((visit, account), now.elapsed);
        true
    }
}

/// The journal's word for a refusal.
const fn refused(refusal: Refusal) -> RefusedFor {
    match refusal {
        Refusal::Ended => RefusedFor::Ended,
        Refusal::NotAdmitted => RefusedFor::NotAdmitted,
        Refusal::Full => RefusedFor::Full,
        Refusal::Locked => RefusedFor::Locked,
        Refusal::Overloaded => RefusedFor::Overloaded,
        Refusal::Draining => RefusedFor::Draining,
        Refusal::TooOften => RefusedFor::TooOften,
        Refusal::Unavailable => RefusedFor::Unavailable,
    }
}

impl Rooms {
    /// As [`Rooms::admissible`], of somebody who means to come in: a refusal is entered.
    pub(crate) fn attempt(&mut self, grant: &Grant, now: Now) -> Result<(), Refusal> {
        let answer = self.admissible(grant, now);
        if let Err(refusal) = answer {
            self.enter_refusal(grant.room, grant.identity, refusal, now);
        }
        answer
    }

    fn enter_refusal(&mut self, visit: VisitId, account: AccountId, refusal: Refusal, now: Now) {
        if !self.fx.knocks.counts(visit, account, now) {
            return;
        }
        let reason = refused(refusal);
        let what = Happening::Refused { reason };
        if let Some(room) = self.rooms.get_mut(visit.to_string().as_str()) {
            room.fact(&mut self.fx, account, None, what, now);
        } else if let Ok(session) = self.fx.sids.epoch() {
            let mut journal = Journal::new(visit, session);
            self.fx.fact(journal.entry(account, None, what, now));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::Timestamp;

    fn account(number: usize) -> AccountId {
        format!("01900000-0000-7000-8000-{number:012x}")
            .parse()
            .expect("id")
    }

    #[test]
    fn a_client_that_knocks_without_pause_is_entered_once_a_second() {
        let visit = "01900000-0000-7000-8000-000000000001".parse().expect("id");
        let mut knocks = Knocks::default();
        let at = |millis| Now {
            elapsed: Duration::from_millis(millis),
            wall: Timestamp::UNIX_EPOCH,
        };
        let counted = [0, 10, 999, 1_000, 1_500]
            .into_iter()
            .filter(|millis| knocks.counts(visit, account(1), at(*millis)));
        assert_eq!(counted.collect::<Vec<_>>(), [0, 1_000]);
        for number in 0..Knocks::MOST * 2 {
            knocks.counts(visit, account(number), at(2_000));
        }
        assert_eq!(knocks.0.len(), Knocks::MOST);
        assert!(knocks.counts(visit, account(0), at(3_000)));
        assert_eq!(knocks.0.len(), 1);
    }
}
