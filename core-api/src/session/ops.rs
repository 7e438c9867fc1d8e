//! Signing in, being recognised, signing out.

use ::store::audit::{Action, Actor, Outcome, Purpose, ResourceType};
use ::store::{Audit, AuditEntry, Events, Exempt};
use bus::event::Event;
use domain::{Pii, SessionId};
use zeroize::Zeroizing;

use crate::account;
use crate::account::model::Credentials;
use crate::app::App;
use crate::caller::{Caller, Moment};
use crate::refusal::Refusal;
use crate::session::dto::{Session, SessionToken, SignIn};
use crate::session::model::{SessionRecord, Standing, lifetime};
use crate::session::secret::Secret;
use crate::session::store::{self, NewSession};

/// Longest user agent kept, in characters.
const USER_AGENT: usize = 200;
/// Sessions ended in one transaction of the sweep.
const SWEEP_BATCH: i64 = 500;

/// What shows that a session is the caller's.
pub(crate) enum Credential {
    /// The cookie's secret.
    Secret(Secret),
    /// The session named by a verified token.
    Token(SessionId),
}

/// A fresh session and the secret of its cookie.
pub(crate) struct SignedIn {
    pub(crate) secret: Secret,
    pub(crate) session: Session,
}

/// Opens a session. An unknown address and a wrong password cost the same and read the same.
pub(crate) async fn sign_in(
    app: &App,
    moment: &Moment,
    user_agent: Option<String>,
    body: SignIn,
) -> Result<SignedIn, Refusal> {
    let email = Pii::new(body.email.trim().to_lowercase());
    let password = Zeroizing::new(body.password);
    let known = {
        let mut reader = app.db.reader(Exempt::NoHealthData("credentials")).await?;
        account::store::credentials(reader.conn(), &email).await?
    };
    let hash = known.as_ref().map(|known| known.password_hash.clone());
    let matches = app.passwords.verify(password, hash).await?;
    match known {
        Some(known) if matches => open(app, moment, user_agent, &known).await,
        known => Err(reject(app, moment, known.as_ref()).await?),
    }
}

/// Puts a failed sign-in on record, under the account that was tried if there is one.
async fn reject(
    app: &App,
    moment: &Moment,
    tried: Option<&Credentials>,
) -> Result<Refusal, Refusal> {
    let refusal = Refusal::InvalidCredentials;
    let mut entry = AuditEntry::new(
        Actor::Anonymous,
        Action::SignIn,
        ResourceType::Account,
        Purpose::Security,
    );
    if let Some(tried) = tried {
        entry = entry.clinic(tried.clinic).resource(tried.id);
    }
    let entry = entry.request(moment.request).outcome(Outcome::Denied);
    app.db.record(entry.code(refusal.code())).await?;
    Ok(refusal)
}

async fn open(
    app: &App,
    moment: &Moment,
    user_agent: Option<String>,
    known: &Credentials,
) -> Result<SignedIn, Refusal> {
    let secret = Secret::generate(&*app.entropy).map_err(Refusal::internal)?;
    let user_agent: Option<String> = user_agent.map(|text| text.chars().take(USER_AGENT).collect());
    let expires_at = moment
        .now
        .checked_add(lifetime(&known.roles))
        .map_err(Refusal::internal)?;
    let session = NewSession {
        id: app.id()?,
        account: known.id,
        secret: &secret,
        created_at: moment.now,
        expires_at,
        user_agent: user_agent.as_deref(),
    };
    let actor = Actor::Account {
        account: known.id,
        session: Some(session.id),
        roles: known.roles.clone(),
    };
    let entry = AuditEntry::new(
        actor,
        Action::SignIn,
        ResourceType::Session,
        Purpose::Security,
    )
    .clinic(known.clinic)
    .resource(session.id)
    .request(moment.request);
    let mut tx = app.db.begin().await?;
    store::insert(tx.conn(), &session).await?;
    let record = store::by_id(tx.conn(), session.id).await?;
    let account = account::store::find(tx.conn(), known.id).await?;
    let (Some(record), Some(account)) = (record, account) else {
        return Err(Refusal::InvalidCredentials);
    };
    tx.commit(Audit::of(entry), Events::none()).await?;
    let session = Session {
        account: account.into(),
        session_id: record.id,
        expires_at: record.expires_at,
        idle_expires_at: record.idle_expires_at(),
    };
    Ok(SignedIn { secret, session })
}

/// Who holds `credential`, with their rights as they stand now.
pub(crate) async fn recognise(
    app: &App,
    moment: Moment,
    credential: Credential,
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
        Standing::Live { stale: true } => {
            let mut tx = app.db.begin().await?;
            store::touch(tx.conn(), record.id, moment.now).await?;
            let audit = Audit::exempt(Exempt::NoHealthData("when a session was last seen"));
            tx.commit(audit, Events::none()).await?;
        }
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
    })
}

/// Ends a session that was found expired, so that its sockets close too.
async fn end(app: &App, record: &SessionRecord, moment: Moment) -> Result<(), Refusal> {
    let mut tx = app.db.begin().await?;
    if store::end(tx.conn(), record.id, moment.now).await? {
        let ended = Event::SessionEnded {
            session: record.id,
            account: record.account,
        };
        let audit = Audit::exempt(Exempt::NoHealthData("the end of an expired session"));
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
    let account = account::store::find(reader.conn(), caller.account).await?;
    let (Some(record), Some(account)) = (record, account) else {
        return Err(Refusal::Unauthenticated);
    };
    Ok(Session {
        account: account.into(),
        session_id: record.id,
        expires_at: record.expires_at,
        idle_expires_at: record.idle_expires_at(),
    })
}

/// Ends the caller's session.
pub(crate) async fn sign_out(app: &App, caller: &Caller) -> Result<(), Refusal> {
    let mut tx = app.db.begin().await?;
    store::end(tx.conn(), caller.session, caller.now()).await?;
    let ended = Event::SessionEnded {
        session: caller.session,
        account: caller.account,
    };
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

/// Ends every session that has expired; how many there were.
pub(crate) async fn sweep(app: &App) -> Result<usize, Refusal> {
    let mut all = 0;
    loop {
        let mut tx = app.db.begin().await?;
        let ended = store::end_expired(tx.conn(), app.now(), SWEEP_BATCH).await?;
        let count = ended.len();
        if count == 0 {
            return Ok(all);
        }
        let events = ended
            .into_iter()
            .map(|(session, account)| Event::SessionEnded { session, account });
        let audit = Audit::exempt(Exempt::NoHealthData("the end of expired sessions"));
        tx.commit(audit, Events::of(events)).await?;
        all += count;
    }
}
