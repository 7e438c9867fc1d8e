//! What a chart holds.

use domain::{PatientId, Pii};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// What a line of the chart is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = ChartEntryKind)]
pub(crate) enum EntryKind {
    /// What the patient does not tolerate.
    Allergy,
    /// What the patient takes.
    Medication,
    /// What the patient has.
    Condition,
    /// Anything else worth knowing.
    Note,
}

impl EntryKind {
    const ALL: [Self; 4] = [Self::Allergy, Self::Medication, Self::Condition, Self::Note];

    /// The stable name in storage.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Allergy => "allergy",
            Self::Medication => "medication",
            Self::Condition => "condition",
            Self::Note => "note",
        }
    }

    /// The kind of that stable name.
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// A line about to be stored.
pub(crate) struct NewEntry {
    pub(crate) id: Uuid,
    pub(crate) patient: PatientId,
    pub(crate) kind: EntryKind,
    pub(crate) text: Pii<String>,
    pub(crate) recorded_at: Timestamp,
}
