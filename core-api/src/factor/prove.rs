//! Judging what somebody shows as their second factor.

use ::store::Connection;
use auth::totp::Seed;
use domain::AccountId;
use jiff::Timestamp;

use crate::app::App;
use crate::factor::dto::Proof;
use crate::factor::model::Kind;
use crate::factor::{recovery, store};
use crate::refusal::Refusal;
use crate::store::damaged;

/// How somebody proved who they are, as a word of the audit log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Method {
    Password,
    Totp,
    RecoveryCode,
}

impl Method {
    /// The stable name.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::Totp => "totp",
            Self::RecoveryCode => "recovery_code",
        }
    }
}

/// How `proof` proves that it is the owner of `account` who shows it; none when it does not. What is
/// right is used up with the transaction on `conn`, and never counts again.
pub(crate) async fn prove(
    app: &App,
    conn: &mut Connection,
    account: AccountId,
    proof: &Proof,
    now: Timestamp,
) -> Result<Option<Method>, Refusal> {
    match proof {
        Proof::Totp { code } => {
            for factor in store::confirmed(conn, account).await? {
                if factor.kind != Kind::Totp {
                    continue;
                }
                let seed = store::open(&app.seals.secrets, &factor)?;
                let seed = Seed::from_bytes(&seed).ok_or_else(|| {
                    damaged("core.factor", "secret_sealed", factor.id.to_string())
                })?;
                let Some(step) = seed.check(code, now, factor.last_step) else {
                    continue;
                };
                if store::use_step(conn, factor.id, step, now).await? {
                    return Ok(Some(Method::Totp));
                }
            }
            Ok(None)
        }
        Proof::RecoveryCode { code } => {
            let Some(hash) = recovery::hash(code) else {
                return Ok(None);
            };
            let used = store::use_code(conn, account, &hash, now).await?;
            Ok(used.then_some(Method::RecoveryCode))
        }
    }
}
