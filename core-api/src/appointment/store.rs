//! The SQL of appointments.

use ::store::sealing::{Aad, Sealer, Unlocked};
use ::store::{Connection, StoreError};
use domain::{AppointmentId, PatientId, Pii, ProviderId, VisitId, VisitState};
use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use sqlx::postgres::PgRow;
use uuid::Uuid;

use crate::appointment::model::{AppointmentRecord, NewRecord, Slot};
use crate::store::{Cells as _, key_of_patient, open, seal, unlock};

/// Where the reason of the appointment is sealed.
pub(crate) const fn reason(id: AppointmentId) -> Aad {
    Aad {
        table: "core.appointment",
        column: "reason_sealed",
        row: id.as_uuid(),
    }
}

macro_rules! select {
    ($tail:literal) => {
        concat!(
            "select t.id, t.version, t.clinic_id, t.organisation_id, v.id as visit_id, t.patient_id, t.provider_id, \
             t.starts_at, t.ends_at, v.state, t.reason_sealed, \
             p.account_id as patient_account, r.account_id as clinician_account \
             from core.appointment t join core.visit v on v.appointment_id = t.id \
             join core.patient p on p.id = t.patient_id \
             join core.provider r on r.id = t.provider_id ",
            $tail
        )
    };
}

fn record(row: &PgRow, keys: &Unlocked) -> Result<AppointmentRecord, StoreError> {
    let id: AppointmentId = row.id("id")?;
    Ok(AppointmentRecord {
        id,
        version: row.cell("version")?,
        clinic: row.id("clinic_id")?,
        organisation: row.id("organisation_id")?,
        visit: row.id("visit_id")?,
        patient: row.id("patient_id")?,
        provider: row.id("provider_id")?,
        slot: Slot {
            starts_at: row.time("starts_at")?,
            ends_at: row.time("ends_at")?,
        },
        status: row.word("core.visit", "state", VisitState::from_name)?,
        reason: open(keys, reason(id), row.cell::<Vec<u8>>("reason_sealed")?)?,
        patient_account: row.id_or_null("patient_account")?,
        clinician_account: row.id("clinician_account")?,
    })
}

/// The appointment.
pub(crate) async fn find(
    conn: &mut Connection,
    sealer: &Sealer,
    id: AppointmentId,
) -> Result<Option<AppointmentRecord>, StoreError> {
    let row = sqlx::query(select!("where t.id = $1"))
        .bind(id.as_uuid())
        .fetch_optional(conn)
        .await?;
    let keys = unlock(sealer, &row, &["reason_sealed"]).await?;
    row.as_ref().map(|row| record(row, &keys)).transpose()
}

/// The appointment, its visit locked until the transaction ends. Two statements: the second one
/// sees what the first waited for.
pub(crate) async fn lock(
    conn: &mut Connection,
    sealer: &Sealer,
    id: AppointmentId,
) -> Result<Option<AppointmentRecord>, StoreError> {
    sqlx::query("select from core.visit where appointment_id = $1 for update")
        .bind(id.as_uuid())
        .execute(&mut *conn)
        .await?;
    find(conn, sealer, id).await
}

/// The visit of the appointment.
pub(crate) async fn visit(
    conn: &mut Connection,
    id: AppointmentId,
) -> Result<Option<VisitId>, StoreError> {
    let visit: Option<Uuid> =
        sqlx::query_scalar("select id from core.visit where appointment_id = $1")
            .bind(id.as_uuid())
            .fetch_optional(conn)
            .await?;
    Ok(visit.map(VisitId::from))
}

/// What `provider` or `patient` has in `stretch`, except the appointment `but`.
pub(crate) async fn taken(
    conn: &mut Connection,
    provider: ProviderId,
    patient: PatientId,
    stretch: Slot,
    but: Option<AppointmentId>,
) -> Result<Vec<Slot>, StoreError> {
    let rows = sqlx::query(
        "select id, starts_at, ends_at from core.appointment \
         where (provider_id = $1 or patient_id = $2) and released_at is null \
         and starts_at < $4 and ends_at > $3 and id is distinct from $5",
    )
    .bind(provider.as_uuid())
    .bind(patient.as_uuid())
    .bind(stretch.starts_at.to_sqlx())
    .bind(stretch.ends_at.to_sqlx())
    .bind(but.map(AppointmentId::as_uuid))
    .fetch_all(conn)
    .await?;
    rows.iter()
        .map(|row| {
            Ok(Slot {
                starts_at: row.time("starts_at")?,
                ends_at: row.time("ends_at")?,
            })
        })
        .collect()
}

/// Stores a new appointment. An overlap violates an exclusion constraint.
pub(crate) async fn insert(
    conn: &mut Connection,
    sealer: &Sealer,
    new: &NewRecord,
) -> Result<(), StoreError> {
    let key = key_of_patient(conn, sealer, new.patient).await?;
    sqlx::query(
        "insert into core.appointment (id, clinic_id, patient_id, provider_id, starts_at, \
         ends_at, visit_type, reason_sealed, created_at, created_by) \
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
    )
    .bind(new.id.as_uuid())
    .bind(new.clinic.as_uuid())
    .bind(new.patient.as_uuid())
    .bind(new.provider.as_uuid())
    .bind(new.slot.starts_at.to_sqlx())
    .bind(new.slot.ends_at.to_sqlx())
    .bind(new.visit_type.name())
    .bind(seal(&key, reason(new.id), new.reason.reveal())?)
    .bind(new.created_at.to_sqlx())
    .bind(new.created_by.as_uuid())
    .execute(conn)
    .await?;
    Ok(())
}

/// Moves the appointment; its version and its visit's grow by one. An overlap violates an
/// exclusion constraint.
pub(crate) async fn set_slot(
    conn: &mut Connection,
    id: AppointmentId,
    slot: Slot,
) -> Result<(), StoreError> {
    sqlx::query(
        "with moved as (update core.visit set version = version + 1 where appointment_id = $1) \
         update core.appointment set starts_at = $2, ends_at = $3, version = version + 1 \
         where id = $1",
    )
    .bind(id.as_uuid())
    .bind(slot.starts_at.to_sqlx())
    .bind(slot.ends_at.to_sqlx())
    .execute(conn)
    .await?;
    Ok(())
}

/// Frees the slot for others, because its visit is over in one way or another.
pub(crate) async fn release(
    conn: &mut Connection,
    id: AppointmentId,
    now: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query(
        "update core.appointment set released_at = $2, version = version + 1 \
         where id = $1 and released_at is null",
    )
    .bind(id.as_uuid())
    .bind(now.to_sqlx())
    .execute(conn)
    .await?;
    Ok(())
}

/// Keeps why the appointment was called off.
pub(crate) async fn set_cancel_reason(
    conn: &mut Connection,
    sealer: &Sealer,
    (id, patient): (AppointmentId, PatientId),
    reason: &Pii<String>,
) -> Result<(), StoreError> {
    let place = Aad {
        column: "cancel_reason_sealed",
        ..self::reason(id)
    };
    let key = key_of_patient(conn, sealer, patient).await?;
    sqlx::query("update core.appointment set cancel_reason_sealed = $2 where id = $1")
        .bind(id.as_uuid())
        .bind(seal(&key, place, reason.reveal())?)
        .execute(conn)
        .await?;
    Ok(())
}
