//! The second step of signing in: the second factor of whoever has one.

use ::store::audit::Outcome;
use ::store::{Audit, Connection, Events};
use domain::AccountId;

use crate::access::deny;
use crate::account;
use crate::app::App;
use crate::factor;
use crate::factor::prove::{self, Method};
use crate::http::caller::Visitor;
use crate::notice::{self, NoticeKind};
use crate::refusal::Refusal;
use crate::session::dto::SecondStep;
use crate::session::open::Opened;
use crate::session::secret::Secret;
use crate::session::sign_in::{Who, attempted, enter};
use crate::session::store::{attempt, device};
use crate::throttle::Guessed;

/// Opens a session for whoever shows the second factor that an attempt waits for.
pub(crate) async fn second_step(
    app: &App,
    visitor: &Visitor,
    body: SecondStep,
) -> Result<Opened, Refusal> {
    let now = visitor.moment.now;
    let secret = Secret::from_text(&body.attempt).ok_or(Refusal::Unauthenticated)?;
    let mut tx = app.db.begin().await?;
    let found = attempt::lock(tx.conn(), &secret).await?;
    let waiting = found.filter(|waiting| waiting.is_open(now));
    let Some(waiting) = waiting else {
        let entry = attempted(&visitor.moment, None);
        return Err(deny(tx, entry, Refusal::Unauthenticated).await);
    };
    let who = account::store::find(tx.conn(), waiting.account).await?;
    let who = who
        .filter(|who| !who.disabled)
        .ok_or(Refusal::Unauthenticated)?;
    let tried = Some((who.id, who.clinic.id));
    let keys = code_keys(tx.conn(), visitor, who.id).await?;
    let guess = match app.failures.begin(keys, now) {
        Ok(guess) => guess,
        Err(wait) => {
            let entry = attempted(&visitor.moment, tried);
            return Err(deny(tx, entry, Refusal::RateLimited(wait)).await);
        }
    };
    let factors = factor::store::confirmed(tx.conn(), who.id).await?;
    let proven = prove::prove(app, tx.conn(), who.id, &body.proof, now).await;
    let method = match proven {
        Ok(Some(method)) => method,
        Ok(None) => {
            drop(guess);
            attempt::failed(tx.conn(), waiting.id).await?;
            let refusal = Refusal::InvalidCode;
            let entry = attempted(&visitor.moment, tried).outcome(Outcome::Denied);
            let entry = entry.code(refusal.code()).detail("step", "second_factor");
            tx.commit(Audit::of(entry), Events::none()).await?;
            return Err(refusal);
        }
        Err(error) => {
            guess.withdrawn();
            return Err(error);
        }
    };
    guess.right();
    attempt::remove(tx.conn(), waiting.id).await?;
    if method == Method::RecoveryCode {
        notice::add(app, tx.conn(), who.id, NoticeKind::RecoveryCodeUsed, now).await?;
    }
    let entering = Who {
        account: who.id,
        clinic: who.clinic.id,
        roles: &who.roles,
    };
    enter(
        app,
        visitor,
        tx,
        &entering,
        &factors,
        waiting.tokens,
        method,
    )
    .await
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
