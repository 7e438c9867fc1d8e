//! What can be done with second factors.

use ::store::audit::{Action, ResourceType};
use ::store::{Audit, Connection, Events, Exempt, Tx};
use auth::totp::Seed;
use domain::{AccountId, Permission};
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::access::deny;
use crate::app::App;
use crate::caller::Caller;
use crate::factor::dto::{
    Confirmation, Enrolled, FactorList, FactorName, NewTotp, RecoveryCodes, TotpSetup,
};
use crate::factor::held::{Held, LABEL, may_add};
use crate::factor::model::{Duty, Kind};
use crate::factor::{recovery, store};
use crate::http::caller::Visitor;
use crate::notice::{self, NoticeKind};
use crate::refusal::Refusal;
use crate::session::open::{self, Entry, Opened};
use crate::session::{self, own};
use crate::throttle::Guessed;
use crate::{account, passkey, text};

/// Who issues the codes, as apps show it.
const ISSUER: &str = "Bedside";

/// The caller's factors, and what they owe.
pub(crate) async fn list(app: &App, caller: &Caller) -> Result<FactorList, Refusal> {
    let reason = Exempt::NoHealthData("the caller's own second factors");
    let mut reader = app.db.reader(reason).await?;
    let held = Held::of(reader.conn(), caller.account).await?;
    let duty = Duty::of(app.config.mfa, &caller.roles);
    Ok(FactorList {
        recovery_codes_left: store::codes_left(reader.conn(), caller.account).await?,
        duty: duty.name(),
        duty_met: duty.is_met(&held),
        items: held.shown(),
    })
}

/// Calls one of the caller's factors something else.
pub(crate) async fn rename(
    app: &App,
    caller: &Caller,
    id: Uuid,
    name: FactorName,
) -> Result<(), Refusal> {
    let label = text::line("label", &name.label, LABEL)?;
    let entry = caller.did(Action::Update, ResourceType::Factor);
    let entry = entry.resource(id).detail("what", "label");
    let mut tx = app.db.begin().await?;
    let renamed = store::rename(tx.conn(), caller.account, id, &label).await?
        || passkey::store::rename(tx.conn(), caller.account, id, &label).await?;
    if !renamed {
        return Err(deny(tx, entry, Refusal::NotFound).await);
    }
    tx.commit(Audit::of(entry), Events::none()).await?;
    Ok(())
}

/// Begins to set an authenticator app up. It does not count before it is confirmed.
pub(crate) async fn begin_totp(
    app: &App,
    caller: &Caller,
    new: NewTotp,
) -> Result<TotpSetup, Refusal> {
    let label = text::line("label", &new.label, LABEL)?;
    let entry = caller.did(Action::Create, ResourceType::Factor);
    let mut tx = app.db.begin().await?;
    let held = Held::of(tx.conn(), caller.account).await?;
    if let Err(refusal) = may_add(caller, &held) {
        return Err(deny(tx, entry, refusal).await);
    }
    let account = account::store::find(tx.conn(), caller.account).await?;
    let account = account.ok_or(Refusal::Unauthenticated)?;
    let seed = Seed::generate(&*app.entropy).map_err(Refusal::internal)?;
    let factor = store::NewFactor {
        id: app.id()?,
        account: caller.account,
        kind: Kind::Totp,
        label: &label,
        secret: seed.bytes(),
    };
    store::insert(tx.conn(), &app.seals.secrets, &factor, caller.now()).await?;
    let entry = entry.resource(factor.id).detail("kind", Kind::Totp.name());
    tx.commit(Audit::of(entry), Events::none()).await?;
    Ok(TotpSetup {
        id: factor.id,
        uri: seed.uri(ISSUER, account.email.reveal()),
        secret: seed.text(),
    })
}

/// Makes an app count, once it has shown a right code.
pub(crate) async fn confirm_totp(
    app: &App,
    caller: &Caller,
    visitor: &Visitor,
    id: Uuid,
    body: Confirmation,
) -> Result<(Enrolled, Option<Opened>), Refusal> {
    let now = caller.now();
    let entry = caller
        .did(Action::Update, ResourceType::Factor)
        .resource(id);
    let guess = app.failures.begin([Guessed::Again(caller.account)], now);
    let mut tx = app.db.begin().await?;
    let guess = match guess {
        Ok(guess) => guess,
        Err(wait) => return Err(deny(tx, entry, Refusal::RateLimited(wait)).await),
    };
    store::lock(tx.conn(), caller.account).await?;
    let Some(factor) = store::pending(tx.conn(), caller.account, id).await? else {
        guess.withdrawn();
        return Err(deny(tx, entry, Refusal::NotFound).await);
    };
    let seed = store::open(&app.seals.secrets, &factor).await?;
    let step = Seed::from_bytes(&seed).and_then(|seed| seed.check(&body.code, now, None));
    let Some(step) = step.filter(|_| factor.kind == Kind::Totp) else {
        return Err(deny(tx, entry, Refusal::InvalidCode).await);
    };
    guess.right();
    store::confirm(tx.conn(), id, step, now).await?;
    enrolled(
        app,
        caller,
        visitor,
        tx,
        id,
        entry.detail("kind", Kind::Totp.name()),
    )
    .await
}

/// What follows when a factor counts: recovery codes with the first one, a notice, and a full
/// session in place of one that served only to enrol.
pub(crate) async fn enrolled(
    app: &App,
    caller: &Caller,
    visitor: &Visitor,
    mut tx: Tx,
    id: Uuid,
    entry: ::store::AuditEntry,
) -> Result<(Enrolled, Option<Opened>), Refusal> {
    let duty = Duty::of(app.config.mfa, &caller.roles);
    let conn = tx.conn();
    let held = Held::of(conn, caller.account).await?;
    let mut codes = None;
    if held.count() == 1 {
        codes = Some(give_codes(app, conn, caller).await?);
    }
    notice::add(
        app,
        conn,
        caller.account,
        NoticeKind::FactorAdded,
        caller.now(),
    )
    .await?;
    let met = duty.is_met(&held);
    let mut events = Vec::new();
    let mut opened = None;
    if caller.enrolling() && met {
        // A fresh secret: whoever knew the one of the smaller session gains nothing.
        session::store::end(conn, caller.session, caller.now()).await?;
        events.push(own::ended(caller.session, caller.account));
        let entering = Entry {
            account: caller.account,
            roles: &caller.roles,
            scope: session::model::Scope::Full,
            tokens: false,
        };
        let session = open::open(app, conn, visitor, &entering, &mut events).await?;
        opened = Some(session);
    }
    let entry = match &opened {
        Some(opened) => entry.detail("session", opened.session.session_id.as_uuid()),
        None => entry,
    };
    tx.commit(Audit::of(entry), Events::of(events)).await?;
    let enrolled = Enrolled {
        id,
        recovery_codes: codes,
        session: opened.as_ref().map(|opened| opened.session.clone()),
    };
    Ok((enrolled, opened))
}

/// Takes a factor away. The other sessions end: they may be why.
pub(crate) async fn remove(app: &App, caller: &Caller, id: Uuid) -> Result<(), Refusal> {
    let entry = caller
        .did(Action::Delete, ResourceType::Factor)
        .resource(id);
    let mut tx = app.db.begin().await?;
    if !caller.stepped_up(caller.now()) {
        return Err(deny(tx, entry, Refusal::StepUpRequired).await);
    }
    store::lock(tx.conn(), caller.account).await?;
    let held = Held::of(tx.conn(), caller.account).await?;
    let (before, rest) = (held.count(), held.without(id));
    if rest.count() == before {
        return Err(deny(tx, entry, Refusal::NotFound).await);
    }
    if !Duty::of(app.config.mfa, &caller.roles).is_met(&rest) {
        return Err(deny(tx, entry, Refusal::FactorNeeded).await);
    }
    let conn = tx.conn();
    if rest.is_empty() {
        remove_all(conn, caller.account).await?;
    } else if !store::remove(conn, caller.account, id).await? {
        passkey::store::remove(conn, caller.account, id).await?;
    }
    let kind = NoticeKind::FactorRemoved;
    notice::add(app, conn, caller.account, kind, caller.now()).await?;
    let events = own::end_others(conn, caller).await?;
    tx.commit(Audit::of(entry), Events::of(events)).await?;
    Ok(())
}

/// Removes whatever `account` holds beside its password, and its recovery codes.
async fn remove_all(conn: &mut Connection, account: AccountId) -> Result<(), Refusal> {
    store::remove_all(conn, account).await?;
    Ok(passkey::store::remove_all(conn, account).await?)
}

/// Gives fresh recovery codes; the ones before count no more.
pub(crate) async fn new_codes(app: &App, caller: &Caller) -> Result<RecoveryCodes, Refusal> {
    let entry = caller.did(Action::Create, ResourceType::Factor);
    let entry = entry.detail("kind", "recovery_codes");
    let mut tx = app.db.begin().await?;
    if !caller.stepped_up(caller.now()) {
        return Err(deny(tx, entry, Refusal::StepUpRequired).await);
    }
    if Held::of(tx.conn(), caller.account).await?.is_empty() {
        // They stand in for a factor: without one there is nothing to stand in for.
        return Err(deny(tx, entry, Refusal::NotFound).await);
    }
    let recovery_codes = give_codes(app, tx.conn(), caller).await?;
    tx.commit(Audit::of(entry), Events::none()).await?;
    Ok(RecoveryCodes { recovery_codes })
}

async fn give_codes(
    app: &App,
    conn: &mut Connection,
    caller: &Caller,
) -> Result<Vec<Zeroizing<String>>, Refusal> {
    let codes = recovery::generate(&*app.entropy).map_err(Refusal::internal)?;
    let hashes: Vec<Vec<u8>> = codes
        .iter()
        .filter_map(|code| recovery::hash(code))
        .collect();
    store::replace_codes(conn, caller.account, &hashes, caller.now()).await?;
    Ok(codes)
}

/// Takes all factors of somebody who lost them, and ends their sessions. An administrator's deed.
pub(crate) async fn reset(app: &App, caller: &Caller, whose: AccountId) -> Result<(), Refusal> {
    let entry = caller.did(Action::Delete, ResourceType::Factor);
    let entry = entry.detail("account", whose.as_uuid());
    let mut tx = app.db.begin().await?;
    if !caller.may(Permission::ManageAccounts) {
        return Err(deny(tx, entry, Refusal::Forbidden).await);
    }
    if !caller.stepped_up(caller.now()) {
        return Err(deny(tx, entry, Refusal::StepUpRequired).await);
    }
    let known = account::store::find(tx.conn(), whose).await?;
    // One's own are taken away one by one, so that the duty is kept.
    let known = known.filter(|known| known.clinic.id == caller.clinic && whose != caller.account);
    if known.is_none() {
        return Err(deny(tx, entry, Refusal::NotFound).await);
    }
    let conn = tx.conn();
    store::lock(conn, whose).await?;
    remove_all(conn, whose).await?;
    notice::add(app, conn, whose, NoticeKind::FactorsReset, caller.now()).await?;
    let ended = session::store::end_all(conn, whose, None, caller.now()).await?;
    let events = ended.into_iter().map(|id| own::ended(id, whose));
    tx.commit(Audit::of(entry), Events::of(events)).await?;
    Ok(())
}
