//! What consent is about.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What a consent text is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ConsentKind {
    /// Care over video.
    Telehealth,
}
