//! The first step of signing in: the password, and what comes after it.

use ::store::audit::{Action, Actor, Outcome, Purpose, ResourceType};
use ::store::{Audit, AuditEntry, Connection, Events, Exempt};
use auth::password::Verdict;
use aws_lc_rs::digest;
use domain::{AccountId, ClinicId, Pii, Roles};

use crate::account;
use crate::account::model::Credentials;
use crate::app::App;
use crate::caller::Moment;
use crate::factor;
use crate::factor::held::Held;
use crate::factor::model::{Duty, Kind};
use crate::factor::prove::Method;
use crate::http::caller::Visitor;
use crate::refusal::Refusal;
use crate::session::attempt::{NewAttempt, PATIENCE, SecondFactor};
use crate::session::dto::SignIn;
use crate::session::model::Scope;
use crate::session::open::{self, Entry, Opened};
use crate::session::store::{attempt, device};
use crate::throttle::Guessed;

/// The first step. An unknown address and a wrong password cost the same and read the same, and
/// wait the same after failures.
pub(crate) async fn sign_in(app: &App, visitor: &Visitor, body: SignIn) -> Result<Opened, Refusal> {
    let email = Pii::new(body.email.trim().to_lowercase());
    let (known, known_device) = look_up(app, visitor, &email).await?;
    let keys = password_keys(visitor, &email, known_device);
    let guess = match app.failures.begin(keys, visitor.moment.now) {
        Ok(guess) => guess,
        Err(wait) => {
            let refusal = Refusal::RateLimited(wait);
            return Err(reject(app, &visitor.moment, known.as_ref(), refusal).await?);
        }
    };
    let hash = known.as_ref().map(|known| known.password_hash.clone());
    let verdict = match app.passwords.verify(&body.password, hash).await {
        Ok(verdict) => verdict,
        Err(error) => {
            guess.withdrawn();
            return Err(error);
        }
    };
    let (Some(known), Verdict::Right | Verdict::Outdated) = (&known, verdict) else {
        drop(guess);
        let refusal = Refusal::InvalidCredentials;
        return Err(reject(app, &visitor.moment, known.as_ref(), refusal).await?);
    };
    guess.right();
    let renewed = match verdict {
        Verdict::Outdated => Some(app.passwords.hash(body.password).await?),
        _ => None,
    };
    let mut tx = app.db.begin().await?;
    if let Some(hash) = renewed {
        account::store::renew_hash(tx.conn(), known.id, &known.password_hash, &hash).await?;
    }
    let who = Who {
        account: known.id,
        clinic: known.clinic,
        roles: &known.roles,
    };
    first_shown(app, visitor, tx, &who, body.tokens, Method::Password).await
}

async fn look_up(
    app: &App,
    visitor: &Visitor,
    email: &Pii<String>,
) -> Result<(Option<Credentials>, bool), Refusal> {
    let mut reader = app.db.reader(Exempt::NoHealthData("credentials")).await?;
    let known = account::store::credentials(reader.conn(), email).await?;
    let known_device = match &visitor.device {
        Some(device) => device::is_known(reader.conn(), email, device).await?,
        None => false,
    };
    Ok((known, known_device))
}

/// What a wrong password counts against: the address as it was typed, whether or not it has an
/// account, and where it came from. From a device of the owner's nobody else can make them wait.
fn password_keys(visitor: &Visitor, email: &Pii<String>, known_device: bool) -> Vec<Guessed> {
    let hash = digest::digest(&digest::SHA256, email.reveal().as_bytes());
    let mut address = [0_u8; 32];
    address.copy_from_slice(hash.as_ref());
    match &visitor.device {
        Some(device) if known_device => vec![Guessed::PasswordHere(address, device.short())],
        _ => {
            let from = visitor.address.map(Guessed::From);
            [Guessed::Password(address)]
                .into_iter()
                .chain(from)
                .collect()
        }
    }
}

/// Puts a failed step on record, under the account that was tried if there is one.
async fn reject(
    app: &App,
    moment: &Moment,
    tried: Option<&Credentials>,
    refusal: Refusal,
) -> Result<Refusal, Refusal> {
    let entry = attempted(moment, tried.map(|tried| (tried.id, tried.clinic)));
    app.db
        .record(entry.outcome(Outcome::Denied).code(refusal.code()))
        .await?;
    Ok(refusal)
}

/// Somebody who is not signed in tried to sign in.
pub(crate) fn attempted(moment: &Moment, tried: Option<(AccountId, ClinicId)>) -> AuditEntry {
    let (action, resource) = (Action::SignIn, ResourceType::Account);
    let entry = AuditEntry::new(Actor::Anonymous, action, resource, Purpose::Security);
    let entry = match tried {
        Some((account, clinic)) => entry.clinic(clinic).resource(account),
        None => entry,
    };
    entry.request(moment.request)
}

/// The first factor was right: what comes next is a second one, or a session.
pub(crate) async fn first_shown(
    app: &App,
    visitor: &Visitor,
    mut tx: ::store::Tx,
    who: &Who<'_>,
    tokens: bool,
    method: Method,
) -> Result<Opened, Refusal> {
    let held = Held::of(tx.conn(), who.account).await?;
    if held.is_empty() {
        return enter(app, visitor, tx, who, &held, tokens, method).await;
    }
    let asked = ask(app, tx.conn(), visitor, who, &held, tokens).await?;
    let entry = attempted(&visitor.moment, Some((who.account, who.clinic)));
    let audit = Audit::of(entry.detail("step", method.name()));
    tx.commit(audit, Events::none()).await?;
    Err(Refusal::SecondFactorRequired(Box::new(asked)))
}

/// Remembers that the second factor is missing.
async fn ask(
    app: &App,
    conn: &mut Connection,
    visitor: &Visitor,
    who: &Who<'_>,
    held: &Held,
    tokens: bool,
) -> Result<SecondFactor, Refusal> {
    let now = visitor.moment.now;
    let secret = open::secret(&*app.entropy)?;
    let expires_at = now.checked_add(PATIENCE).map_err(Refusal::internal)?;
    let waiting = NewAttempt {
        id: app.id()?,
        account: who.account,
        secret: &secret,
        created_at: now,
        expires_at,
        tokens,
    };
    attempt::insert(conn, &waiting).await?;
    let methods = Duty::of(app.config.mfa, who.roles).takes(held);
    let mut methods: Vec<&'static str> = methods.into_iter().map(Kind::name).collect();
    if factor::store::codes_left(conn, who.account).await? > 0 {
        methods.push(Method::RecoveryCode.name());
    }
    Ok(SecondFactor {
        attempt: secret.text(),
        methods,
        expires_at,
    })
}

/// Who comes in.
pub(crate) struct Who<'a> {
    pub(crate) account: AccountId,
    pub(crate) clinic: ClinicId,
    pub(crate) roles: &'a Roles,
}

/// Opens the session: a full one for whoever does what their roles ask for, and for others one
/// to enrol a second factor.
pub(crate) async fn enter(
    app: &App,
    visitor: &Visitor,
    mut tx: ::store::Tx,
    who: &Who<'_>,
    held: &Held,
    tokens: bool,
    method: Method,
) -> Result<Opened, Refusal> {
    let duty = Duty::of(app.config.mfa, who.roles);
    let met = duty.is_met(held);
    let entry = Entry {
        account: who.account,
        roles: who.roles,
        scope: if met { Scope::Full } else { Scope::Enrolment },
        tokens,
    };
    let mut events = Vec::new();
    let opened = open::open(app, tx.conn(), visitor, &entry, &mut events).await?;
    let session = opened.session.session_id;
    let actor = Actor::Account {
        account: who.account,
        session: Some(session),
        roles: who.roles.clone(),
    };
    let (action, resource) = (Action::SignIn, ResourceType::Session);
    let entry = AuditEntry::new(actor, action, resource, Purpose::Security)
        .clinic(who.clinic)
        .resource(session)
        .request(visitor.moment.request)
        .detail("method", method.name())
        .detail("scope", entry.scope.name())
        .detail("duty", duty.name());
    tx.commit(Audit::of(entry), Events::of(events)).await?;
    Ok(opened)
}
