//! What a visit is.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How a part of the device check went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum DeviceResult {
    /// It works.
    Ok,
    /// It does not work.
    Failed,
    /// The patient did not try.
    Skipped,
}

/// What the patient's device check found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DeviceCheck {
    pub(crate) camera: DeviceResult,
    pub(crate) microphone: DeviceResult,
    pub(crate) network: DeviceResult,
}

/// What the caller may ask of a visit now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = VisitAction)]
pub(crate) enum Offer {
    /// Say that the patient is here.
    CheckIn,
    /// Finish set-up.
    Ready,
    /// Let the patient in.
    Admit,
    /// Obtain a media token.
    Join,
    /// Send the patient back to waiting.
    ReturnToWaiting,
    /// End the visit.
    Complete,
    /// Call the visit off.
    Cancel,
    /// Record that the patient did not come.
    NoShow,
}
