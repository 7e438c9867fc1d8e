//! Who is refused although the token is good: the visit ended, its room is locked, the person was
//! sent back to waiting or removed, the node is full. The memory is short and bounded; what it forgets, the sweep still removes.

use std::collections::{HashMap, HashSet, VecDeque};
use std::time::Duration;

use bus::command::RoomStatus;
use bus::media::RefusalReason;
use domain::{AccountId, VisitId, VisitState};

use super::Now;

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
    /// Somebody in charge shut the door; those inside stay.
    #[error("the room is locked")]
    Locked,
    /// The node has no room left for another visit.
    #[error("the server is full at the moment, try again")]
    Overloaded,
    /// The server is about to stop and begins no visit.
    #[error("the server is about to stop, try again")]
    Draining,
    /// The person comes in again and again.
    #[error("too many attempts, wait a moment")]
    TooOften,
    /// There is no media engine at the moment.
    #[error("media is not available at the moment, try again")]
    Unavailable,
}

impl Refusal {
    /// The stable name; the text may change.
    pub(crate) const fn code(self) -> &'static str {
        match self {
            Self::Ended => "visit_ended",
            Self::NotAdmitted => "not_admitted",
            Self::Full => "room_full",
            Self::Locked => "room_locked",
            Self::Overloaded => "overloaded",
            Self::Draining => "draining",
            Self::TooOften => "too_many_attempts",
            Self::Unavailable => "unavailable",
        }
    }
}

/// A door that was shut, or opened again a moment ago.
#[derive(Debug)]
struct Lock {
    /// Who may come in while it is shut: they were inside before, or are let in by name. None once
    /// it is open.
    keep: Option<HashSet<AccountId>>,
    /// The sweep in whose time that happened.
    generation: u64,
}

/// Remembers closed visits, shut doors and people sent away.
#[derive(Debug, Default)]
pub(crate) struct Gate {
    ended: Recent,
    /// Who was sent back to waiting, and the sweep in whose time that happened. When it is full,
    /// no more are remembered.
    barred: HashMap<(VisitId, AccountId), u64>,
    /// When it is full, no more are remembered; core-api gives no token for a locked room.
    locked: HashMap<VisitId, Lock>,
    /// Until when new rooms are turned away, and why.
    full: Option<(Duration, Refusal)>,
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
        if self
            .keep(visit)
            .is_some_and(|keep| !keep.contains(&account))
        {
            return Err(Refusal::Locked);
        }
        Ok(())
    }

    /// Whether a room that does not exist yet may come to be.
    pub(crate) fn check_new_room(&self, now: Now) -> Result<(), Refusal> {
        match self.full {
            Some((until, refusal)) if now.elapsed < until => Err(refusal),
            _ => Ok(()),
        }
    }

    /// The SFU refused somebody: new rooms are turned away until `until`.
    pub(crate) fn fill(&mut self, reason: RefusalReason, until: Duration) {
        let refusal = match reason {
            RefusalReason::Cpu | RefusalReason::Packets => Refusal::Overloaded,
            RefusalReason::Draining => Refusal::Draining,
        };
        self.full = Some((until, refusal));
    }

    /// The door is shut to everybody but `keep`.
    pub(crate) fn lock(
        &mut self,
        visit: VisitId,
        keep: impl IntoIterator<Item = AccountId>,
        generation: u64,
    ) {
        let keep = Some(keep.into_iter().collect());
        self.set_door(visit, Lock { keep, generation });
    }

    /// The door is open again. That is remembered until the next sweep, whose present answer may
    /// still call it shut.
    pub(crate) fn unlock(&mut self, visit: VisitId, generation: u64) {
        let keep = None;
        self.set_door(visit, Lock { keep, generation });
    }

    fn set_door(&mut self, visit: VisitId, lock: Lock) {
        if self.locked.len() < MEMORY || self.locked.contains_key(&visit) {
            self.locked.insert(visit, lock);
        }
    }

    fn keep(&self, visit: VisitId) -> Option<&HashSet<AccountId>> {
        self.locked.get(&visit)?.keep.as_ref()
    }

    pub(crate) fn is_locked(&self, visit: VisitId) -> bool {
        self.keep(visit).is_some()
    }

    pub(crate) fn end(&mut self, visit: VisitId) {
        self.ended.insert(visit);
        self.locked.remove(&visit);
        self.reopen(visit);
    }

    pub(crate) fn bar(&mut self, visit: VisitId, account: AccountId, generation: u64) {
        if self.barred.len() < MEMORY {
            self.barred.insert((visit, account), generation);
        }
    }

    /// This person may come in by name, whatever was known against them.
    pub(crate) fn let_in(&mut self, visit: VisitId, account: AccountId) {
        self.barred.remove(&(visit, account));
        let keep = self.locked.get_mut(&visit);
        if let Some(keep) = keep.and_then(|lock| lock.keep.as_mut()) {
            keep.insert(account);
        }
    }

    /// The visit may be joined (again) by whoever is given a token.
    pub(crate) fn reopen(&mut self, visit: VisitId) {
        self.barred.retain(|(barred, _), _| *barred != visit);
    }

    /// Visits whose state matters here although they may have no room.
    pub(crate) fn remembered(&self) -> impl Iterator<Item = VisitId> + '_ {
        let barred = self.barred.keys().map(|(visit, _)| *visit);
        barred.chain(self.locked.keys().copied())
    }

    /// The answer of sweep `generation`: the news that somebody was admitted again may have been
    /// lost, and must not lock that person out; nor must a lost lock or its end.
    pub(crate) fn learn(&mut self, generation: u64, status: &RoomStatus) {
        self.barred.retain(|(visit, account), since| {
            let readmitted = *visit == status.visit && status.allowed.contains(account);
            !(readmitted && *since < generation)
        });
        let known = self.locked.get(&status.visit);
        // An answer as old as the last word on the door may not know of it yet.
        if known.is_some_and(|lock| lock.generation >= generation) {
            return;
        }
        match &status.lock {
            Some(lock) => {
                // Whoever was found inside at the lock stays known until the door opens.
                let mut keep = self.keep(status.visit).cloned().unwrap_or_default();
                keep.extend(&lock.keep);
                self.lock(status.visit, keep, generation);
            }
            None => {
                self.locked.remove(&status.visit);
            }
        }
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
            lock: None,
        };
        gate.learn(4, &status);
        assert_eq!(gate.check(visit(1), account()), Err(Refusal::NotAdmitted));
        gate.learn(5, &status);
        assert_eq!(gate.check(visit(1), account()), Ok(()));
    }

    #[test]
    fn whoever_is_let_in_by_name_passes_bar_and_shut_door() {
        let mut gate = Gate::default();
        gate.bar(visit(1), account(), 1);
        gate.lock(visit(1), [], 1);
        gate.let_in(visit(1), account());
        assert_eq!(gate.check(visit(1), account()), Ok(()));
        let other = "01900000-0000-7000-8000-bbbbbbbbbbbb".parse().expect("id");
        assert_eq!(gate.check(visit(1), other), Err(Refusal::Locked));
    }
}
