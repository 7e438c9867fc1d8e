//! What consent is about.

use domain::{AccountId, ConsentDocumentId, ConsentId, PatientId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What a consent text is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ConsentKind {
    /// Care over video.
    Telehealth,
}

impl ConsentKind {
    /// The stable name in storage.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Telehealth => "telehealth",
        }
    }

    /// The kind of that stable name.
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        (name == Self::Telehealth.name()).then_some(Self::Telehealth)
    }
}

/// A consent about to be stored.
pub(crate) struct NewConsent {
    pub(crate) id: ConsentId,
    pub(crate) patient: PatientId,
    pub(crate) document: ConsentDocumentId,
    pub(crate) given_at: Timestamp,
    pub(crate) given_by: AccountId,
}
