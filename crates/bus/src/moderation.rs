//! What core-api asks of a media room on behalf of whoever is in charge of it.
//!
//! A decision that lasts (a removal, a lock) is stored before it is sent here, and comes again
//! with every [`RoomStatus`](crate::command::RoomStatus): a command that is lost is late, not
//! undone. Muting lasts no longer than the one muted lets it, so it is asked for once.

use domain::{AccountId, VisitId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// From core-api to signaling, at [`SIGNALING_COMMANDS`](crate::SIGNALING_COMMANDS).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum RoomCommand {
    /// Mute what this person sends of `source`. They may unmute themselves; nobody else can.
    Mute {
        /// The room.
        visit: VisitId,
        /// Who is muted.
        account: AccountId,
        /// What is muted.
        source: MediaSource,
    },
    /// Put this person out of the room, and keep them out until they are allowed again.
    Remove {
        /// The room.
        visit: VisitId,
        /// Who has to go.
        account: AccountId,
    },
    /// Let nobody new in. Whoever is inside stays, and may come back.
    Lock {
        /// The room.
        visit: VisitId,
        /// The lock.
        lock: RoomLock,
    },
    /// Let people in again.
    Unlock {
        /// The room.
        visit: VisitId,
    },
}

/// What signaling answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RoomReply {
    /// Done, or there was nothing left to do.
    Done,
    /// The person is not in the room.
    NotThere,
    /// The person is in the room and sends nothing of that kind.
    NothingToMute,
    /// Signaling is stopping.
    Unavailable,
}

/// Where a track comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MediaSource {
    /// Their voice.
    Microphone,
    /// Their picture.
    Camera,
    /// Their shared screen, and its sound.
    Screen,
}

/// A shut door.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoomLock {
    /// Since when.
    pub since: Timestamp,
    /// Who may come in all the same: those who were inside before, and those who were let in by
    /// name since.
    pub keep: Vec<AccountId>,
}
