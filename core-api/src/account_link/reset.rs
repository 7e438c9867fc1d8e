//! A new password in exchange for a link. It signs nobody in, so that whoever has a second factor
//! is asked for it as ever.

use ::store::{Audit, AuditEntry, Events, Exempt};
use bus::event::Event;

use crate::access::deny;
use crate::account;
use crate::account::model::AccountRecord;
use crate::account::password::About;
use crate::account_link::dto::PasswordReset;
use crate::account_link::model::Purpose;
use crate::account_link::store;
use crate::app::App;
use crate::http::caller::Visitor;
use crate::mail::{self, letter::Letter};
use crate::notice::{self, NoticeKind};
use crate::refusal::Refusal;
use crate::session;
use crate::session::own;
use crate::session::secret::Secret;
use crate::session::sign_in::attempted;
use crate::throttle::Guessed;

/// What it does in the audit log.
fn entry(visitor: &Visitor, whose: Option<&AccountRecord>) -> AuditEntry {
    let whose = whose.map(|known| (known.id, known.clinic.id));
    attempted(&visitor.moment, whose).detail("step", Purpose::PasswordReset.name())
}

/// Sets a new password for whoever holds a link that counts. All their sessions end.
pub(super) async fn complete(
    app: &App,
    visitor: &Visitor,
    body: PasswordReset,
) -> Result<(), Refusal> {
    let now = visitor.moment.now;
    let guess = match app.failures.begin(visitor.address.map(Guessed::From), now) {
        Ok(guess) => guess,
        Err(wait) => {
            let tx = app.db.begin().await?;
            let refusal = Refusal::RateLimited(wait);
            return Err(deny(tx, entry(visitor, None), refusal).await);
        }
    };
    let secret = Secret::from_text(&body.secret);
    let known = match &secret {
        Some(secret) => owner(app, secret, visitor).await?,
        None => None,
    };
    let (Some(secret), Some(known)) = (secret, known) else {
        drop(guess);
        let tx = app.db.begin().await?;
        return Err(deny(tx, entry(visitor, None), Refusal::LinkSpent).await);
    };
    guess.right();
    let about = About::new([
        known.email.reveal().as_str(),
        known.display_name.reveal(),
        &known.clinic.name,
    ]);
    // Before the link is used up: whoever chooses badly chooses again.
    let chosen = app
        .passwords
        .choose("new_password", &body.new_password, &about)
        .await?;
    let mut tx = app.db.begin().await?;
    let conn = tx.conn();
    let taken = store::take(conn, Purpose::PasswordReset, &secret, now).await?;
    if taken.is_none() {
        return Err(deny(tx, entry(visitor, Some(&known)), Refusal::LinkSpent).await);
    }
    store::remove_all(conn, known.id).await?;
    account::store::set_password(conn, known.id, &chosen).await?;
    notice::add(app, conn, known.id, NoticeKind::PasswordChanged, now).await?;
    let word = Letter::password_changed(known.email.reveal(), later(now)?);
    mail::put_down(app, conn, known.id, &word, now).await?;
    let ended = session::store::end_all(conn, known.id, None, now).await?;
    let events: Vec<Event> = ended
        .into_iter()
        .map(|id| own::ended(id, known.id))
        .collect();
    let audit = Audit::of(entry(visitor, Some(&known)));
    tx.commit(audit, Events::of(events)).await?;
    if let Some(post) = &app.post {
        post.wake();
    }
    Ok(())
}

/// Whose link it is, unless it or its account count no more.
async fn owner(
    app: &App,
    secret: &Secret,
    visitor: &Visitor,
) -> Result<Option<AccountRecord>, Refusal> {
    let mut reader = app
        .db
        .reader(Exempt::NoHealthData("a link's account"))
        .await?;
    let (conn, now) = (reader.conn(), visitor.moment.now);
    let Some(link) = store::find(conn, Purpose::PasswordReset, secret, now).await? else {
        return Ok(None);
    };
    let known = account::store::find(conn, link.account).await?;
    Ok(known.filter(|known| !known.disabled))
}

/// Until when word of a change is worth sending.
fn later(now: jiff::Timestamp) -> Result<jiff::Timestamp, Refusal> {
    let day = jiff::SignedDuration::from_hours(24);
    now.checked_add(day).map_err(Refusal::internal)
}
