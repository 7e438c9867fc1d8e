//! What can be done with appointments. For the clinic's schedulers.

use ::store::audit::{Action as Act, ResourceType};
use ::store::{Audit, AuditEntry, Connection, Events, Exempt, StoreError, Tx, retry};
use bus::event::Event;
use domain::permission::{Action, Circle, Resource, Rights};
use domain::{AppointmentId, PatientId, Pii, ProviderId, VisitState};

use crate::access::{self, deny};
use crate::app::App;
use crate::appointment::dto::{Appointment, MoveAppointment, NewAppointment};
use crate::appointment::model::{AppointmentRecord, NewRecord, Slot};
use crate::appointment::store;
use crate::caller::Caller;
use crate::idempotency::{self, Claim, Key};
use crate::refusal::Refusal;
use crate::store::{lock_patient, lock_provider};
use crate::visit::ops::REASON;
use crate::{patient, provider, text, visit};

impl From<AppointmentRecord> for Appointment {
    fn from(record: AppointmentRecord) -> Self {
        Self {
            id: record.id,
            version: record.version,
            visit_id: record.visit,
            patient_id: record.patient,
            provider_id: record.provider,
            starts_at: record.slot.starts_at,
            ends_at: record.slot.ends_at,
            status: record.status,
            reason: record.reason.into_inner(),
        }
    }
}

impl AppointmentRecord {
    /// The event that makes the visit's conversation and tells the board.
    fn scheduled(&self) -> Event {
        Event::VisitScheduled {
            visit: self.visit,
            clinic: self.clinic,
            patient: self.patient_account,
            clinician: self.clinician_account,
            starts_at: self.slot.starts_at,
        }
    }
}

/// Books a slot.
pub(crate) async fn book(
    app: &App,
    caller: &Caller,
    key: Option<Key>,
    new: NewAppointment,
) -> Result<Appointment, Refusal> {
    let request = idempotency::Request::new(app, "POST /appointments", key, &new)?;
    let record = NewRecord {
        id: app.id()?,
        visit: app.id()?,
        clinic: caller.clinic,
        patient: new.patient_id,
        provider: new.provider_id,
        slot: Slot::bookable(new.starts_at, new.minutes, caller.now())?,
        visit_type: new.visit_type,
        reason: Pii::new(text::line("reason", &new.reason, REASON)?),
        created_at: caller.now(),
        created_by: caller.account,
    };
    retry(|| try_book(app, caller, request.as_ref(), &record)).await
}

async fn try_book(
    app: &App,
    caller: &Caller,
    request: Option<&idempotency::Request>,
    new: &NewRecord,
) -> Result<Appointment, Refusal> {
    let sealer = &app.seals.clinical;
    let entry = caller.did(Act::Create, ResourceType::Appointment);
    let entry = entry.patient(new.patient);
    let right = (Resource::Schedule, Action::Create);
    let mut tx = access::begin(app, caller, &entry, right).await?;
    if let Claim::Done(made) =
        idempotency::claim(tx.conn(), caller, request, new.id.as_uuid()).await?
    {
        let made = AppointmentId::from(made);
        let found = store::find(tx.conn(), sealer, made).await?;
        let entry = caller.did(Act::Read, ResourceType::Appointment);
        let audit = Audit::of(entry.resource(made).patient(new.patient));
        tx.commit(audit, Events::none()).await?;
        return found.map(Appointment::from).ok_or(Refusal::NotFound);
    }
    if let Err(refusal) = check_parties(tx.conn(), app, new).await {
        return Err(deny(tx, entry, refusal).await);
    }
    lock_provider(tx.conn(), new.provider).await?;
    lock_patient(tx.conn(), new.patient).await?;
    let parties = (new.provider, new.patient);
    if let Err(refusal) = check_free(tx.conn(), caller, parties, new.slot, None).await {
        return Err(deny(tx, entry, refusal).await);
    }
    store::insert(tx.conn(), sealer, new)
        .await
        .map_err(overlap)?;
    visit::store::insert(tx.conn(), new.visit, new.id).await?;
    let made = store::find(tx.conn(), sealer, new.id).await?;
    let made = made.ok_or(Refusal::NotFound)?;
    let events = Events::of([made.scheduled()]);
    tx.commit(Audit::of(entry.resource(new.id)), events).await?;
    Ok(made.into())
}

/// An appointment of the caller's clinic.
pub(crate) async fn read(
    app: &App,
    caller: &Caller,
    id: AppointmentId,
) -> Result<Appointment, Refusal> {
    let entry = caller.did(Act::Read, ResourceType::Appointment);
    let entry = entry.resource(id);
    let right = (Resource::Schedule, Action::Read);
    let mut tx = access::begin(app, caller, &entry, right).await?;
    let found = store::find(tx.conn(), &app.seals.clinical, id).await?;
    let Some(record) = found.filter(|record| within(caller, record, Action::Read)) else {
        return Err(stranger(tx, entry, id).await);
    };
    let audit = Audit::of(entry.patient(record.patient));
    tx.commit(audit, Events::none()).await?;
    Ok(record.into())
}

/// Moves an appointment whose patient has not checked in, if nobody else changed it since
/// `version`.
pub(crate) async fn reschedule(
    app: &App,
    caller: &Caller,
    id: AppointmentId,
    version: i64,
    to: MoveAppointment,
) -> Result<Appointment, Refusal> {
    let slot = Slot::bookable(to.starts_at, to.minutes, caller.now())?;
    retry(|| try_reschedule(app, caller, id, version, slot)).await
}

async fn try_reschedule(
    app: &App,
    caller: &Caller,
    id: AppointmentId,
    version: i64,
    slot: Slot,
) -> Result<Appointment, Refusal> {
    let sealer = &app.seals.clinical;
    let entry = caller.did(Act::Reschedule, ResourceType::Appointment);
    let entry = entry.resource(id);
    let right = (Resource::Schedule, Action::Update);
    let mut tx = access::begin(app, caller, &entry, right).await?;
    let found = store::lock(tx.conn(), sealer, id).await?;
    let Some(record) = found.filter(|record| within(caller, record, Action::Update)) else {
        return Err(stranger(tx, entry, id).await);
    };
    let entry = entry.patient(record.patient);
    if record.version != version {
        return Err(deny(tx, entry, Refusal::VersionMismatch).await);
    }
    if record.status != VisitState::Scheduled {
        let state = record.status;
        return Err(deny(tx, entry, Refusal::NotMovable { state }).await);
    }
    lock_provider(tx.conn(), record.provider).await?;
    lock_patient(tx.conn(), record.patient).await?;
    let parties = (record.provider, record.patient);
    if let Err(refusal) = check_free(tx.conn(), caller, parties, slot, Some(id)).await {
        return Err(deny(tx, entry, refusal).await);
    }
    store::set_slot(tx.conn(), id, slot)
        .await
        .map_err(overlap)?;
    let moved = store::find(tx.conn(), sealer, id).await?;
    let moved = moved.ok_or(Refusal::NotFound)?;
    let events = Events::of([moved.scheduled()]);
    tx.commit(Audit::of(entry), events).await?;
    Ok(moved.into())
}

/// Calls an appointment and its visit off.
pub(crate) async fn cancel(
    app: &App,
    caller: &Caller,
    id: AppointmentId,
    reason: String,
) -> Result<Appointment, Refusal> {
    let entry = caller.did(Act::Cancel, ResourceType::Appointment);
    let entry = entry.resource(id);
    let right = (Resource::Schedule, Action::Cancel);
    let mut tx = access::begin(app, caller, &entry, right).await?;
    let Some(visit) = store::visit(tx.conn(), id).await? else {
        return Err(stranger(tx, entry, id).await);
    };
    // The visit's own operation decides whether it is the caller's, and is on record for it.
    drop(tx);
    visit::ops::cancel(app, caller, visit, reason).await?;
    let mut tx = app.db.begin().await?;
    let found = store::find(tx.conn(), &app.seals.clinical, id).await?;
    let shown = Exempt::AuditedBefore("the cancellation of its visit");
    tx.commit(Audit::exempt(shown), Events::none()).await?;
    found.map(Appointment::from).ok_or(Refusal::NotFound)
}

/// Whether the caller may do `action` to the appointment.
fn within(caller: &Caller, record: &AppointmentRecord, action: Action) -> bool {
    let circle = Circle {
        clinic: record.clinic == caller.clinic,
        organisation: record.organisation == caller.organisation,
        ..Circle::default()
    };
    Rights::of(&caller.roles, &circle).allow(Resource::Schedule, action)
}

/// Denies an appointment that is not the caller's like one that does not exist; the record says
/// whose data were tried.
async fn stranger(mut tx: Tx, entry: AuditEntry, id: AppointmentId) -> Refusal {
    match access::store::patient_of_appointment(tx.conn(), id).await {
        Ok(patient) => deny(tx, entry.patient(patient), Refusal::NotFound).await,
        Err(error) => error.into(),
    }
}

/// Whether patient and clinician are of the clinic. Others answer like unknown ones.
async fn check_parties(conn: &mut Connection, app: &App, new: &NewRecord) -> Result<(), Refusal> {
    let found = patient::store::find(conn, &app.seals.demographics, new.patient).await?;
    if found.is_none_or(|patient| patient.clinic != new.clinic) {
        return Err(Refusal::Field {
            field: "patient_id",
            problem: "There is no such patient.",
        });
    }
    let found = provider::store::account(conn, new.provider, new.clinic).await?;
    if found.is_none() {
        return Err(Refusal::Field {
            field: "provider_id",
            problem: "There is no such clinician.",
        });
    }
    Ok(())
}

/// Whether the slot is free for both. The advisory locks make the answer hold until the commit.
async fn check_free(
    conn: &mut Connection,
    caller: &Caller,
    (provider, patient): (ProviderId, PatientId),
    slot: Slot,
    but: Option<AppointmentId>,
) -> Result<(), Refusal> {
    let taken = store::taken(conn, provider, patient, slot.neighbourhood(), but).await?;
    if taken.iter().any(|other| other.overlaps(&slot)) {
        return Err(Refusal::SlotTaken {
            alternatives: slot.alternatives(&taken, caller.now()),
        });
    }
    Ok(())
}

/// The constraint has the last word, for whoever writes without the locks.
fn overlap(error: StoreError) -> Refusal {
    if error.is_exclusion() {
        return Refusal::SlotTaken {
            alternatives: Vec::new(),
        };
    }
    error.into()
}
