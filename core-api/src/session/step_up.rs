//! Step-up: proving again who one is, before what should not happen at a screen left open.

use ::store::audit::{Action, Outcome, ResourceType};
use ::store::{Audit, Connection, Events, Exempt};
use auth::password::Verdict;

use crate::access::deny;
use crate::account;
use crate::app::App;
use crate::caller::Caller;
use crate::factor::held::Held;
use crate::factor::model::Duty;
use crate::factor::prove::{Method, Prover, Shown};
use crate::passkey::ceremony::Site;
use crate::passkey::dto::RequestOptions;
use crate::passkey::model::Purpose;
use crate::refusal::Refusal;
use crate::session::dto::{Session, StepUp};
use crate::session::{open, store};
use crate::throttle::Guessed;

/// Marks the session as proved again. The second factor does it, and for accounts without one the
/// password.
pub(crate) async fn step_up(
    app: &App,
    caller: &Caller,
    site: &Site,
    body: StepUp,
) -> Result<Session, Refusal> {
    let now = caller.now();
    let entry = caller.did(Action::StepUp, ResourceType::Session);
    let entry = entry.resource(caller.session);
    let guess = match app.failures.begin([Guessed::Again(caller.account)], now) {
        Ok(guess) => guess,
        Err(wait) => {
            let tx = app.db.begin().await?;
            return Err(deny(tx, entry, Refusal::RateLimited(wait)).await);
        }
    };
    // Before the transaction: hashing takes its time, and connections are few.
    let password = match is_password(app, caller, &body).await {
        Ok(password) => password,
        Err(error) => {
            guess.withdrawn();
            return Err(error);
        }
    };
    let mut tx = app.db.begin().await?;
    let shown = match shown(app, tx.conn(), caller, site, body, password).await {
        Ok(shown) => shown,
        Err(error) => {
            guess.withdrawn();
            return Err(error);
        }
    };
    let Shown::Right(method) = shown else {
        drop(guess);
        let refusal = match password {
            Some(_) => Refusal::InvalidCredentials,
            None => Refusal::InvalidCode,
        };
        let entry = entry.outcome(Outcome::Denied).code(refusal.code());
        tx.commit(Audit::of(entry), Events::none()).await?;
        return Err(refusal);
    };
    guess.right();
    store::step_up(tx.conn(), caller.session, now).await?;
    let record = store::by_id(tx.conn(), caller.session).await?;
    let record = record.ok_or(Refusal::Unauthenticated)?;
    let session = open::view(tx.conn(), record, None).await?;
    let audit = Audit::of(entry.detail("method", method.name()));
    tx.commit(audit, Events::none()).await?;
    Ok(session)
}

fn prover<'a>(app: &App, caller: &Caller, site: &'a Site, held: &'a Held) -> Prover<'a> {
    Prover {
        account: caller.account,
        duty: Duty::of(app.config.mfa, &caller.roles),
        held,
        purpose: Purpose::StepUp(caller.session),
        site,
    }
}

/// What a browser asks the caller's passkeys with.
pub(crate) async fn passkey_options(
    app: &App,
    caller: &Caller,
    site: &Site,
) -> Result<RequestOptions, Refusal> {
    let mut tx = app.db.begin().await?;
    let held = Held::of(tx.conn(), caller.account).await?;
    let prover = prover(app, caller, site, &held);
    let options = match prover.options(app, tx.conn(), caller.now()).await {
        Ok(options) => options,
        Err(refusal) => {
            let entry = caller.did(Action::StepUp, ResourceType::Session);
            return Err(deny(tx, entry.resource(caller.session), refusal).await);
        }
    };
    let audit = Audit::exempt(Exempt::NoHealthData("a challenge for a step-up"));
    tx.commit(audit, Events::none()).await?;
    Ok(options)
}

/// Whether the password that was given is the caller's; none when none was given.
async fn is_password(app: &App, caller: &Caller, body: &StepUp) -> Result<Option<bool>, Refusal> {
    let Some(password) = &body.password else {
        return Ok(None);
    };
    let stored = {
        let mut reader = app.db.reader(Exempt::NoHealthData("credentials")).await?;
        account::store::password_hash(reader.conn(), caller.account).await?
    };
    let verdict = app.passwords.verify(password, stored).await?;
    Ok(Some(verdict != Verdict::Wrong))
}

/// How the caller proved who they are, if they did.
async fn shown(
    app: &App,
    conn: &mut Connection,
    caller: &Caller,
    site: &Site,
    body: StepUp,
    password: Option<bool>,
) -> Result<Shown, Refusal> {
    let held = Held::of(conn, caller.account).await?;
    let has_factor = !held.is_empty();
    let field = |field, problem| Err(Refusal::Field { field, problem });
    match (body.proof, password) {
        (Some(proof), None) if has_factor => {
            let prover = prover(app, caller, site, &held);
            prover.show(app, conn, &proof, caller.now()).await
        }
        (None, Some(true)) if !has_factor => Ok(Shown::Right(Method::Password)),
        (None, Some(false)) if !has_factor => Ok(Shown::Wrong("password")),
        _ if has_factor => field("proof", "Show your second factor, and nothing else."),
        _ => field("password", "Give your password, and nothing else."),
    }
}
