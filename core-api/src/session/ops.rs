//! Being recognised, signing out.

use ::store::audit::{Action, ResourceType};
use ::store::{Audit, Events, Exempt, scope};
use domain::{Role, SessionId};

use crate::account_link;
use crate::app::App;
use crate::caller::{Caller, Moment};
use crate::passkey;
use crate::refusal::Refusal;
use crate::session::dto::{Session, SessionToken};
use crate::session::model::{SessionRecord, Standing};
use crate::session::secret::Secret;
use crate::session::store::{self, attempt};
use crate::session::{open, own};

/// Sessions ended in one transaction of the sweep.
const SWEEP_BATCH: i64 = 500;

/// What shows that a session is the caller's.
pub(crate) enum Credential {
    /// The cookie's secret.
    Secret(Secret),
    /// The session named by a verified token.
    Token(SessionId),
}

/// Whether somebody is behind a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Presence {
    /// Somebody asked for it: it counts as activity.
    Active,
    /// A page sends it by itself: it does not.
    Background,
}

/// Who holds `credential`, with their rights as they stand now. The session is marked as seen when
/// somebody is there.
pub(crate) async fn recognise(
    app: &App,
    moment: Moment,
    credential: Credential,
    presence: Presence,
) -> Result<Caller, Refusal> {
    let record = {
        let mut reader = app.db.reader(Exempt::NoHealthData("a session")).await?;
        match &credential {
            Credential::Secret(secret) => store::by_secret(reader.conn(), secret).await?,
            Credential::Token(id) => store::by_id(reader.conn(), *id).await?,
        }
    };
    let record = record.ok_or(Refusal::Unauthenticated)?;
    match record.standing(moment.now) {
        Standing::Live { stale: false } => {}
        Standing::Live { stale: true } => seen(app, &record, moment, presence).await?,
        Standing::Expired => {
            end(app, &record, moment).await?;
            return Err(Refusal::SessionExpired);
        }
        Standing::Ended => return Err(Refusal::Unauthenticated),
    }
    Ok(Caller {
        moment,
        session: record.id,
        account: record.account,
        clinic: record.clinic,
        organisation: record.organisation,
        roles: record.roles,
        provider: record.provider,
        scope: record.scope,
        stepped_up_at: record.stepped_up_at,
    })
}

/// Marks a session as seen. Without anybody there it still is while its patient waits to be let
/// in: whoever sits in a waiting room is not asked every quarter of an hour whether they do.
async fn seen(
    app: &App,
    record: &SessionRecord,
    moment: Moment,
    presence: Presence,
) -> Result<(), Refusal> {
    let now = moment.now;
    if presence == Presence::Background && !record.roles.has(Role::Patient) {
        return Ok(());
    }
    // Who asks is not known before this, and with that not whose visit may be seen.
    let mut tx = scope::as_service(app.db.begin()).await?;
    match presence {
        Presence::Active => store::touch(tx.conn(), record.id, now, record.renewed(now)).await?,
        Presence::Background => store::touch_waiting(tx.conn(), record.id, now).await?,
    }
    let audit = Audit::exempt(Exempt::NoHealthData("when a session was last seen"));
    tx.commit(audit, Events::none()).await?;
    Ok(())
}

/// Ends a session that was found expired, so that its sockets close too.
async fn end(app: &App, record: &SessionRecord, moment: Moment) -> Result<(), Refusal> {
    let mut tx = app.db.begin().await?;
    if store::end(tx.conn(), record.id, moment.now).await? {
        let audit = Audit::exempt(Exempt::NoHealthData("the end of an expired session"));
        let ended = own::ended(record.id, record.account);
        tx.commit(audit, Events::of([ended])).await?;
    }
    Ok(())
}

/// The caller's session.
pub(crate) async fn read(app: &App, caller: &Caller) -> Result<Session, Refusal> {
    let mut reader = app
        .db
        .reader(Exempt::NoHealthData("the caller's own session"))
        .await?;
    let record = store::by_id(reader.conn(), caller.session).await?;
    let record = record.ok_or(Refusal::Unauthenticated)?;
    open::view(reader.conn(), record, None).await
}

/// Ends the caller's session.
pub(crate) async fn sign_out(app: &App, caller: &Caller) -> Result<(), Refusal> {
    let mut tx = app.db.begin().await?;
    store::end(tx.conn(), caller.session, caller.now()).await?;
    let ended = own::ended(caller.session, caller.account);
    let entry = caller.did(Action::SignOut, ResourceType::Session);
    let audit = Audit::of(entry.resource(caller.session));
    tx.commit(audit, Events::of([ended])).await?;
    Ok(())
}

/// A short token for the caller's session.
pub(crate) async fn make_token(app: &App, caller: &Caller) -> Result<SessionToken, Refusal> {
    let key = &app.session_key;
    let (token, expires_at) =
        auth::session::mint(key, caller.account, caller.session, caller.now())
            .map_err(Refusal::internal)?;
    let entry = caller.did(Action::IssueToken, ResourceType::Session);
    app.db.record(entry.resource(caller.session)).await?;
    Ok(SessionToken { token, expires_at })
}

/// Ends every session that has expired, and forgets sign-ins that were not finished; how many
/// sessions there were.
pub(crate) async fn sweep(app: &App) -> Result<usize, Refusal> {
    let mut all = 0;
    let mut tx = app.db.begin().await?;
    attempt::remove_old(tx.conn(), app.now()).await?;
    passkey::store::remove_old(tx.conn(), app.now()).await?;
    account_link::store::remove_old(tx.conn(), app.now()).await?;
    let audit = Audit::exempt(Exempt::NoHealthData("sign-ins that were not finished"));
    tx.commit(audit, Events::none()).await?;
    loop {
        let mut tx = app.db.begin().await?;
        let ended = store::end_expired(tx.conn(), app.now(), SWEEP_BATCH).await?;
        let count = ended.len();
        if count == 0 {
            return Ok(all);
        }
        let events = ended
            .into_iter()
            .map(|(session, account)| own::ended(session, account));
        let audit = Audit::exempt(Exempt::NoHealthData("the end of expired sessions"));
        tx.commit(audit, Events::of(events)).await?;
        all += count;
    }
}
