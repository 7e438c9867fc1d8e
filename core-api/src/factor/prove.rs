//! Judging what somebody shows as their second factor.

use ::store::Connection;
use auth::totp::Seed;
use domain::AccountId;
use jiff::Timestamp;

use crate::app::App;
use crate::factor::dto::Proof;
use crate::factor::held::Held;
use crate::factor::model::Duty;
use crate::factor::{recovery, store};
use crate::passkey::ceremony::{self, Asked, Judged, Site};
use crate::passkey::dto::{AssertionAnswer, RequestOptions};
use crate::passkey::model::Purpose;
use crate::refusal::Refusal;
use crate::store::damaged;

/// How somebody proved who they are, as a word of the audit log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Method {
    Password,
    Totp,
    RecoveryCode,
    Passkey,
    Link,
}

impl Method {
    /// The stable name.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::Totp => "totp",
            Self::RecoveryCode => "recovery_code",
            Self::Passkey => "passkey",
            Self::Link => "link",
        }
    }
}

/// Who has to prove who they are, and with what.
pub(crate) struct Prover<'a> {
    pub(crate) account: AccountId,
    pub(crate) duty: Duty,
    pub(crate) held: &'a Held,
    /// What a passkey would be asked for.
    pub(crate) purpose: Purpose,
    pub(crate) site: &'a Site,
}

/// What was shown is worth this.
pub(crate) enum Shown {
    /// It is right.
    Right(Method),
    /// It is not; why, as a word of the audit log.
    Wrong(&'static str),
}

impl Prover<'_> {
    /// Judges `proof`. What is right is used up with the transaction on `conn`, and never counts
    /// again; so is a passkey's challenge whatever comes of it.
    pub(crate) async fn show(
        &self,
        app: &App,
        conn: &mut Connection,
        proof: &Proof,
        now: Timestamp,
    ) -> Result<Shown, Refusal> {
        let right = match proof {
            Proof::Totp { .. } if !self.duty.takes_codes(self.held) => {
                return Ok(Shown::Wrong("kind"));
            }
            Proof::Totp { code } => self.totp(app, conn, code, now).await?,
            Proof::RecoveryCode { code } => match recovery::hash(code) {
                Some(hash) => {
                    let used = store::use_code(conn, self.account, &hash, now).await?;
                    used.then_some(Method::RecoveryCode)
                }
                None => None,
            },
            Proof::Passkey { credential } => {
                return self.passkey(app, conn, credential, now).await;
            }
        };
        Ok(right.map_or(Shown::Wrong("code"), Shown::Right))
    }

    async fn totp(
        &self,
        app: &App,
        conn: &mut Connection,
        code: &str,
        now: Timestamp,
    ) -> Result<Option<Method>, Refusal> {
        for factor in &self.held.apps {
            let seed = store::open(&app.seals.secrets, factor).await?;
            let seed = Seed::from_bytes(&seed)
                .ok_or_else(|| damaged("core.factor", "secret_sealed", factor.id.to_string()))?;
            let Some(step) = seed.check(code, now, factor.last_step) else {
                continue;
            };
            if store::use_step(conn, factor.id, step, now).await? {
                return Ok(Some(Method::Totp));
            }
        }
        Ok(None)
    }

    async fn passkey(
        &self,
        app: &App,
        conn: &mut Connection,
        answer: &AssertionAnswer,
        now: Timestamp,
    ) -> Result<Shown, Refusal> {
        Ok(
            match ceremony::judge(app, conn, &self.asked(), answer, now).await? {
                Judged::Right(key) if self.duty.takes_passkey(self.held, &key) => {
                    Shown::Right(Method::Passkey)
                }
                Judged::Right(_) => Shown::Wrong("kind"),
                Judged::Wrong(_, reason) => Shown::Wrong(reason),
            },
        )
    }

    fn asked(&self) -> Asked<'_> {
        Asked {
            purpose: self.purpose,
            account: Some(self.account),
            verified: false,
            site: self.site,
        }
    }

    /// What a browser asks one of these passkeys to sign with.
    ///
    /// # Errors
    /// [`Refusal::NotFound`] when none would do.
    pub(crate) async fn options(
        &self,
        app: &App,
        conn: &mut Connection,
        now: Timestamp,
    ) -> Result<RequestOptions, Refusal> {
        let keys = self.held.passkeys.iter();
        let keys: Vec<_> = keys
            .filter(|key| self.duty.takes_passkey(self.held, key))
            .cloned()
            .collect();
        if keys.is_empty() {
            return Err(Refusal::NotFound);
        }
        ceremony::options(app, conn, &self.asked(), &keys, now).await
    }
}
