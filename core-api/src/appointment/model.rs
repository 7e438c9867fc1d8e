//! What an appointment is and when it may be booked.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How patient and clinician meet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum VisitType {
    /// Over video.
    Video,
}
