//! Changing how an account signs in, and whether it may.

use ::store::audit::{Action, ResourceType};
use ::store::{Audit, Events, Exempt};
use auth::password::Verdict;
use bus::event::Event;
use domain::{AccountId, Permission};

use crate::access::deny;
use crate::account::dto::PasswordChange;
use crate::account::password::About;
use crate::account::store;
use crate::app::App;
use crate::caller::Caller;
use crate::notice::{self, NoticeKind};
use crate::refusal::Refusal;
use crate::session;
use crate::session::own;
use crate::throttle::Guessed;

/// Replaces the caller's password. Their other sessions end.
pub(crate) async fn password(
    app: &App,
    caller: &Caller,
    body: PasswordChange,
) -> Result<(), Refusal> {
    let entry = caller.did(Action::Update, ResourceType::Account);
    let entry = entry.resource(caller.account).detail("what", "password");
    let guess = match app
        .failures
        .begin([Guessed::Again(caller.account)], caller.now())
    {
        Ok(guess) => guess,
        Err(wait) => {
            let tx = app.db.begin().await?;
            return Err(deny(tx, entry, Refusal::RateLimited(wait)).await);
        }
    };
    let (known, stored) = {
        let mut reader = app.db.reader(Exempt::NoHealthData("credentials")).await?;
        let known = store::find(reader.conn(), caller.account).await?;
        (
            known,
            store::password_hash(reader.conn(), caller.account).await?,
        )
    };
    let known = known.ok_or(Refusal::Unauthenticated)?;
    match app
        .passwords
        .verify(&body.current_password, stored.clone())
        .await
    {
        Ok(Verdict::Wrong) => {
            drop(guess);
            let tx = app.db.begin().await?;
            return Err(deny(tx, entry, Refusal::InvalidCredentials).await);
        }
        Ok(Verdict::Right | Verdict::Outdated) => guess.right(),
        Err(error) => {
            guess.withdrawn();
            return Err(error);
        }
    }
    let about = About::new([
        known.email.reveal().as_str(),
        known.display_name.reveal(),
        &known.clinic.name,
    ]);
    let hash = app
        .passwords
        .choose("new_password", &body.new_password, &about);
    let (old, hash) = (stored.unwrap_or_default(), hash.await?);
    let mut tx = app.db.begin().await?;
    let conn = tx.conn();
    if !store::renew_hash(conn, caller.account, &old, &hash).await? {
        // Somebody changed it in between; what was shown as the present one is no more.
        return Err(deny(tx, entry, Refusal::InvalidCredentials).await);
    }
    let kind = NoticeKind::PasswordChanged;
    notice::add(app, conn, caller.account, kind, caller.now()).await?;
    let events = own::end_others(conn, caller).await?;
    tx.commit(Audit::of(entry), Events::of(events)).await?;
    Ok(())
}

/// Shuts an account of the caller's clinic: its sessions, sockets and calls end. Needs a step-up.
pub(crate) async fn disable(app: &App, caller: &Caller, id: AccountId) -> Result<(), Refusal> {
    set(app, caller, id, false).await
}

/// Opens an account of the caller's clinic again.
pub(crate) async fn enable(app: &App, caller: &Caller, id: AccountId) -> Result<(), Refusal> {
    set(app, caller, id, true).await
}

async fn set(app: &App, caller: &Caller, id: AccountId, open: bool) -> Result<(), Refusal> {
    let action = if open {
        Action::Enable
    } else {
        Action::Disable
    };
    let entry = caller.did(action, ResourceType::Account).resource(id);
    let mut tx = app.db.begin().await?;
    if !caller.may(Permission::ManageAccounts) {
        return Err(deny(tx, entry, Refusal::Forbidden).await);
    }
    if !caller.stepped_up(caller.now()) {
        return Err(deny(tx, entry, Refusal::StepUpRequired).await);
    }
    let known = store::find(tx.conn(), id).await?;
    let known = known.filter(|known| known.clinic.id == caller.clinic);
    // Nobody shuts themselves out: a clinic without an administrator is hard to open again.
    let Some(known) = known.filter(|_| id != caller.account) else {
        return Err(deny(tx, entry, Refusal::NotFound).await);
    };
    let conn = tx.conn();
    let since = (!open).then(|| caller.now());
    let mut events = Vec::new();
    if store::set_disabled(conn, id, since).await? {
        let ended = session::store::end_all(conn, id, None, caller.now()).await?;
        events.extend(ended.into_iter().map(|session| own::ended(session, id)));
        let roles = if open {
            known.roles.iter().collect()
        } else {
            Vec::new()
        };
        events.push(Event::AccountChanged {
            account: id,
            clinic: known.clinic.id,
            roles,
        });
    }
    tx.commit(Audit::of(entry), Events::of(events)).await?;
    Ok(())
}
