//! Requests between services that need an answer.

use domain::{AccountId, VisitId, VisitState};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// What other services ask core-api.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum CoreRequest {
    /// Something happened in a visit's media room. Answered only once it is stored; the sender
    /// repeats until then, so `room_epoch` and `number` make a repetition recognisable.
    RoomEvent {
        /// The room.
        visit: VisitId,
        /// One value per life of the room on a node.
        room_epoch: u64,
        /// 1, 2, 3 … within that life.
        number: u64,
        /// When it happened.
        at: Timestamp,
        /// Who it concerns.
        account: AccountId,
        /// What happened.
        what: RoomEventKind,
    },
    /// Which of these rooms may go on, and who may be in them. Asked at a sweep, so that a lost
    /// event cannot leave a room open.
    RoomsStatus {
        /// At most 1,000.
        visits: Vec<VisitId>,
    },
}

/// What happened to a participant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RoomEventKind {
    /// Joined with a fresh session.
    Joined,
    /// Came back to the same session after its signal connection was lost.
    Resumed,
    /// Left on purpose.
    Left,
    /// Did not come back in time.
    Lost,
    /// Was removed by the server or replaced by a second connection of the same person.
    Removed,
}

/// What core-api answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum CoreReply {
    /// Stored (or was stored before).
    Stored,
    /// The answer to `RoomsStatus`, one entry a known visit; an unknown visit is left out.
    RoomsStatus {
        /// The entries.
        rooms: Vec<RoomStatus>,
    },
    /// The request was understood but cannot be served now; ask again later.
    Unavailable,
    /// The request makes no sense here; repeating it is useless.
    Refused,
}

/// Whether a visit's room may go on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoomStatus {
    /// Which.
    pub visit: VisitId,
    /// Where the visit stands.
    pub state: VisitState,
    /// Who may be in the room now.
    pub allowed: Vec<AccountId>,
}
