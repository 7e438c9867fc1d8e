//! Opening a session for somebody who has shown everything that was asked for.

use ::store::Connection;
use bus::event::Event;
use domain::{AccountId, Entropy, Roles};

use crate::account;
use crate::app::App;
use crate::factor;
use crate::http::caller::Visitor;
use crate::notice::{self, NoticeKind};
use crate::refusal::Refusal;
use crate::session::dto::{Session, SessionTokens};
use crate::session::model::{Lifetime, MOST, STEP_UP, Scope, SessionRecord};
use crate::session::secret::Secret;
use crate::session::store::{self, NewSession, device};
use crate::session::{own, refresh};

/// Longest user agent kept, in characters.
const USER_AGENT: usize = 200;

/// Whom a session is opened for, and what for.
pub(crate) struct Entry<'a> {
    pub(crate) account: AccountId,
    pub(crate) roles: &'a Roles,
    pub(crate) scope: Scope,
    /// Whether the client wants tokens instead of a cookie.
    pub(crate) tokens: bool,
}

/// A fresh session and the secrets that go with it.
pub(crate) struct Opened {
    /// For the session cookie; none for clients that hold tokens.
    pub(crate) secret: Option<Secret>,
    /// For the device cookie, when the browser has none yet.
    pub(crate) device: Option<Secret>,
    pub(crate) session: Session,
}

/// A fresh secret.
pub(crate) fn secret(entropy: &dyn Entropy) -> Result<Secret, Refusal> {
    Secret::generate(entropy).map_err(Refusal::internal)
}

/// Opens a session in the transaction on `conn`. `events` takes what others have to learn of.
pub(crate) async fn open(
    app: &App,
    conn: &mut Connection,
    visitor: &Visitor,
    entry: &Entry<'_>,
    events: &mut Vec<Event>,
) -> Result<Opened, Refusal> {
    let now = visitor.moment.now;
    // One at a time for an account, so that the limit holds.
    factor::store::lock(conn, entry.account).await?;
    let secret = secret(&*app.entropy)?;
    let user_agent = visitor.user_agent.as_deref();
    let user_agent: Option<String> = user_agent.map(|text| text.chars().take(USER_AGENT).collect());
    let session = NewSession {
        id: app.id()?,
        account: entry.account,
        secret: &secret,
        scope: entry.scope,
        created_at: now,
        expires_at: Lifetime::of(entry.roles).end(entry.scope, now),
        // Whoever has just shown everything need not show it again for some minutes.
        stepped_up_at: (entry.scope == Scope::Full).then_some(now),
        user_agent: user_agent.as_deref(),
    };
    store::insert(conn, &session).await?;
    let pushed_out = store::end_beyond(conn, entry.account, MOST, now).await?;
    events.extend(
        pushed_out
            .into_iter()
            .map(|id| own::ended(id, entry.account)),
    );
    let mut fresh = None;
    if entry.scope == Scope::Full {
        fresh = remember_device(app, conn, visitor, entry).await?;
    }
    let tokens = match entry.tokens {
        true => Some(refresh::issue(app, conn, entry.account, session.id, now).await?),
        false => None,
    };
    let record = store::by_id(conn, session.id).await?;
    let record = record.ok_or(Refusal::InvalidCredentials)?;
    let session = view(conn, record, tokens).await?;
    Ok(Opened {
        secret: (!entry.tokens).then_some(secret),
        device: fresh,
        session,
    })
}

/// Remembers the visitor's device, and tells the account's owner of a new one. The secret to give
/// to a browser that has none.
async fn remember_device(
    app: &App,
    conn: &mut Connection,
    visitor: &Visitor,
    entry: &Entry<'_>,
) -> Result<Option<Secret>, Refusal> {
    let now = visitor.moment.now;
    let fresh = match &visitor.device {
        Some(_) => None,
        None => Some(secret(&*app.entropy)?),
    };
    if let Some(device) = visitor.device.as_ref().or(fresh.as_ref())
        && device::remember(conn, app.id()?, entry.account, device, now).await?
    {
        notice::add(app, conn, entry.account, NoticeKind::NewDevice, now).await?;
    }
    Ok(fresh.filter(|_| !entry.tokens))
}

/// The session as the API shows it.
pub(crate) async fn view(
    conn: &mut Connection,
    record: SessionRecord,
    tokens: Option<SessionTokens>,
) -> Result<Session, Refusal> {
    let account = account::store::find(conn, record.account).await?;
    let account = account.ok_or(Refusal::Unauthenticated)?;
    let stepped_up_until = record
        .stepped_up_at
        .and_then(|at| at.checked_add(STEP_UP).ok());
    Ok(Session {
        account: account.into(),
        session_id: record.id,
        expires_at: record.expires_at,
        idle_expires_at: record.idle_expires_at(),
        enrolment_only: record.scope == Scope::Enrolment,
        stepped_up_until,
        tokens,
    })
}
