//! Requests between services that need an answer.

use std::fmt;

use domain::{AccountId, VisitId, VisitState};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::journal::Batch;
use crate::moderation::RoomLock;

/// What other services ask core-api.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum CoreRequest {
    /// Entries of the journal of visits, in order. Answered with `Stored` once all of them are
    /// kept that make sense here; the sender repeats until then, and a repetition changes nothing.
    Journal(Batch),
    /// Which of these rooms may go on, and who may be in them. Asked at a sweep, so that a lost
    /// event cannot leave a room open.
    RoomsStatus {
        /// At most 1,000.
        visits: Vec<VisitId>,
    },
    /// A fresh media token for somebody who is in the visit's room. Answered with `Token`, or with
    /// `Refused` when they may not be there now.
    RenewToken {
        /// The room.
        visit: VisitId,
        /// Whose token it will be.
        account: AccountId,
    },
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
    /// The answer to `RenewToken`.
    Token {
        /// For its bearer alone.
        token: MediaToken,
        /// Until when it counts.
        expires_at: Timestamp,
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
    /// The shut door, if it is shut.
    #[serde(default)]
    pub lock: Option<RoomLock>,
}

/// A media token on its way to its bearer. `Debug` prints `‹secret›`, so that no log line can
/// hold the token by accident.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MediaToken(String);

impl MediaToken {
    /// Marks `token` as secret.
    pub const fn new(token: String) -> Self {
        Self(token)
    }

    /// The token itself, for its bearer.
    pub fn into_inner(self) -> String {
        self.0
    }
}

impl fmt::Debug for MediaToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MediaToken(‹secret›)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_travels_and_is_never_printed() {
        let reply = CoreReply::Token {
            token: MediaToken::new("eyJ.secret.part".into()),
            expires_at: Timestamp::UNIX_EPOCH,
        };
        assert_eq!(
            format!("{reply:?}"),
            "Token { token: MediaToken(‹secret›), expires_at: 1970-01-01T00:00:00Z }"
        );
        let json = serde_json::to_string(&reply).unwrap();
        assert!(json.contains(r#""token":"eyJ.secret.part""#), "{json}");
        assert_eq!(serde_json::from_str::<CoreReply>(&json).unwrap(), reply);
    }
}
