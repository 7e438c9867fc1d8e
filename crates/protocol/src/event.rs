//! Durable events of a conversation.

use domain::{AccountId, ConversationId, EventId, VisitId, VisitState};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::ClientMessageId;

/// One stored event, the `seq`-th of its conversation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
pub struct Event {
    /// Which conversation.
    pub conv: ConversationId,
    /// 1, 2, 3 … without gaps.
    #[ts(type = "number")]
    pub seq: u64,
    /// The event's own id.
    pub id: EventId,
    /// When it was stored.
    #[schemars(with = "String")]
    #[ts(type = "string")]
    pub at: Timestamp,
    /// What happened.
    pub body: Body,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[ts(rename_all = "snake_case")]
pub enum Body {
    /// Somebody wrote.
    Message {
        /// Who.
        sender: AccountId,
        /// The sender's own name for it.
        #[ts(type = "string")]
        client_msg_id: ClientMessageId,
        /// What.
        text: String,
    },
    /// A visit moved, or its place in the queue did.
    WaitingRoom {
        /// Which visit.
        visit_id: VisitId,
        /// Where it stands.
        state: VisitState,
        /// Waiting visits before it with the same clinician; none when it does not wait.
        ahead: Option<u32>,
    },
    /// Who is invited to a visit changed, or somebody asks to come in: read its people again.
    People {
        /// Which visit.
        visit_id: VisitId,
    },
    /// The conversation takes no more messages.
    Closed,
}
