//! Seeing and ending one's own sessions.

use ::store::audit::{Action, ResourceType};
use ::store::{Audit, Connection, Events, Exempt};
use bus::event::Event;
use domain::{AccountId, SessionId};

use crate::access::deny;
use crate::app::App;
use crate::caller::Caller;
use crate::refusal::Refusal;
use crate::session::dto::{OwnSession, OwnSessions};
use crate::session::model::Standing;
use crate::session::store;

/// What others have to learn of a session that ended: its sockets close.
pub(crate) const fn ended(session: SessionId, account: AccountId) -> Event {
    Event::SessionEnded { session, account }
}

/// The caller's sessions that go on.
pub(crate) async fn list(app: &App, caller: &Caller) -> Result<OwnSessions, Refusal> {
    let reason = Exempt::NoHealthData("the caller's own sessions");
    let mut reader = app.db.reader(reason).await?;
    let records = store::of_account(reader.conn(), caller.account).await?;
    let live = records
        .into_iter()
        .filter(|record| matches!(record.standing(caller.now()), Standing::Live { .. }));
    let items = live.map(|record| OwnSession {
        id: record.id,
        current: record.id == caller.session,
        created_at: record.created_at,
        last_seen_at: record.last_seen_at,
        expires_at: record.expires_at,
        user_agent: record.user_agent,
    });
    Ok(OwnSessions {
        items: items.collect(),
    })
}

/// Ends one of the caller's sessions.
pub(crate) async fn end(app: &App, caller: &Caller, id: SessionId) -> Result<(), Refusal> {
    let entry = caller
        .did(Action::SignOut, ResourceType::Session)
        .resource(id);
    let mut tx = app.db.begin().await?;
    let found = store::by_id(tx.conn(), id).await?;
    let mine = found.is_some_and(|record| record.account == caller.account);
    if !mine || !store::end(tx.conn(), id, caller.now()).await? {
        return Err(deny(tx, entry, Refusal::NotFound).await);
    }
    let events = Events::of([ended(id, caller.account)]);
    tx.commit(Audit::of(entry), events).await?;
    Ok(())
}

/// Ends the caller's sessions but the one that asks.
pub(crate) async fn end_the_others(app: &App, caller: &Caller) -> Result<(), Refusal> {
    let mut tx = app.db.begin().await?;
    let events = end_others(tx.conn(), caller).await?;
    let entry = caller.did(Action::SignOut, ResourceType::Session);
    let count = i64::try_from(events.len()).unwrap_or(i64::MAX);
    tx.commit(Audit::of(entry.detail("others", count)), Events::of(events))
        .await?;
    Ok(())
}

/// Ends the caller's sessions but the one that asks, in the transaction on `conn`; what others
/// have to learn of.
pub(crate) async fn end_others(
    conn: &mut Connection,
    caller: &Caller,
) -> Result<Vec<Event>, Refusal> {
    let (account, now) = (caller.account, caller.now());
    let gone = store::end_all(conn, account, Some(caller.session), now).await?;
    Ok(gone.into_iter().map(|id| ended(id, account)).collect())
}
