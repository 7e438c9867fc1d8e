//! Moderation as the API shows and takes it.

use bus::moderation::MediaSource;
use domain::AccountId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The door of a visit's media room.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Room {
    /// Since when nobody new comes in; null while the door is open.
    #[schema(required = true)]
    pub(crate) locked_since: Option<Timestamp>,
    /// Who was put out, and stays out until admitted again.
    #[schema(value_type = Vec<Uuid>)]
    pub(crate) removed: Vec<AccountId>,
}

/// What shall be muted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MuteRequest {
    pub(crate) source: Source,
}

/// Where sound or picture comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = MediaSource)]
pub(crate) enum Source {
    /// Their voice.
    Microphone,
    /// Their picture.
    Camera,
    /// Their shared screen, and its sound.
    Screen,
}

impl Source {
    /// The stable name in the audit log.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Microphone => "microphone",
            Self::Camera => "camera",
            Self::Screen => "screen",
        }
    }
}

impl From<Source> for MediaSource {
    fn from(source: Source) -> Self {
        match source {
            Source::Microphone => Self::Microphone,
            Source::Camera => Self::Camera,
            Source::Screen => Self::Screen,
        }
    }
}
