//! Notices: what happened to the security of an account, told to its owner. Each is a row that a
//! sender of messages can pick up; until there is one, people read them when they are signed in.

pub(crate) mod dto;
mod ops;
pub(crate) mod routes;
mod store;

use ::store::Connection;
use domain::AccountId;
use jiff::Timestamp;

use crate::app::App;
use crate::refusal::Refusal;

/// What happened. A stored name never changes its meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoticeKind {
    /// Somebody signed in from a device that was not seen before.
    NewDevice,
    /// A second factor was added.
    FactorAdded,
    /// A second factor was removed.
    FactorRemoved,
    /// An administrator took all second factors away.
    FactorsReset,
    /// A recovery code was used.
    RecoveryCodeUsed,
    /// The password was changed.
    PasswordChanged,
    /// A passkey's counter did not grow: somebody has a copy.
    PasskeyCopied,
    /// A refresh token came back after it was used: somebody has a copy.
    TokenCopied,
}

impl NoticeKind {
    /// The stable name in storage and answers.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::NewDevice => "new_device",
            Self::FactorAdded => "factor_added",
            Self::FactorRemoved => "factor_removed",
            Self::FactorsReset => "factors_reset",
            Self::RecoveryCodeUsed => "recovery_code_used",
            Self::PasswordChanged => "password_changed",
            Self::PasskeyCopied => "passkey_copied",
            Self::TokenCopied => "token_copied",
        }
    }
}

/// Puts down that `kind` happened to `account`.
pub(crate) async fn add(
    app: &App,
    conn: &mut Connection,
    account: AccountId,
    kind: NoticeKind,
    now: Timestamp,
) -> Result<(), Refusal> {
    Ok(store::insert(conn, app.id()?, account, kind.name(), now).await?)
}
