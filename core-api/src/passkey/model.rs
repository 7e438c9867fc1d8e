//! What a passkey is, and what it is asked for.

use domain::{AccountId, SessionId};
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

/// How long an answer may take: people look for their key.
pub(crate) const PATIENCE: SignedDuration = SignedDuration::from_mins(5);

/// A passkey as stored.
#[derive(Clone)]
pub(crate) struct PasskeyRecord {
    pub(crate) id: Uuid,
    pub(crate) account: AccountId,
    /// What the authenticator calls it.
    pub(crate) credential: Vec<u8>,
    /// A `COSE_Key`.
    pub(crate) public_key: Vec<u8>,
    pub(crate) sign_count: u32,
    /// Whether it may be copied to other devices.
    pub(crate) backup_eligible: bool,
    pub(crate) transports: Vec<String>,
    pub(crate) label: String,
    pub(crate) created_at: Timestamp,
    pub(crate) last_used_at: Option<Timestamp>,
}

impl PasskeyRecord {
    /// Whether it cannot leave its device, as its authenticator signs: a hardware key.
    pub(crate) const fn is_hardware(&self) -> bool {
        !self.backup_eligible
    }
}

/// What a challenge is made for; an answer counts for nothing else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Adding a key, in this session.
    Register(SessionId),
    /// Signing in with the key alone.
    SignIn,
    /// Showing it after the password, in this attempt.
    SecondFactor(Uuid),
    /// Proving again who one is, in this session.
    StepUp(SessionId),
}

impl Purpose {
    /// The stable name in storage.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Register(_) => "register",
            Self::SignIn => "sign_in",
            Self::SecondFactor(_) => "second_factor",
            Self::StepUp(_) => "step_up",
        }
    }

    /// The session it is bound to.
    pub(crate) const fn session(self) -> Option<SessionId> {
        match self {
            Self::Register(session) | Self::StepUp(session) => Some(session),
            Self::SignIn | Self::SecondFactor(_) => None,
        }
    }

    /// The sign-in it is bound to.
    pub(crate) const fn attempt(self) -> Option<Uuid> {
        match self {
            Self::SecondFactor(attempt) => Some(attempt),
            Self::Register(_) | Self::SignIn | Self::StepUp(_) => None,
        }
    }
}
