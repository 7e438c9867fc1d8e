//! What a grant to act for a patient is.

use domain::permission::ProxyLevel;
use domain::{AccountId, PatientId, Pii, ProxyGrantId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::care_team::model::Period;
use crate::refusal::Refusal;
use crate::text;

/// Characters of a description of documents at most.
const DOCUMENTS: usize = 500;

/// How much a proxy may do; each level includes those before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = ProxyLevel)]
pub(crate) enum Level {
    /// See what the patient sees.
    View,
    /// And call visits off.
    Schedule,
    /// And act in the patient's place.
    Full,
}

impl From<Level> for ProxyLevel {
    fn from(level: Level) -> Self {
        match level {
            Level::View => Self::View,
            Level::Schedule => Self::Schedule,
            Level::Full => Self::Full,
        }
    }
}

impl From<ProxyLevel> for Level {
    fn from(level: ProxyLevel) -> Self {
        match level {
            ProxyLevel::View => Self::View,
            ProxyLevel::Schedule => Self::Schedule,
            ProxyLevel::Full => Self::Full,
        }
    }
}

/// What a grant rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = ProxyBasis)]
pub(crate) enum Basis {
    /// The patient's own word.
    Patient,
    /// A parent's papers; rests from the age on that the clinic has set.
    ParentalResponsibility,
    /// A court's order or a power of attorney.
    LegalAuthority,
}

impl Basis {
    const ALL: [Self; 3] = [
        Self::Patient,
        Self::ParentalResponsibility,
        Self::LegalAuthority,
    ];

    /// The stable name in storage.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Patient => "patient",
            Self::ParentalResponsibility => "parental_responsibility",
            Self::LegalAuthority => "legal_authority",
        }
    }

    /// The basis of that stable name.
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|basis| basis.name() == name)
    }

    /// The documents as they are kept. A patient, who is `own`, gives their word and needs none;
    /// the desk gives nobody's word and says which papers it has seen.
    pub(crate) fn documents(
        self,
        own: bool,
        text: Option<&str>,
    ) -> Result<Option<Pii<String>>, Refusal> {
        let refused = |field, problem| Err(Refusal::Field { field, problem });
        match (own, self) {
            (true, Self::Patient) if text.is_some() => {
                refused("documents", "A patient's own word needs no documents.")
            }
            (true, Self::Patient) => Ok(None),
            (true, _) => refused("basis", "A patient grants by their own word."),
            (false, Self::Patient) => {
                refused("basis", "Only the patient gives the patient's word.")
            }
            (false, _) => text::line("documents", text.unwrap_or_default(), DOCUMENTS)
                .map(|text| Some(Pii::new(text))),
        }
    }
}

/// A grant about to be stored.
pub(crate) struct NewGrant {
    pub(crate) id: ProxyGrantId,
    pub(crate) patient: PatientId,
    pub(crate) account: AccountId,
    pub(crate) level: ProxyLevel,
    pub(crate) basis: Basis,
    pub(crate) documents: Option<Pii<String>>,
    pub(crate) period: Period,
    pub(crate) granted_at: Timestamp,
    pub(crate) granted_by: AccountId,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_patient_gives_their_word_and_the_desk_has_seen_papers() {
        let text = "Birth certificate 1234";
        let papers = Some(text);
        assert_eq!(Basis::Patient.documents(true, None).unwrap(), None);
        let kept = Basis::ParentalResponsibility.documents(false, papers);
        assert_eq!(kept.unwrap().unwrap().reveal(), text);
        assert!(Basis::Patient.documents(true, papers).is_err());
        assert!(Basis::Patient.documents(false, papers).is_err());
        assert!(Basis::LegalAuthority.documents(true, papers).is_err());
        for missing in [None, Some(" ")] {
            assert!(Basis::LegalAuthority.documents(false, missing).is_err());
        }
    }
}
