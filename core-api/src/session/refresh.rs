//! How clients that are no browsers stay signed in: short tokens, and refresh tokens that are
//! good once.

use ::store::audit::{Action, Actor, Outcome, Purpose, ResourceType};
use ::store::{Audit, AuditEntry, Connection, Events};
use domain::{AccountId, SessionId};
use jiff::Timestamp;

use crate::access::deny;
use crate::app::App;
use crate::http::caller::Visitor;
use crate::notice::{self, NoticeKind};
use crate::refusal::Refusal;
use crate::session::dto::{Refresh, SessionTokens};
use crate::session::model::{SessionRecord, Standing};
use crate::session::secret::Secret;
use crate::session::store::{self, refresh};
use crate::session::{open, own};

/// A short token for `session`, and the refresh token that leads to the next one.
pub(crate) async fn issue(
    app: &App,
    conn: &mut Connection,
    account: AccountId,
    session: SessionId,
    now: Timestamp,
) -> Result<SessionTokens, Refusal> {
    let secret = open::secret(&*app.entropy)?;
    refresh::insert(conn, app.id()?, session, &secret, now).await?;
    let (token, expires_at) =
        auth::session::mint(&app.session_key, account, session, now).map_err(Refusal::internal)?;
    Ok(SessionTokens {
        token,
        expires_at,
        refresh_token: secret.text(),
    })
}

/// The next tokens in exchange for a refresh token, which is no activity by itself. One that was used before has been copied:
/// nobody can tell who the owner is, so the session ends for everybody (RFC 9700, section 4.14).
pub(crate) async fn refresh(
    app: &App,
    visitor: &Visitor,
    body: Refresh,
) -> Result<SessionTokens, Refusal> {
    let moment = visitor.moment;
    let now = moment.now;
    let mut tx = app.db.begin().await?;
    let mut shown = None;
    if let Some(secret) = Secret::from_text(&body.refresh_token) {
        shown = refresh::lock(tx.conn(), &secret).await?;
    }
    let mut session = None;
    if let Some(shown) = &shown {
        session = store::by_id(tx.conn(), shown.session).await?;
    }
    let (action, resource) = (Action::IssueToken, ResourceType::Session);
    let (Some(shown), Some(session)) = (shown, session) else {
        let entry = AuditEntry::new(Actor::Anonymous, action, resource, Purpose::Security);
        let entry = entry.request(moment.request);
        return Err(deny(tx, entry, Refusal::Unauthenticated).await);
    };
    let entry = AuditEntry::new(actor(&session), action, resource, Purpose::Security)
        .clinic(session.clinic)
        .resource(session.id)
        .request(moment.request);
    if shown.used {
        let mut events = Vec::new();
        if store::end(tx.conn(), session.id, now).await? {
            let kind = NoticeKind::TokenCopied;
            notice::add(app, tx.conn(), session.account, kind, now).await?;
            events.push(own::ended(session.id, session.account));
        }
        let refusal = Refusal::Unauthenticated;
        let entry = entry.outcome(Outcome::Denied).code(refusal.code());
        let audit = Audit::of(entry.detail("reused", true));
        tx.commit(audit, Events::of(events)).await?;
        return Err(refusal);
    }
    match session.standing(now) {
        Standing::Live { .. } => {}
        Standing::Expired => return Err(deny(tx, entry, Refusal::SessionExpired).await),
        Standing::Ended => return Err(deny(tx, entry, Refusal::Unauthenticated).await),
    }
    refresh::mark_used(tx.conn(), shown.id, now).await?;
    let tokens = issue(app, tx.conn(), session.account, session.id, now).await?;
    tx.commit(Audit::of(entry), Events::none()).await?;
    Ok(tokens)
}

fn actor(session: &SessionRecord) -> Actor {
    Actor::Account {
        account: session.account,
        session: Some(session.id),
        roles: session.roles.clone(),
    }
}
