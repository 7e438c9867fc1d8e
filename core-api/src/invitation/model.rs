//! What an invitation is, and what it opens. Pure.

use domain::{AccountId, InvitationId, Pii, VisitId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::refusal::Refusal;
use crate::visit::model::VisitRecord;

/// Standing invitations of a visit at most: with its two parties as many as a media room holds.
pub(crate) const MOST: usize = 198;
/// Longest name of a guest, in characters.
pub(crate) const NAME: usize = 80;

/// What a third party is in the visit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Part {
    /// Another clinician.
    SecondClinician,
    /// Translates for the patient.
    Interpreter,
    /// Family or a friend of the patient.
    Family,
    /// Cares for the patient elsewhere.
    CareTeam,
}

impl Part {
    /// The stable name in storage and in the audit log.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::SecondClinician => "second_clinician",
            Self::Interpreter => "interpreter",
            Self::Family => "family",
            Self::CareTeam => "care_team",
        }
    }

    /// The part of that stable name.
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        let all = [
            Self::SecondClinician,
            Self::Interpreter,
            Self::Family,
            Self::CareTeam,
        ];
        all.into_iter().find(|part| part.name() == name)
    }
}

/// Where a third party stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Stage {
    /// Invited, and not seen yet.
    Invited,
    /// Asks to come in.
    Knocking,
    /// May be in the room.
    LetIn,
    /// Was put out, and stays out until let in again.
    Removed,
}

/// An invitation with what the door of its visit's room knows of the invited.
#[derive(Debug, Clone)]
pub(crate) struct Invitation {
    pub(crate) id: InvitationId,
    pub(crate) visit: VisitId,
    /// A colleague's account; none for a guest.
    pub(crate) account: Option<AccountId>,
    pub(crate) display_name: Pii<String>,
    pub(crate) part: Part,
    pub(crate) opened_at: Option<Timestamp>,
    pub(crate) knocked_at: Option<Timestamp>,
    pub(crate) let_in_at: Option<Timestamp>,
    pub(crate) removed_at: Option<Timestamp>,
    pub(crate) revoked_at: Option<Timestamp>,
    /// Since when nobody new comes in.
    pub(crate) locked_since: Option<Timestamp>,
    /// Whether they had been in the room when the door was shut.
    pub(crate) was_inside: bool,
}

impl Invitation {
    /// Who they are in the media room.
    pub(crate) fn identity(&self) -> AccountId {
        self.account.unwrap_or(AccountId::for_guest(self.id))
    }

    /// Where they stand.
    pub(crate) fn stage(&self) -> Stage {
        let put_out = self
            .removed_at
            .is_some_and(|removed| self.let_in_at.is_none_or(|let_in| let_in <= removed));
        if put_out {
            Stage::Removed
        } else if self.let_in_at.is_some() {
            Stage::LetIn
        } else if self.knocked_at.is_some() {
            Stage::Knocking
        } else {
            Stage::Invited
        }
    }

    /// Whether they may be in the room, for all that the invitation says.
    pub(crate) fn admits(&self) -> bool {
        self.revoked_at.is_none() && self.stage() == Stage::LetIn
    }

    /// Whether the lock lets them pass: whoever was inside, and whoever was let in since.
    pub(crate) fn passes_lock(&self) -> bool {
        self.locked_since.is_none_or(|since| {
            self.was_inside || self.let_in_at.is_some_and(|let_in| let_in > since)
        })
    }
}

/// Whether the invitation counts at `now`: not taken back, and its visit neither over nor past.
/// Before the visit's window it counts already, so that a link can be tried.
pub(crate) fn counts(visit: &VisitRecord, invitation: &Invitation, now: Timestamp) -> bool {
    invitation.revoked_at.is_none() && !visit.state.is_final() && now < visit.window().closes_at
}

/// Whether the invited may come into the media room at `now`.
pub(crate) fn enter(
    visit: &VisitRecord,
    invitation: &Invitation,
    now: Timestamp,
) -> Result<(), Refusal> {
    stay(visit, invitation)?;
    within_window(visit, now)?;
    if invitation.passes_lock() {
        Ok(())
    } else {
        Err(Refusal::RoomLocked)
    }
}

/// Whether they may stay there: as for the parties, neither the window nor the lock puts anybody
/// out. `room::store::statuses` says the same.
pub(crate) fn stay(visit: &VisitRecord, invitation: &Invitation) -> Result<(), Refusal> {
    if invitation.revoked_at.is_some() {
        return Err(Refusal::NotFound);
    }
    if !visit.state.is_open() {
        return Err(Refusal::NotAdmitted { state: visit.state });
    }
    if !visit.consent_telehealth {
        return Err(Refusal::ConsentRequired);
    }
    match invitation.stage() {
        Stage::LetIn => Ok(()),
        Stage::Removed => Err(Refusal::RemovedFromRoom),
        Stage::Invited | Stage::Knocking => Err(Refusal::NotLetIn),
    }
}

/// Whether a guest may knock at `now`. Whoever was put out does not come back by knocking.
pub(crate) fn knock(
    visit: &VisitRecord,
    invitation: &Invitation,
    now: Timestamp,
) -> Result<(), Refusal> {
    within_window(visit, now)?;
    if invitation.stage() == Stage::Removed {
        return Err(Refusal::RemovedFromRoom);
    }
    Ok(())
}

fn within_window(visit: &VisitRecord, now: Timestamp) -> Result<(), Refusal> {
    let window = visit.window();
    if window.is_open(now) {
        return Ok(());
    }
    Err(Refusal::OutsideWindow {
        opens_at: window.opens_at,
        closes_at: window.closes_at,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn at(minute: i64) -> Option<Timestamp> {
        Timestamp::from_second(minute * 60).ok()
    }

    fn invitation() -> Invitation {
        Invitation {
            id: Uuid::nil().into(),
            visit: Uuid::nil().into(),
            account: None,
            display_name: Pii::default(),
            part: Part::Family,
            opened_at: None,
            knocked_at: None,
            let_in_at: None,
            removed_at: None,
            revoked_at: None,
            locked_since: None,
            was_inside: false,
        }
    }

    #[test]
    fn a_guest_goes_from_invited_to_let_in_and_out_and_in_again() {
        let mut guest = invitation();
        assert_eq!(guest.stage(), Stage::Invited);
        guest.knocked_at = at(1);
        assert_eq!(guest.stage(), Stage::Knocking);
        assert!(!guest.admits());
        guest.let_in_at = at(2);
        assert_eq!(guest.stage(), Stage::LetIn);
        assert!(guest.admits());
        guest.removed_at = at(2);
        assert_eq!(guest.stage(), Stage::Removed);
        guest.let_in_at = at(3);
        assert!(guest.admits());
        guest.revoked_at = at(4);
        assert!(!guest.admits());
    }

    #[test]
    fn a_lock_keeps_out_whoever_was_let_in_before_and_not_inside() {
        let mut guest = Invitation {
            let_in_at: at(5),
            locked_since: at(10),
            ..invitation()
        };
        assert!(!guest.passes_lock());
        guest.was_inside = true;
        assert!(guest.passes_lock());
        guest = Invitation {
            let_in_at: at(11),
            was_inside: false,
            ..guest
        };
        assert!(guest.passes_lock());
    }

    #[test]
    fn names_of_parts_round_trip() {
        for part in [
            Part::SecondClinician,
            Part::Interpreter,
            Part::Family,
            Part::CareTeam,
        ] {
            assert_eq!(Part::from_name(part.name()), Some(part));
        }
        assert_eq!(Part::from_name("patient"), None);
    }
}
