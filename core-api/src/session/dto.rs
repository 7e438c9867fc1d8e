//! Sessions as the API shows and takes them.

use domain::SessionId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use zeroize::Zeroizing;

use crate::account::dto::Account;
use crate::factor::dto::Proof;

/// What signing in takes.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SignIn {
    #[schema(max_length = 254)]
    pub(crate) email: String,
    #[schema(value_type = String, max_length = 128)]
    pub(crate) password: Zeroizing<String>,
    /// For clients that are no browsers: answer with tokens and set no cookie.
    #[serde(default)]
    pub(crate) tokens: bool,
}

/// The second step of a sign-in.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SecondStep {
    /// From the refusal of the first step, `second_factor.attempt`.
    #[schema(value_type = String, max_length = 64)]
    pub(crate) attempt: Zeroizing<String>,
    pub(crate) proof: Proof,
}

/// Who is signed in, and until when.
#[derive(Clone, Serialize, ToSchema)]
pub(crate) struct Session {
    pub(crate) account: Account,
    #[schema(value_type = Uuid)]
    pub(crate) session_id: SessionId,
    /// When the session ends whatever happens; for patients, activity moves it.
    pub(crate) expires_at: Timestamp,
    /// When the session ends without another request.
    pub(crate) idle_expires_at: Timestamp,
    /// True when the session serves only to enrol the second factor that the account must have.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    #[schema(required = false)]
    pub(crate) enrolment_only: bool,
    /// Until when the session counts as proved again.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) stepped_up_until: Option<Timestamp>,
    /// For clients that asked for them when they signed in.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) tokens: Option<SessionTokens>,
}

/// A short token that stands for the session in `Authorization: Bearer` and on the chat socket.
#[derive(Serialize, ToSchema)]
pub(crate) struct SessionToken {
    pub(crate) token: String,
    pub(crate) expires_at: Timestamp,
}

/// What a client that is no browser stays signed in with.
#[derive(Clone, Serialize, ToSchema)]
pub(crate) struct SessionTokens {
    /// For `Authorization: Bearer` and the chat socket.
    pub(crate) token: String,
    pub(crate) expires_at: Timestamp,
    /// Good for one refresh. One that comes back after it was used ends the session.
    pub(crate) refresh_token: String,
}

/// What a refresh takes.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Refresh {
    #[schema(value_type = String, max_length = 64)]
    pub(crate) refresh_token: Zeroizing<String>,
}

/// What proves again who the caller is: the second factor, or the password of an account that
/// has none.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct StepUp {
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 128)]
    pub(crate) password: Option<Zeroizing<String>>,
    #[serde(default)]
    pub(crate) proof: Option<Proof>,
}

/// One of the caller's sessions.
#[derive(Serialize, ToSchema)]
pub(crate) struct OwnSession {
    #[schema(value_type = Uuid)]
    pub(crate) id: SessionId,
    /// Whether it is the one that asks.
    pub(crate) current: bool,
    pub(crate) created_at: Timestamp,
    /// To half a minute.
    pub(crate) last_seen_at: Timestamp,
    pub(crate) expires_at: Timestamp,
    /// What the browser or program called itself.
    #[schema(required = true)]
    pub(crate) user_agent: Option<String>,
}

/// The caller's sessions that go on, newest first.
#[derive(Serialize, ToSchema)]
pub(crate) struct OwnSessions {
    pub(crate) items: Vec<OwnSession>,
}
