//! Step-up: proving again who one is, before what should not happen at a screen left open.

use ::store::audit::{Action, Outcome, ResourceType};
use ::store::{Audit, Connection, Events, Exempt};
use auth::password::Verdict;

use crate::access::deny;
use crate::account;
use crate::app::App;
use crate::caller::Caller;
use crate::factor;
use crate::factor::prove::{self, Method};
use crate::refusal::Refusal;
use crate::session::dto::{Session, StepUp};
use crate::session::{open, store};
use crate::throttle::Guessed;

/// Marks the session as proved again. The second factor does it, and for accounts without one the
/// password.
pub(crate) async fn step_up(app: &App, caller: &Caller, body: StepUp) -> Result<Session, Refusal> {
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
    let shown = match shown(app, tx.conn(), caller, body, password).await {
        Ok(shown) => shown,
        Err(error) => {
            guess.withdrawn();
            return Err(error);
        }
    };
    let Some(method) = shown else {
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
    body: StepUp,
    password: Option<bool>,
) -> Result<Option<Method>, Refusal> {
    let has_factor = !factor::store::confirmed(conn, caller.account)
        .await?
        .is_empty();
    let field = |field, problem| Err(Refusal::Field { field, problem });
    match (body.proof, password) {
        (Some(proof), None) if has_factor => {
            prove::prove(app, conn, caller.account, &proof, caller.now()).await
        }
        (None, Some(right)) if !has_factor => Ok(right.then_some(Method::Password)),
        _ if has_factor => field("proof", "Show your second factor, and nothing else."),
        _ => field("password", "Give your password, and nothing else."),
    }
}
