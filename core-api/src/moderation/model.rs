//! What a lock or a removal means for a patient. Pure. For third parties it is told by
//! `invitation::model`.
//!
//! The clinician of a visit is never kept out of it.

use bus::moderation::RoomLock;
use domain::AccountId;
use jiff::Timestamp;

use crate::refusal::Refusal;
use crate::visit::model::VisitRecord;
use crate::visit::rules::Relation;

/// The door of a visit's room, as seen by its patient.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Door {
    /// Since when nobody new comes in.
    pub(crate) locked_since: Option<Timestamp>,
    /// Whether the patient had been in the room when the door was shut.
    pub(crate) patient_was_inside: bool,
    /// When the patient was put out.
    pub(crate) patient_removed_at: Option<Timestamp>,
}

impl Door {
    /// Whether the patient, admitted at `admitted_at`, was put out since.
    pub(crate) fn removed(&self, admitted_at: Option<Timestamp>) -> bool {
        self.patient_removed_at
            .is_some_and(|removed| admitted_at.is_none_or(|admitted| admitted <= removed))
    }

    /// Whether the lock lets the patient, admitted at `admitted_at`, in: it keeps out whoever is
    /// new, and neither somebody whose network failed nor somebody who was let in by name since.
    pub(crate) fn passes(&self, admitted_at: Option<Timestamp>) -> bool {
        let Some(since) = self.locked_since else {
            return true;
        };
        self.patient_was_inside || admitted_at.is_some_and(|admitted| admitted > since)
    }

    /// The lock, if there is one, as signaling is told it.
    pub(crate) fn lock(
        &self,
        patient: Option<AccountId>,
        admitted_at: Option<Timestamp>,
        clinician: AccountId,
    ) -> Option<RoomLock> {
        let since = self.locked_since?;
        let patient = patient.filter(|_| self.passes(admitted_at));
        let keep = patient.into_iter().chain([clinician]).collect();
        Some(RoomLock { since, keep })
    }
}

/// Whether somebody who is `relation` to `visit` may come into its room, for all that the door
/// says.
pub(crate) fn enter(visit: &VisitRecord, relation: Relation) -> Result<(), Refusal> {
    stay(visit, relation)?;
    if relation.patient && !visit.door.passes(admitted_at(visit)) {
        return Err(Refusal::RoomLocked);
    }
    Ok(())
}

/// Whether they may stay there.
pub(crate) fn stay(visit: &VisitRecord, relation: Relation) -> Result<(), Refusal> {
    if relation.patient && visit.door.removed(admitted_at(visit)) {
        return Err(Refusal::RemovedFromRoom);
    }
    Ok(())
}

/// Whether somebody who is `relation` to `visit` keeps order in its room now.
pub(crate) fn moderate(visit: &VisitRecord, relation: Relation) -> Result<(), Refusal> {
    if !relation.clinician && !relation.coordinator {
        return Err(Refusal::Forbidden);
    }
    if !visit.state.is_open() {
        return Err(Refusal::NotAdmitted { state: visit.state });
    }
    Ok(())
}

pub(crate) fn admitted_at(visit: &VisitRecord) -> Option<Timestamp> {
    visit.admission.as_ref().map(|admission| admission.at)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minute: i64) -> Option<Timestamp> {
        Timestamp::from_second(minute * 60).ok()
    }

    #[test]
    fn a_removal_lasts_until_a_later_admission() {
        let door = Door {
            patient_removed_at: at(10),
            ..Door::default()
        };
        assert!(door.removed(at(5)) && door.removed(at(10)) && door.removed(None));
        assert!(!door.removed(at(11)));
        assert!(!Door::default().removed(at(5)));
    }

    #[test]
    fn a_lock_keeps_out_who_is_new_and_was_not_let_in_since() {
        let locked = |patient_was_inside| Door {
            locked_since: at(10),
            patient_was_inside,
            ..Door::default()
        };
        assert!(!locked(false).passes(at(5)) && !locked(false).passes(None));
        assert!(locked(false).passes(at(11)), "let in by name");
        assert!(locked(true).passes(at(5)), "a failed network is no leave");
        assert!(Door::default().passes(at(5)));
    }
}
