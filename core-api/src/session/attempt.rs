//! Sign-ins whose password was right and whose second factor is missing: a state of their own on
//! the server, never a session.

use std::fmt;

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::session::secret::Secret;

/// How long a second factor may take.
pub(crate) const PATIENCE: SignedDuration = SignedDuration::from_mins(5);
/// Wrong second factors after which the password is asked for again.
pub(crate) const MOST_FAILURES: i32 = 5;

/// What a client needs to go on with a sign-in.
#[derive(Clone, Serialize, ToSchema)]
pub(crate) struct SecondFactor {
    /// To be sent along with the second factor.
    pub(crate) attempt: String,
    /// What would do: `totp`, `recovery_code`, `passkey`.
    pub(crate) methods: Vec<&'static str>,
    pub(crate) expires_at: Timestamp,
}

impl fmt::Debug for SecondFactor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SecondFactor")
            .field("methods", &self.methods)
            .finish_non_exhaustive()
    }
}

/// An attempt about to be stored.
pub(crate) struct NewAttempt<'a> {
    pub(crate) id: Uuid,
    pub(crate) account: domain::AccountId,
    pub(crate) secret: &'a Secret,
    pub(crate) created_at: Timestamp,
    pub(crate) expires_at: Timestamp,
    /// Whether the client wants tokens instead of a cookie.
    pub(crate) tokens: bool,
}

/// An attempt as stored.
pub(crate) struct AttemptRecord {
    pub(crate) id: Uuid,
    pub(crate) account: domain::AccountId,
    pub(crate) expires_at: Timestamp,
    pub(crate) failures: i32,
    pub(crate) tokens: bool,
}

impl AttemptRecord {
    /// Whether a second factor may still be shown at `now`.
    pub(crate) fn is_open(&self, now: Timestamp) -> bool {
        now < self.expires_at && self.failures < MOST_FAILURES
    }
}
