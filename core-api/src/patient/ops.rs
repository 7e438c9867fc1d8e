//! What can be done with patients.

use ::store::audit::{Action as Act, ResourceType};
use ::store::{Audit, AuditEntry, Events};
use domain::permission::{Action, Resource, Rights};
use domain::{PatientId, Pii};

use crate::access::{self, deny, judge};
use crate::app::App;
use crate::caller::Caller;
use crate::idempotency::{self, Claim, Key};
use crate::page::Page;
use crate::patient::dto::{NewPatient, Patient, PatientChange, PatientList, PatientSearch};
use crate::patient::model::{Details, PatientRecord};
use crate::patient::store;
use crate::refusal::Refusal;
use crate::text;

impl From<PatientRecord> for Patient {
    fn from(record: PatientRecord) -> Self {
        let details = record.details;
        Self {
            id: record.id,
            version: record.version,
            account_id: record.account,
            display_name: details.display_name.into_inner(),
            date_of_birth: details.date_of_birth,
            sex: details.sex,
            pronouns: details.pronouns.map(Pii::into_inner),
            phone: details.phone.map(Pii::into_inner),
            email: details.email.map(Pii::into_inner),
            preferred_language: details.preferred_language,
        }
    }
}

impl From<NewPatient> for Details {
    fn from(new: NewPatient) -> Self {
        Self {
            display_name: Pii::new(new.display_name),
            date_of_birth: new.date_of_birth,
            sex: new.sex,
            pronouns: new.pronouns.map(Pii::new),
            phone: new.phone.map(Pii::new),
            email: new.email.map(Pii::new),
            preferred_language: new.preferred_language,
        }
    }
}

impl PatientChange {
    /// What it changes: who the patient is, or no more than how they are reached.
    const fn resource(&self) -> Resource {
        if self.display_name.is_some() || self.date_of_birth.is_some() || self.sex.is_some() {
            Resource::Demographics
        } else {
            Resource::ContactDetails
        }
    }

    /// `details` with the members given here.
    fn applied_to(self, details: Details) -> Details {
        let optional = |given: Option<Option<String>>, kept| match given {
            Some(value) => value.map(Pii::new),
            None => kept,
        };
        Details {
            display_name: self.display_name.map_or(details.display_name, Pii::new),
            date_of_birth: self.date_of_birth.unwrap_or(details.date_of_birth),
            sex: self.sex.unwrap_or(details.sex),
            pronouns: optional(self.pronouns, details.pronouns),
            phone: optional(self.phone, details.phone),
            email: optional(self.email, details.email),
            preferred_language: self
                .preferred_language
                .unwrap_or(details.preferred_language),
        }
    }
}

/// The patients of the caller's clinic whose name contains what is asked for.
pub(crate) async fn list(
    app: &App,
    caller: &Caller,
    search: &PatientSearch,
) -> Result<PatientList, Refusal> {
    let page: Page<PatientId> = Page::parse(search.cursor.as_deref(), search.limit)?;
    let part = text::optional_line("query", search.query.as_deref(), 120)?;
    let entry = caller.did(Act::Search, ResourceType::Patient);
    let right = (Resource::Demographics, Action::Search);
    let mut tx = access::begin(app, caller, &entry, right).await?;
    let sealer = &app.seals.demographics;
    let limit = usize::try_from(page.fetch()).unwrap_or(usize::MAX);
    let found = app.names.page(
        tx.conn(),
        sealer,
        caller.clinic,
        part.as_deref(),
        page.after,
        limit,
    );
    let mut found = found.await?;
    // No name in a cursor: lists take it in an address.
    let next_cursor = page.cut(&mut found, |id| *id);
    let rows = store::some(tx.conn(), sealer, &found).await?;
    let shown: Vec<_> = rows.iter().map(|row| row.id).collect();
    tx.commit(Audit::search(entry, shown), Events::none())
        .await?;
    Ok(PatientList {
        items: rows.into_iter().map(Patient::from).collect(),
        next_cursor,
    })
}

/// Makes a patient in the caller's clinic.
pub(crate) async fn create(
    app: &App,
    caller: &Caller,
    key: Option<Key>,
    new: NewPatient,
) -> Result<Patient, Refusal> {
    let entry = caller.did(Act::Create, ResourceType::Patient);
    let right = (Resource::Demographics, Action::Create);
    let mut tx = access::begin(app, caller, &entry, right).await?;
    let request = idempotency::Request::new(app, "POST /patients", key, &new)?;
    let record = PatientRecord {
        id: app.id()?,
        clinic: caller.clinic,
        account: None,
        version: 1,
        details: Details::from(new).checked(caller.now())?,
        reach: None,
    };
    let sealer = &app.seals.demographics;
    let claim = idempotency::claim(tx.conn(), caller, request.as_ref(), record.id.as_uuid());
    if let Claim::Done(made) = claim.await? {
        let id = PatientId::from(made);
        let made = store::find(tx.conn(), sealer, id).await?;
        let entry = caller.did(Act::Read, ResourceType::Patient);
        let audit = Audit::of(entry.resource(id).patient(id));
        tx.commit(audit, Events::none()).await?;
        return made.map(Patient::from).ok_or(Refusal::NotFound);
    }
    store::insert(tx.conn(), sealer, &record, caller.now()).await?;
    let audit = Audit::of(entry.resource(record.id).patient(record.id));
    tx.commit(audit, Events::none()).await?;
    Ok(record.into())
}

/// A patient, for whoever may read their demographics.
pub(crate) async fn read(app: &App, caller: &Caller, id: PatientId) -> Result<Patient, Refusal> {
    let entry = caller.did(Act::Read, ResourceType::Patient).resource(id);
    let mut tx = app.db.begin().await?;
    let found = store::find(tx.conn(), &app.seals.demographics, id).await?;
    let (entry, known) = known(caller, found, entry.patient(id));
    let Some((record, rights)) = known else {
        return Err(deny(tx, entry, Refusal::NotFound).await);
    };
    if let Err(refusal) = judge(rights.decide(Resource::Demographics, Action::Read)) {
        return Err(deny(tx, entry, refusal).await);
    }
    tx.commit(Audit::of(entry), Events::none()).await?;
    Ok(record.into())
}

/// Changes a patient, if nobody else did since `version`. Patients change how they are reached
/// themselves; who they are is the desk's to change.
pub(crate) async fn change(
    app: &App,
    caller: &Caller,
    id: PatientId,
    version: i64,
    change: PatientChange,
) -> Result<Patient, Refusal> {
    let entry = caller.did(Act::Update, ResourceType::Patient).resource(id);
    let sealer = &app.seals.demographics;
    let mut tx = app.db.begin().await?;
    let found = store::lock(tx.conn(), sealer, id).await?;
    let (entry, known) = known(caller, found, entry.patient(id));
    let Some((mut record, rights)) = known else {
        return Err(deny(tx, entry, Refusal::NotFound).await);
    };
    if let Err(refusal) = judge(rights.decide(change.resource(), Action::Update)) {
        return Err(deny(tx, entry, refusal).await);
    }
    if record.version != version {
        return Err(deny(tx, entry, Refusal::VersionMismatch).await);
    }
    record.details = change.applied_to(record.details).checked(caller.now())?;
    store::update(tx.conn(), sealer, &record, caller.now()).await?;
    record.version += 1;
    tx.commit(Audit::of(entry), Events::none()).await?;
    Ok(record.into())
}

/// `entry` with what it must tell of the caller's standing, and `found` with what the caller may
/// do to it; nothing where there is no such patient.
fn known(
    caller: &Caller,
    found: Option<PatientRecord>,
    entry: AuditEntry,
) -> (AuditEntry, Option<(PatientRecord, Rights)>) {
    match found.and_then(|record| Some((record.reach?, record))) {
        Some((reach, record)) => {
            let rights = reach.rights(caller);
            (reach.standing.mark(entry), Some((record, rights)))
        }
        None => (entry, None),
    }
}
