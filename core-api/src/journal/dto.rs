//! The journal and its sentences as the API shows them.

use domain::AccountId;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::journal::sentence::Party;

/// Something that happened in the media room of a visit.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct JournalEntry {
    /// 1, 2, 3 … within the visit, without gaps.
    pub(crate) number: i64,
    pub(crate) at: Timestamp,
    /// Who it concerns.
    #[schema(value_type = Uuid)]
    pub(crate) account_id: AccountId,
    /// Which part they play in the visit now; null for somebody who no longer plays one.
    #[schema(required = true)]
    pub(crate) party: Option<Party>,
    /// The session in the room; null for whoever was not let in.
    #[schema(required = true)]
    pub(crate) participant: Option<String>,
    /// One life of the room on one node.
    pub(crate) session: String,
    /// 1, 2, 3 … within that life; a gap tells of lost entries.
    pub(crate) session_number: i64,
    /// `refused`, `joined`, `resumed`, `left`, `path`, `muted`, `unmuted`, `share_started`,
    /// `share_stopped`, `layer`, `stream_paused`, `stream_resumed`, `quality` or `abridged`. More
    /// may come.
    pub(crate) kind: String,
    /// What belongs to the kind: see `docs/protocol/journal.md`.
    #[schema(value_type = Object)]
    pub(crate) detail: Map<String, Value>,
}

/// A page of a visit's journal, in order.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct JournalPage {
    pub(crate) items: Vec<JournalEntry>,
    /// Where the next page starts; null on the last.
    #[schema(required = true)]
    pub(crate) next_cursor: Option<String>,
}

/// How the media of one party went over a visit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct PartyMedia {
    pub(crate) party: Party,
    /// For people: `Audio intact 99.2 %, video paused 40 s, patient's network.`
    pub(crate) sentence: String,
    /// How much of the sound arrived, the worse direction, in thousandths; null without sound.
    #[schema(required = true)]
    pub(crate) audio_intact_permille: Option<u16>,
    /// How long the picture stood still or was stopped; null without picture.
    #[schema(required = true)]
    pub(crate) video_paused_seconds: Option<u64>,
    /// How often the connection was lost.
    pub(crate) connection_losses: u32,
}
