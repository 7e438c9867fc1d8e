//! What a place in a care team is.

use domain::{AccountId, CareTeamMemberId, PatientId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::refusal::Refusal;

/// What somebody does in a care team.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = CareTeamPart)]
pub(crate) enum Part {
    /// Answers for the patient's care.
    Primary,
    /// Is asked for one matter.
    Specialist,
    /// Arranges it.
    Coordinator,
    /// Anything else.
    Other,
}

impl Part {
    const ALL: [Self; 4] = [
        Self::Primary,
        Self::Specialist,
        Self::Coordinator,
        Self::Other,
    ];

    /// The stable name in storage.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Primary => "primary",
            Self::Specialist => "specialist",
            Self::Coordinator => "coordinator",
            Self::Other => "other",
        }
    }

    /// The part of that stable name.
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|part| part.name() == name)
    }
}

/// From when until when something counts: from `starts_at` until just before `ends_at`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Period {
    pub(crate) starts_at: Timestamp,
    pub(crate) ends_at: Option<Timestamp>,
}

impl Period {
    /// A period asked for at `now`; without a start it begins then. One that would end before it
    /// begins, or is over already, is refused.
    pub(crate) fn asked(
        starts_at: Option<Timestamp>,
        ends_at: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<Self, Refusal> {
        let starts_at = starts_at.unwrap_or(now);
        if ends_at.is_some_and(|ends_at| ends_at <= starts_at.max(now)) {
            return Err(Refusal::Field {
                field: "ends_at",
                problem: "This ends before it begins.",
            });
        }
        Ok(Self { starts_at, ends_at })
    }
}

/// A place about to be stored.
pub(crate) struct NewMember {
    pub(crate) id: CareTeamMemberId,
    pub(crate) patient: PatientId,
    pub(crate) account: AccountId,
    pub(crate) part: Part,
    pub(crate) period: Period,
    pub(crate) added_at: Timestamp,
    pub(crate) added_by: AccountId,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_period_begins_now_and_ends_later() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let open = Period::asked(None, None, at(10)).unwrap();
        assert_eq!((open.starts_at, open.ends_at), (at(10), None));
        assert!(Period::asked(Some(at(20)), Some(at(21)), at(10)).is_ok());
        for (starts, ends) in [(None, 10), (Some(at(20)), 20), (Some(at(1)), 5)] {
            assert!(Period::asked(starts, Some(at(ends)), at(10)).is_err());
        }
    }
}
