//! Why something was not done, by the stable codes.

use ::store::sealing::SealingError;
use ::store::{Retryable, StoreError};
use domain::{EntropyError, ErrorCode};

/// A request was refused or failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Refusal {
    /// Refused by a rule.
    #[error("{}", .0.name())]
    Rule(ErrorCode),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// An event could not be sealed.
    #[error(transparent)]
    Sealing(#[from] SealingError),
    /// No randomness for an identifier.
    #[error(transparent)]
    Entropy(#[from] EntropyError),
    /// A task panicked; the panic is logged where it happened.
    #[error("a defect")]
    Panic,
}

impl Refusal {
    /// The stable code to answer with.
    pub(crate) const fn code(&self) -> ErrorCode {
        match self {
            Self::Rule(code) => *code,
            Self::Store(StoreError::Defect(_) | StoreError::Damaged { .. })
            | Self::Sealing(_)
            | Self::Entropy(_)
            | Self::Panic => ErrorCode::Internal,
            Self::Store(_) => ErrorCode::Unavailable,
        }
    }

    /// One sentence for a person.
    pub(crate) const fn detail(&self) -> &'static str {
        match self.code() {
            ErrorCode::NotAMember => "There is no such conversation for you.",
            ErrorCode::ConversationClosed => "This conversation takes no more messages.",
            ErrorCode::TooLarge => "This is longer than chat takes.",
            ErrorCode::InvalidField => "A message needs some text.",
            ErrorCode::InvalidRequest => "This is not valid here.",
            ErrorCode::Forbidden => "Nobody writes here.",
            ErrorCode::Unauthenticated => "Sign in again.",
            ErrorCode::CrossSite => "This page may not connect to this server.",
            ErrorCode::Unavailable => "This does not work right now; try again.",
            _ => "Something went wrong on our side.",
        }
    }

    /// Logs what an operator should know of; refusals by a rule are nobody's trouble.
    pub(crate) fn log(&self, doing: &'static str) {
        match self.code() {
            ErrorCode::Internal => tracing::error!(error = %self, "Failed while {doing}"),
            ErrorCode::Unavailable => tracing::warn!(error = %self, "Failed while {doing}"),
            _ => {}
        }
    }
}

impl From<ErrorCode> for Refusal {
    fn from(code: ErrorCode) -> Self {
        Self::Rule(code)
    }
}

impl Retryable for Refusal {
    fn is_retryable(&self) -> bool {
        matches!(self, Self::Store(error) if error.is_contended())
    }
}
