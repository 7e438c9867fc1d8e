//! Who is refused although the token is good: the visit ended, or the person was sent back to
//! waiting. The memory is short and bounded; what it forgets, the sweep still removes.

use std::collections::{HashMap, HashSet, VecDeque};

use bus::command::RoomStatus;
use domain::{AccountId, VisitId, VisitState};

/// Remembered at most, of each kind.
const MEMORY: usize = 8192;

/// Why a good token opens nothing now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refusal {
    /// The visit is over.
    #[error("the visit has ended")]
    Ended,
    /// The person is no longer admitted.
    #[error("not admitted to the visit")]
    NotAdmitted,
    /// The room holds as many as it may.
    #[error("the room is full")]
    Full,
    /// There is no media engine at the moment.
    #[error("media is not available at the moment, try again")]
    Unavailable,
}

/// Remembers closed visits and people sent away.
#[derive(Debug, Default)]
pub(crate) struct Gate {
    ended: Recent,
    /// Who was sent back to waiting, and the sweep in whose time that happened. When it is full,
    /// no more are remembered.
    barred: HashMap<(VisitId, AccountId), u64>,
}

impl Gate {
    /// Whether nothing is known against this person in this visit.
    pub(crate) fn check(&self, visit: VisitId, account: AccountId) -> Result<(), Refusal> {
        if self.ended.contains(visit) {
            return Err(Refusal::Ended);
        }
        if self.barred.contains_key(&(visit, account)) {
            return Err(Refusal::NotAdmitted);
        }
        Ok(())
    }

    pub(crate) fn end(&mut self, visit: VisitId) {
        self.ended.insert(visit);
        self.reopen(visit);
    }

    pub(crate) fn bar(&mut self, visit: VisitId, account: AccountId, generation: u64) {
        if self.barred.len() < MEMORY {
            self.barred.insert((visit, account), generation);
        }
    }

    /// The visit may be joined (again) by whoever is given a token.
    pub(crate) fn reopen(&mut self, visit: VisitId) {
        self.barred.retain(|(barred, _), _| *barred != visit);
    }

    /// Visits whose state matters here although they may have no room.
    pub(crate) fn barred_visits(&self) -> impl Iterator<Item = VisitId> + '_ {
        self.barred.keys().map(|(visit, _)| *visit)
    }

    /// The answer of sweep `generation`: the news that somebody was admitted again may have been
    /// lost, and must not lock that person out.
    pub(crate) fn learn(&mut self, generation: u64, status: &RoomStatus) {
        self.barred.retain(|(visit, account), since| {
            let readmitted = *visit == status.visit && status.allowed.contains(account);
            !(readmitted && *since < generation)
        });
    }
}

/// Whether a room may exist in this state of its visit.
pub(crate) const fn is_over(state: VisitState) -> bool {
    matches!(
        state,
        VisitState::Completed | VisitState::Cancelled | VisitState::NoShow
    )
}

/// A set that forgets its oldest member when it is full.
#[derive(Debug, Default)]
struct Recent {
    members: HashSet<VisitId>,
    order: VecDeque<VisitId>,
}

impl Recent {
    fn contains(&self, visit: VisitId) -> bool {
        self.members.contains(&visit)
    }

    fn insert(&mut self, visit: VisitId) {
        if !self.members.insert(visit) {
            return;
        }
        self.order.push_back(visit);
        if self.order.len() > MEMORY
            && let Some(oldest) = self.order.pop_front()
        {
            self.members.remove(&oldest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn visit(number: usize) -> VisitId {
        format!("01900000-0000-7000-8000-{number:012x}")
            .parse()
            .expect("id")
    }

    fn account() -> AccountId {
        "01900000-0000-7000-8000-aaaaaaaaaaaa".parse().expect("id")
    }

    #[test]
    fn memory_is_bounded_and_forgets_the_oldest() {
        let mut gate = Gate::default();
        for number in 0..=MEMORY {
            gate.end(visit(number));
            gate.bar(visit(number), account(), 0);
        }
        let check = |number| gate.check(visit(number), account());
        assert_eq!(check(0), Err(Refusal::NotAdmitted));
        assert_eq!(check(1), Err(Refusal::Ended));
        assert_eq!(check(MEMORY), Err(Refusal::Ended));
        assert_eq!(
            (gate.ended.members.len(), gate.barred.len()),
            (MEMORY, MEMORY)
        );
    }

    #[test]
    fn only_an_answer_younger_than_the_bar_lifts_it() {
        let mut gate = Gate::default();
        gate.bar(visit(1), account(), 4);
        let status = RoomStatus {
            visit: visit(1),
            state: VisitState::Admitted,
            allowed: vec![account()],
        };
        gate.learn(4, &status);
        assert_eq!(gate.check(visit(1), account()), Err(Refusal::NotAdmitted));
        gate.learn(5, &status);
        assert_eq!(gate.check(visit(1), account()), Ok(()));
    }
}
