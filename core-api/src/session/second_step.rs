//! The second step of signing in: the second factor of whoever has one.

use ::store::audit::Outcome;
use ::store::{Audit, AuditEntry, Connection, Events, Exempt, Tx};
use domain::AccountId;

use crate::access::deny;
use crate::account;
use crate::account::model::AccountRecord;
use crate::app::App;
use crate::factor::held::Held;
use crate::factor::model::Duty;
use crate::factor::prove::{Method, Prover, Shown};
use crate::http::caller::Visitor;
use crate::notice::{self, NoticeKind};
use crate::passkey::ceremony::Site;
use crate::passkey::dto::RequestOptions;
use crate::passkey::model::Purpose;
use crate::refusal::Refusal;
use crate::session::attempt::AttemptRecord;
use crate::session::dto::SecondStep;
use crate::session::open::Opened;
use crate::session::secret::Secret;
use crate::session::sign_in::{Who, attempted, enter};
use crate::session::store::{attempt, device};
use crate::throttle::Guessed;

/// A sign-in that waits, in an open transaction that has locked it.
struct Pending {
    tx: Tx,
    waiting: AttemptRecord,
    who: AccountRecord,
    held: Held,
    duty: Duty,
}

impl Pending {
    /// The sign-in that `secret` stands for.
    async fn find(app: &App, visitor: &Visitor, secret: &str) -> Result<Self, Refusal> {
        let now = visitor.moment.now;
        let secret = Secret::from_text(secret).ok_or(Refusal::Unauthenticated)?;
        let mut tx = app.db.begin().await?;
        let found = attempt::lock(tx.conn(), &secret).await?;
        let Some(waiting) = found.filter(|waiting| waiting.is_open(now)) else {
            let entry = attempted(&visitor.moment, None);
            return Err(deny(tx, entry, Refusal::Unauthenticated).await);
        };
        let who = account::store::find(tx.conn(), waiting.account).await?;
        let who = who
            .filter(|who| !who.disabled)
            .ok_or(Refusal::Unauthenticated)?;
        let held = Held::of(tx.conn(), who.id).await?;
        Ok(Self {
            duty: Duty::of(app.config.mfa, &who.roles),
            tx,
            waiting,
            who,
            held,
        })
    }

    /// What is on record of it.
    fn entry(&self, visitor: &Visitor) -> AuditEntry {
        attempted(&visitor.moment, Some((self.who.id, self.who.clinic.id)))
    }
}

/// What a browser asks the passkeys of a waiting sign-in with.
pub(crate) async fn passkey_options(
    app: &App,
    visitor: &Visitor,
    site: &Site,
    secret: &str,
) -> Result<RequestOptions, Refusal> {
    let mut pending = Pending::find(app, visitor, secret).await?;
    let prover = Prover {
        account: pending.who.id,
        duty: pending.duty,
        held: &pending.held,
        purpose: Purpose::SecondFactor(pending.waiting.id),
        site,
    };
    let now = visitor.moment.now;
    let options = prover.options(app, pending.tx.conn(), now).await;
    let options = match options {
        Ok(options) => options,
        Err(refusal) => {
            let entry = pending.entry(visitor);
            return Err(deny(pending.tx, entry, refusal).await);
        }
    };
    let audit = Audit::exempt(Exempt::NoHealthData("a challenge for a second factor"));
    pending.tx.commit(audit, Events::none()).await?;
    Ok(options)
}

/// Opens a session for whoever shows the second factor that an attempt waits for.
pub(crate) async fn second_step(
    app: &App,
    visitor: &Visitor,
    site: &Site,
    body: SecondStep,
) -> Result<Opened, Refusal> {
    let now = visitor.moment.now;
    let mut pending = Pending::find(app, visitor, &body.attempt).await?;
    let keys = code_keys(pending.tx.conn(), visitor, pending.who.id).await?;
    let guess = match app.failures.begin(keys, now) {
        Ok(guess) => guess,
        Err(wait) => {
            let entry = pending.entry(visitor);
            return Err(deny(pending.tx, entry, Refusal::RateLimited(wait)).await);
        }
    };
    let prover = Prover {
        account: pending.who.id,
        duty: pending.duty,
        held: &pending.held,
        purpose: Purpose::SecondFactor(pending.waiting.id),
        site,
    };
    let shown = prover.show(app, pending.tx.conn(), &body.proof, now).await;
    let method = match shown {
        Ok(Shown::Right(method)) => method,
        Ok(Shown::Wrong(reason)) => {
            drop(guess);
            attempt::failed(pending.tx.conn(), pending.waiting.id).await?;
            let refusal = Refusal::InvalidCode;
            let entry = pending.entry(visitor).outcome(Outcome::Denied);
            let entry = entry.code(refusal.code()).detail("step", "second_factor");
            let audit = Audit::of(entry.detail("reason", reason));
            pending.tx.commit(audit, Events::none()).await?;
            return Err(refusal);
        }
        Err(error) => {
            guess.withdrawn();
            return Err(error);
        }
    };
    guess.right();
    let Pending {
        mut tx,
        waiting,
        who,
        held,
        ..
    } = pending;
    attempt::remove(tx.conn(), waiting.id).await?;
    if method == Method::RecoveryCode {
        notice::add(app, tx.conn(), who.id, NoticeKind::RecoveryCodeUsed, now).await?;
    }
    let entering = Who {
        account: who.id,
        clinic: who.clinic.id,
        roles: &who.roles,
    };
    enter(app, visitor, tx, &entering, &held, waiting.tokens, method).await
}

/// What a wrong second factor counts against.
async fn code_keys(
    conn: &mut Connection,
    visitor: &Visitor,
    account: AccountId,
) -> Result<Vec<Guessed>, Refusal> {
    Ok(match &visitor.device {
        Some(device) if device::is_of(conn, account, device).await? => {
            vec![Guessed::CodeHere(account, device.short())]
        }
        _ => vec![Guessed::Code(account)],
    })
}
