//! What a patient is.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Administrative sex, as health systems record it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Sex {
    /// Female.
    Female,
    /// Male.
    Male,
    /// Another.
    Other,
    /// Not recorded.
    Unknown,
}
