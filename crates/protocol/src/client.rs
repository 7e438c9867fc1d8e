//! What a client sends.

use domain::ConversationId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use ts_rs::TS;
use uuid::Uuid;

/// The sender's own name for a message: repeating a `send` with it never stores twice.
pub type ClientMessageId = Uuid;

/// A message from client to server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
#[ts(rename_all = "snake_case")]
pub enum ClientMessage {
    /// First on every socket, within 5 seconds: the session token.
    Auth {
        /// From `POST /api/v1/session/token`.
        token: String,
    },
    /// A newer token, before the old one expires.
    AuthRefresh {
        /// From `POST /api/v1/session/token`.
        token: String,
    },
    /// Subscribes to conversations from where the client stands.
    Resume {
        /// Conversation → last sequence seen (0 for none). At most 1,000.
        #[ts(type = "Record<string, number>")]
        after: BTreeMap<ConversationId, u64>,
    },
    /// A new message.
    Send {
        /// The sender's own name for it, kept for repetition.
        #[ts(type = "string")]
        client_msg_id: ClientMessageId,
        /// Where to.
        conv: ConversationId,
        /// 1 to 16,384 bytes of text.
        text: String,
    },
    /// The reader has seen everything up to `upto`.
    Read {
        /// Which conversation.
        conv: ConversationId,
        /// The last sequence read.
        #[ts(type = "number")]
        upto: u64,
    },
    /// The sender is typing; shown for some seconds, never stored.
    Typing {
        /// Which conversation.
        conv: ConversationId,
    },
    /// Keeps the connection; answered with `pong`.
    Ping {
        /// Echoed.
        #[ts(type = "number")]
        nonce: u64,
    },
}
