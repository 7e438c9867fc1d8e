//! What can be done with accounts.

use ::store::audit::{Action, ResourceType};
use ::store::{Audit, Events, Exempt};
use bus::event::Event;
use domain::{AccountId, ClinicId, Permission, Pii, Role};
use zeroize::Zeroizing;

use crate::access::deny;
use crate::account::dto::{Account, AccountList, NewAccount};
use crate::account::model::{AccountRecord, NewRecord};
use crate::account::password::About;
use crate::account::store;
use crate::app::App;
use crate::caller::Caller;
use crate::idempotency::{self, Claim, Key};
use crate::page::{Page, PageQuery};
use crate::refusal::Refusal;
use crate::{clinic, patient, provider, text};

/// Longest name and specialty, in characters.
const LINE: usize = 120;
/// What a clinician practises when nobody said.
const USUAL_SPECIALTY: &str = "General practice";

impl From<AccountRecord> for Account {
    fn from(record: AccountRecord) -> Self {
        Self {
            id: record.id,
            email: record.email.into_inner(),
            display_name: record.display_name.into_inner(),
            roles: record.roles,
            clinic: record.clinic,
            patient_id: record.patient,
            provider_id: record.provider,
        }
    }
}

/// The accounts of the caller's clinic.
pub(crate) async fn list(
    app: &App,
    caller: &Caller,
    query: &PageQuery,
) -> Result<AccountList, Refusal> {
    let page: Page<(String, AccountId)> = Page::parse(query.cursor.as_deref(), query.limit)?;
    let entry = caller.did(Action::Search, ResourceType::Account);
    let mut tx = app.db.begin().await?;
    if !caller.may(Permission::ManageAccounts) {
        return Err(deny(tx, entry, Refusal::Forbidden).await);
    }
    let after = page.after.as_ref();
    let mut rows = store::list(tx.conn(), caller.clinic, after, page.fetch()).await?;
    let next_cursor = page.cut(&mut rows, |row| (row.display_name.reveal().clone(), row.id));
    let patients: Vec<_> = rows.iter().filter_map(|row| row.patient).collect();
    tx.commit(Audit::search(entry, patients), Events::none())
        .await?;
    Ok(AccountList {
        items: rows.into_iter().map(Account::from).collect(),
        next_cursor,
    })
}

/// Makes an account in the caller's clinic, and the clinician that belongs to it.
pub(crate) async fn create(
    app: &App,
    caller: &Caller,
    key: Option<Key>,
    new: NewAccount,
) -> Result<Account, Refusal> {
    let entry = caller.did(Action::Create, ResourceType::Account);
    // Nobody hands out a role above their own.
    let grants = new.roles.iter().all(|role| caller.roles.may_grant(role));
    if !caller.may(Permission::ManageAccounts) || !grants {
        return Err(deny(app.db.begin().await?, entry, Refusal::Forbidden).await);
    }
    let request = idempotency::Request::new(app, "POST /accounts", key, &new)?;
    let specialty = check(&new)?;
    let email = text::email("email", &new.email)?;
    let display_name = text::line("display_name", &new.display_name, LINE)?;
    let clinic = clinic_name(app, caller.clinic).await?;
    let about = About::new([email.as_str(), &display_name, &clinic]);
    let password = Zeroizing::new(new.password);
    let record = NewRecord {
        id: app.id()?,
        clinic: caller.clinic,
        password_hash: app.passwords.choose("password", &password, &about).await?,
        email: Pii::new(email),
        display_name: Pii::new(display_name),
        roles: new.roles,
    };
    let mut tx = app.db.begin().await?;
    let claim = idempotency::claim(tx.conn(), caller, request.as_ref(), record.id.as_uuid());
    if let Claim::Done(made) = claim.await? {
        let made = store::find(tx.conn(), made.into()).await?;
        let audit = Audit::of(caller.did(Action::Read, ResourceType::Account));
        tx.commit(audit, Events::none()).await?;
        return made.map(Account::from).ok_or(Refusal::NotFound);
    }
    store::insert(tx.conn(), &record, caller.now())
        .await
        .map_err(|error| match error.violates(store::EMAIL_KEY) {
            true => Refusal::EmailTaken,
            false => error.into(),
        })?;
    if let Some(specialty) = &specialty {
        let provider = app.id()?;
        provider::store::insert(tx.conn(), provider, &record, specialty, caller.now()).await?;
    }
    if let Some(patient) = new.patient_id
        && !patient::store::give_account(tx.conn(), patient, caller.clinic, record.id).await?
    {
        let refusal = Refusal::Field {
            field: "patient_id",
            problem: "There is no such patient without an account.",
        };
        return Err(deny(tx, entry.patient(patient), refusal).await);
    }
    let made = store::find(tx.conn(), record.id).await?;
    let changed = Event::AccountChanged {
        account: record.id,
        clinic: record.clinic,
        roles: record.roles.iter().collect(),
    };
    let entry = entry.resource(record.id).patient(new.patient_id);
    tx.commit(Audit::of(entry), Events::of([changed])).await?;
    made.map(Account::from).ok_or(Refusal::NotFound)
}

async fn clinic_name(app: &App, id: ClinicId) -> Result<String, Refusal> {
    let reason = Exempt::NoHealthData("a clinic's name, which is no password");
    let mut reader = app.db.reader(reason).await?;
    let clinic = clinic::store::find(reader.conn(), id).await?;
    Ok(clinic.map(|clinic| clinic.name).unwrap_or_default())
}

/// Checks what the roles ask for; the clinician's specialty, if it is one.
fn check(new: &NewAccount) -> Result<Option<String>, Refusal> {
    let field = |field, problem| Err(Refusal::Field { field, problem });
    let patient = new.roles.has(Role::Patient);
    if new.roles.iter().next().is_none() {
        return field("roles", "An account has at least one role.");
    }
    if patient && new.roles.iter().any(Role::is_staff) {
        return field("roles", "A patient's account has no role of staff.");
    }
    if new.patient_id.is_some() && !patient {
        return field("patient_id", "This is for the role patient.");
    }
    match (&new.specialty, new.roles.has(Role::Clinician)) {
        (Some(specialty), true) => text::line("specialty", specialty, LINE).map(Some),
        (None, true) => Ok(Some(USUAL_SPECIALTY.to_owned())),
        (Some(_), false) => field("specialty", "This is for the role clinician."),
        (None, false) => Ok(None),
    }
}
