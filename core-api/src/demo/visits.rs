//! The demo clinic's visits: each start sees to it that the first can be entered now.

use ::store::audit::{Action, ResourceType};
use ::store::{Audit, Connection, Events};
use bus::event::Event;
use domain::{AccountId, ClinicId, PatientId, Pii, ProviderId, VisitState};
use jiff::{SignedDuration, Timestamp};

use super::people::{DemoVisit, PAST, PATIENTS, PEOPLE, VISITS};
use super::{did, store};
use crate::app::App;
use crate::appointment::model::{NewRecord, Slot, VisitType};
use crate::refusal::Refusal;
use crate::store::{lock_patient, lock_provider};
use crate::{appointment, patient, visit};

/// How much of a visit's booked time must be left for it to count as one that can be used now.
const LEFT: SignedDuration = SignedDuration::from_mins(5);

/// Books what is missing of [`VISITS`], and once the visits of the past.
pub(super) async fn ensure(app: &App) -> Result<(), Refusal> {
    for past in &PAST {
        make_past(app, past).await?;
    }
    for wanted in &VISITS {
        make_visit(app, wanted).await?;
    }
    Ok(())
}

/// Who takes part in a demo visit.
struct Parties {
    clinic: ClinicId,
    patient: PatientId,
    provider: ProviderId,
    /// Who books.
    coordinator: AccountId,
}

async fn parties(
    app: &App,
    conn: &mut Connection,
    patient: &str,
    clinician: &str,
) -> Result<Option<Parties>, Refusal> {
    let coordinator = PEOPLE[4].email;
    let Some((clinic, coordinator)) = store::account(conn, coordinator).await? else {
        return Ok(None);
    };
    let Some((_, clinician)) = store::account(conn, clinician).await? else {
        return Ok(None);
    };
    let provider = store::provider(conn, clinician).await?;
    let Some(known) = PATIENTS.iter().find(|known| known.name == patient) else {
        return Ok(None);
    };
    let (sealer, name) = (&app.seals.demographics, Pii::new(patient.to_owned()));
    let born = known.date_of_birth;
    let patient = patient::store::find_person(conn, sealer, clinic, &name, born).await?;
    let (Some(provider), Some(patient)) = (provider, patient) else {
        return Ok(None);
    };
    Ok(Some(Parties {
        clinic,
        patient,
        provider,
        coordinator,
    }))
}

fn record(app: &App, parties: &Parties, slot: Slot, reason: &str) -> Result<NewRecord, Refusal> {
    Ok(NewRecord {
        id: app.id()?,
        visit: app.id()?,
        clinic: parties.clinic,
        patient: parties.patient,
        provider: parties.provider,
        slot,
        visit_type: VisitType::Video,
        reason: Pii::new(reason.to_owned()),
        created_at: app.now(),
        created_by: parties.coordinator,
    })
}

/// Books `wanted`, unless the patient has a visit around that time that is not over.
async fn make_visit(app: &App, wanted: &DemoVisit) -> Result<(), Refusal> {
    let mut tx = app.db.begin().await?;
    let Some(parties) = parties(app, tx.conn(), wanted.patient, wanted.clinician).await? else {
        return Ok(());
    };
    let start = minute(app.now())
        .checked_add(SignedDuration::from_mins(wanted.starts_in))
        .map_err(Refusal::internal)?;
    let slot = Slot::bookable(start, wanted.minutes, app.now())?;
    lock_provider(tx.conn(), parties.provider).await?;
    lock_patient(tx.conn(), parties.patient).await?;
    let after = app.now().checked_add(LEFT).map_err(Refusal::internal)?;
    if store::has_visit(tx.conn(), parties.patient, slot.starts_at, after).await? {
        return Ok(());
    }
    let around = slot.neighbourhood();
    let (provider, patient) = (parties.provider, parties.patient);
    let taken = appointment::store::taken(tx.conn(), provider, patient, around, None).await?;
    let Some(slot) = free(slot, &taken, app.now()) else {
        tracing::warn!("The demo clinic is booked out; no visit was added");
        return Ok(());
    };
    let new = record(app, &parties, slot, wanted.reason)?;
    let sealer = &app.seals.clinical;
    appointment::store::insert(tx.conn(), sealer, &new).await?;
    visit::store::insert(tx.conn(), new.visit, new.id).await?;
    let made = appointment::store::find(tx.conn(), sealer, new.id).await?;
    let made = made.ok_or(Refusal::NotFound)?;
    let event = Event::VisitScheduled {
        visit: made.visit,
        clinic: made.clinic,
        patient: made.patient_account,
        clinician: made.clinician_account,
        starts_at: made.slot.starts_at,
    };
    let entry = did(Action::Create, ResourceType::Appointment, parties.clinic);
    let entry = entry.resource(new.id).patient(parties.patient);
    tx.commit(Audit::of(entry), Events::of([event])).await?;
    Ok(())
}

/// `slot`, or the nearest free one.
fn free(slot: Slot, taken: &[Slot], now: Timestamp) -> Option<Slot> {
    if !taken.iter().any(|other| other.overlaps(&slot)) {
        return Some(slot);
    }
    let length = slot.ends_at.duration_since(slot.starts_at);
    let starts_at = slot.alternatives(taken, now).into_iter().next()?;
    let ends_at = starts_at.checked_add(length).ok()?;
    Some(Slot { starts_at, ends_at })
}

/// Adds a finished visit of the past, while the patient has had none that long ago.
async fn make_past(
    app: &App,
    (patient, clinician, days): &(&str, &str, i64),
) -> Result<(), Refusal> {
    let mut tx = app.db.begin().await?;
    let Some(parties) = parties(app, tx.conn(), patient, clinician).await? else {
        return Ok(());
    };
    let start = minute(app.now())
        .checked_sub(SignedDuration::from_hours(24 * days))
        .map_err(Refusal::internal)?;
    if store::has_appointment_before(tx.conn(), parties.patient, start).await? {
        return Ok(());
    }
    let ends_at = start
        .checked_add(SignedDuration::from_mins(30))
        .map_err(Refusal::internal)?;
    let slot = Slot {
        starts_at: start,
        ends_at,
    };
    let new = record(app, &parties, slot, "Check-up")?;
    appointment::store::insert(tx.conn(), &app.seals.clinical, &new).await?;
    visit::store::insert(tx.conn(), new.visit, new.id).await?;
    visit::store::set_state(tx.conn(), new.visit, VisitState::Completed, ends_at, None).await?;
    appointment::store::release(tx.conn(), new.id, ends_at).await?;
    let entry = did(Action::Create, ResourceType::Appointment, parties.clinic);
    let entry = entry.resource(new.id).patient(parties.patient);
    tx.commit(Audit::of(entry), Events::none()).await?;
    Ok(())
}

/// `now` without seconds: people book whole minutes.
fn minute(now: Timestamp) -> Timestamp {
    let seconds = now.as_second();
    Timestamp::from_second(seconds - seconds.rem_euclid(60)).unwrap_or(now)
}
