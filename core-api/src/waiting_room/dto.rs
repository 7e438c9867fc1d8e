//! The board as the API shows it.

use domain::ConversationId;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::visit::dto::Visit;

/// Today's visits, the waiting ones first in line first.
#[derive(Serialize, ToSchema)]
pub(crate) struct WaitingRoom {
    /// The conversation whose events say when to read again.
    #[schema(value_type = Uuid)]
    pub(crate) conversation_id: ConversationId,
    pub(crate) items: Vec<Visit>,
    /// The server's clock, for wait times.
    pub(crate) server_time: Timestamp,
}
