//! Sessions as the API shows and takes them.

use domain::SessionId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::account::dto::Account;

/// What signing in takes.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SignIn {
    #[schema(max_length = 254)]
    pub(crate) email: String,
    #[schema(max_length = 128)]
    pub(crate) password: String,
}

/// Who is signed in, and until when.
#[derive(Serialize, ToSchema)]
pub(crate) struct Session {
    pub(crate) account: Account,
    #[schema(value_type = Uuid)]
    pub(crate) session_id: SessionId,
    /// When the session ends whatever happens.
    pub(crate) expires_at: Timestamp,
    /// When the session ends without another request.
    pub(crate) idle_expires_at: Timestamp,
}

/// A short token that stands for the session in `Authorization: Bearer` and on the chat socket.
#[derive(Serialize, ToSchema)]
pub(crate) struct SessionToken {
    pub(crate) token: String,
    pub(crate) expires_at: Timestamp,
}
