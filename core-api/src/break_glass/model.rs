//! What an emergency access is, and what becomes of it.

use domain::{AccountId, EmergencyAccessId, OrganisationId, PatientId, Pii};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::refusal::Refusal;
use crate::text;

/// How long it lasts.
pub(crate) const LIFETIME: SignedDuration = SignedDuration::from_mins(60);
/// How long compliance has for the review before it is escalated.
pub(crate) const REVIEW_WITHIN: SignedDuration = SignedDuration::from_hours(72);
/// Characters of a reason at least: a word or two say nothing to whoever reviews.
const SHORTEST_REASON: usize = 20;
/// Characters of a reason, and of a note, at most.
const LONGEST: usize = 500;

/// Where the review stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ReviewState {
    /// To be done.
    Open,
    /// To be done, and late.
    Escalated,
    /// Done: there was a reason to break the glass.
    Justified,
    /// Done: there was none.
    Unjustified,
}

impl ReviewState {
    const ALL: [Self; 4] = [
        Self::Open,
        Self::Escalated,
        Self::Justified,
        Self::Unjustified,
    ];

    /// The stable name in storage.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Escalated => "escalated",
            Self::Justified => "justified",
            Self::Unjustified => "unjustified",
        }
    }

    /// The state of that stable name.
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }

    /// Whether the review is still to be done.
    pub(crate) const fn is_due(self) -> bool {
        matches!(self, Self::Open | Self::Escalated)
    }
}

/// What a review found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = ReviewFinding)]
pub(crate) enum Finding {
    /// There was a reason to break the glass.
    Justified,
    /// There was none.
    Unjustified,
}

impl Finding {
    /// The state a review with this finding leaves.
    pub(crate) const fn state(self) -> ReviewState {
        match self {
            Self::Justified => ReviewState::Justified,
            Self::Unjustified => ReviewState::Unjustified,
        }
    }
}

/// An emergency access about to be stored.
pub(crate) struct NewAccess {
    pub(crate) id: EmergencyAccessId,
    pub(crate) patient: PatientId,
    pub(crate) organisation: OrganisationId,
    pub(crate) account: AccountId,
    pub(crate) reason: Pii<String>,
    pub(crate) started_at: Timestamp,
    pub(crate) ends_at: Timestamp,
}

/// A reason as it is kept: 20 to 500 characters.
pub(crate) fn reason(text: &str) -> Result<Pii<String>, Refusal> {
    let reason = text::line("reason", text, LONGEST)?;
    if reason.chars().count() < SHORTEST_REASON {
        return Err(Refusal::Field {
            field: "reason",
            problem: "Say in at least 20 characters why this cannot wait.",
        });
    }
    Ok(Pii::new(reason))
}

/// A reviewer's note as it is kept: 1 to 500 characters.
pub(crate) fn note(text: &str) -> Result<Pii<String>, Refusal> {
    text::line("note", text, LONGEST).map(Pii::new)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_says_something() {
        assert!(reason("Unconscious in the emergency room").is_ok());
        assert!(reason(&"ü".repeat(20)).is_ok(), "characters count");
        for bad in ["", "urgent", &" x ".repeat(6), &"x".repeat(501)] {
            assert!(reason(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_review_ends_with_its_finding() {
        assert!(ReviewState::Open.is_due() && ReviewState::Escalated.is_due());
        assert!(!Finding::Justified.state().is_due());
        assert!(!Finding::Unjustified.state().is_due());
    }
}
