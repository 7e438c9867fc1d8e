//! Asking for a link, and what comes of it.
//!
//! Whoever asks is answered at once, after a row is written that holds the address and nothing
//! else: not even the server knows then whether there is such an account. A task finds out.

use std::sync::Arc;
use std::time::Duration;

use ::store::audit::{Action, Actor, Purpose as For, ResourceType};
use ::store::{Audit, AuditEntry, Events, Exempt};
use aws_lc_rs::digest;
use domain::Pii;
use tokio_util::sync::CancellationToken;

use crate::access::deny;
use crate::account;
use crate::account_link::model::Purpose;
use crate::account_link::store::{self, NewLink, Request};
use crate::app::App;
use crate::background::Trouble;
use crate::http::caller::Visitor;
use crate::mail::{self, Post};
use crate::refusal::Refusal;
use crate::session::open;
use crate::session::sign_in::attempted;
use crate::text;
use crate::throttle::Guessed;

/// Requests that wait, of everybody; beyond them new ones are refused.
const WAITING: i64 = 10_000;
/// How often the task looks without having been woken.
const LOOK: Duration = Duration::from_secs(5);

/// Puts down that a link was asked for. The same work and the same answer for every address.
pub(super) async fn ask(
    app: &App,
    visitor: &Visitor,
    purpose: Purpose,
    email: &str,
) -> Result<(), Refusal> {
    if app.post.is_none() {
        return Err(Refusal::MailUnavailable);
    }
    let email = text::email("email", email)?;
    let (moment, now) = (visitor.moment, visitor.moment.now);
    let entry = attempted(&moment, None).detail("asked", purpose.name());
    let mut hash = [0_u8; 32];
    hash.copy_from_slice(digest::digest(&digest::SHA256, email.as_bytes()).as_ref());
    let from = visitor.address.map(Guessed::From);
    let keys = [Guessed::Link(hash)].into_iter().chain(from);
    let mut tx = app.db.begin().await?;
    // Nothing is guessed here, but nobody asks for many: each counts.
    match app.failures.begin(keys, now) {
        Ok(asked) => drop(asked),
        Err(wait) => return Err(deny(tx, entry, Refusal::RateLimited(wait)).await),
    }
    if store::count_requests(tx.conn(), WAITING).await? >= WAITING {
        return Err(deny(tx, entry, Refusal::Unavailable).await);
    }
    let (sealer, address) = (&app.seals.secrets, Pii::new(email));
    store::request(tx.conn(), sealer, app.id()?, purpose, &address, now).await?;
    tx.commit(Audit::of(entry), Events::none()).await?;
    app.asked.notify_one();
    Ok(())
}

/// Sees to requests until the stop begins.
pub(crate) async fn run(app: Arc<App>, stop: CancellationToken) -> Result<(), String> {
    let Some(post) = &app.post else {
        return Ok(());
    };
    let mut trouble = Trouble::default();
    loop {
        trouble.note(pass(&app, post, &stop).await, "Links cannot be made");
        tokio::select! {
            () = stop.cancelled() => return Ok(()),
            () = app.asked.notified() => {}
            () = tokio::time::sleep(LOOK) => {}
        }
    }
}

/// Sees to every request that waits, each in one transaction: it is gone when its letter is there.
async fn pass(app: &App, post: &Post, stop: &CancellationToken) -> Result<(), Refusal> {
    while !stop.is_cancelled() {
        let mut tx = app.db.begin().await?;
        let request = store::take_request(tx.conn(), &app.seals.secrets).await?;
        let Some(request) = request else {
            return Ok(());
        };
        let audit = answer(app, post, &mut tx, &request).await?;
        tx.commit(audit, Events::none()).await?;
        post.wake();
    }
    Ok(())
}

/// Makes the link that was asked for, if its address has an account that may have one.
async fn answer(
    app: &App,
    post: &Post,
    tx: &mut ::store::Tx,
    request: &Request,
) -> Result<Audit, Refusal> {
    let (conn, now, purpose) = (tx.conn(), app.now(), request.purpose);
    let nobody = Audit::exempt(Exempt::NoHealthData("an address without an account"));
    let expires_at = request.at.saturating_add(purpose.lifetime());
    let expires_at = expires_at.map_err(Refusal::internal)?;
    let known = account::store::credentials(conn, &request.address).await?;
    let known = known.filter(|known| purpose.is_for(&known.roles));
    let Some(known) = known.filter(|_| now < expires_at) else {
        return Ok(nobody);
    };
    let secret = open::secret(&*app.entropy)?;
    let link = post.link(purpose.page(), &secret.text());
    let letter = purpose.letter(request.address.reveal(), &link, expires_at);
    if !mail::put_down(app, conn, known.id, &letter, now).await? {
        tracing::warn!(account.id = %known.id, "A link was not sent: too much mail");
        return Ok(nobody);
    }
    let link = NewLink {
        id: app.id()?,
        account: known.id,
        purpose,
        secret: &secret,
        created_at: now,
        expires_at,
    };
    store::insert(conn, &link).await?;
    let actor = Actor::Service("core-api");
    let entry = AuditEntry::new(actor, Action::Send, ResourceType::Account, For::Security);
    let entry = entry.clinic(known.clinic).resource(known.id);
    Ok(Audit::of(entry.detail("link", purpose.name())))
}
