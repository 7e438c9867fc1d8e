//! What a chart holds.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

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
