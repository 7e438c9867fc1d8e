//! What the server sends.

use domain::{AccountId, ConversationId, ErrorCode, EventId};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ts_rs::TS;
use uuid::Uuid;

use crate::{ClientMessageId, Event};

/// What a conversation is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "snake_case")]
#[ts(rename_all = "snake_case")]
pub enum ConversationKind {
    /// The parties of one visit.
    Visit,
    /// The staff of a clinic watching its waiting room.
    WaitingRoom,
}

/// Where a conversation stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
pub struct Head {
    /// Which.
    pub conv: ConversationId,
    /// What it is about.
    pub kind: ConversationKind,
    /// Its last sequence; 0 when empty.
    #[ts(type = "number")]
    pub head: u64,
    /// The last sequence this account has read.
    #[ts(type = "number")]
    pub read: u64,
}

/// A message from server to client.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(tag = "type", rename_all = "snake_case")]
#[ts(rename_all = "snake_case")]
pub enum ServerMessage {
    /// The socket is authenticated.
    Hello {
        /// This connection.
        #[ts(type = "string")]
        conn: Uuid,
        /// One value per life of the hub.
        #[ts(type = "string")]
        epoch: Uuid,
        /// Who the server takes the client for.
        account: AccountId,
        /// Every conversation of the account with its position.
        heads: Vec<Head>,
    },
    /// A `resume` was served: every event after the asked positions has been sent, and new ones
    /// follow as they happen.
    Resumed {
        /// The conversations now subscribed to.
        convs: Vec<ConversationId>,
    },
    /// The gap is too long to send; read the history over HTTP, then resume from its head.
    Resync {
        /// Which conversation.
        conv: ConversationId,
        /// Its head now.
        #[ts(type = "number")]
        head: u64,
    },
    /// The account became a member of a conversation; resume it to receive.
    Joined {
        /// Where it stands.
        head: Head,
    },
    /// The message is stored and will never be lost.
    Ack {
        /// The sender's own name for it.
        #[ts(type = "string")]
        client_msg_id: ClientMessageId,
        /// Which conversation.
        conv: ConversationId,
        /// Its place there.
        #[ts(type = "number")]
        seq: u64,
        /// Its id.
        id: EventId,
        /// When it was stored.
        #[schemars(with = "String")]
        #[ts(type = "string")]
        at: Timestamp,
        /// It had been stored before; this is the first storage's place.
        duplicate: bool,
    },
    /// A durable event.
    Event(Event),
    /// A member has read everything up to `upto`.
    Read {
        /// Which conversation.
        conv: ConversationId,
        /// Who.
        account: AccountId,
        /// The last sequence read.
        #[ts(type = "number")]
        upto: u64,
    },
    /// A member is typing.
    Typing {
        /// Which conversation.
        conv: ConversationId,
        /// Who.
        account: AccountId,
    },
    /// Answer to `ping`.
    Pong {
        /// The ping's.
        #[ts(type = "number")]
        nonce: u64,
    },
    /// Something the client sent was refused; the socket stays open.
    Error {
        /// Why.
        code: ErrorCode,
        /// For people.
        detail: String,
        /// The refused message, if it had a name.
        #[ts(type = "string | null")]
        client_msg_id: Option<ClientMessageId>,
        /// The conversation it was about.
        conv: Option<ConversationId>,
    },
}
