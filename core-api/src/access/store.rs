//! The SQL of standings.

use ::store::{Connection, StoreError};
use domain::permission::ProxyLevel;
use domain::{AppointmentId, OrganisationId, PatientId, VisitId};
use sqlx::postgres::PgRow;
use uuid::Uuid;

use crate::access::{Care, Reach, Standing};
use crate::store::Cells as _;

/// Columns of a standing, from `left join lateral core.standing(…) k on true`.
macro_rules! standing_columns {
    () => {
        "k.own, k.proxy_grant, k.proxy_level, k.care, k.emergency_access"
    };
}
pub(crate) use standing_columns;

/// Reads `clinic_id`, `organisation_id` and the standing of a row.
pub(crate) fn of_row(row: &PgRow) -> Result<Reach, StoreError> {
    let level = row.word_or_null("core.proxy_grant", "proxy_level", ProxyLevel::from_name)?;
    let grant = row.id_or_null("proxy_grant")?;
    Ok(Reach {
        clinic: row.id("clinic_id")?,
        organisation: row.id("organisation_id")?,
        standing: Standing {
            own: row.cell::<Option<bool>>("own")?.unwrap_or(false),
            proxy: grant.zip(level),
            care: row.word_or_null("core.standing", "care", Care::from_name)?,
            emergency: row.id_or_null("emergency_access")?,
        },
    })
}

/// What whoever this transaction serves is to `patient`.
pub(crate) async fn reach(
    conn: &mut Connection,
    patient: PatientId,
) -> Result<Option<Reach>, StoreError> {
    let row = sqlx::query(concat!(
        "select p.clinic_id, p.organisation_id, ",
        standing_columns!(),
        " from core.patient p left join lateral core.standing(p.id) k on true where p.id = $1"
    ))
    .bind(patient.as_uuid())
    .fetch_optional(conn)
    .await?;
    row.as_ref().map(of_row).transpose()
}

/// Whose data a visit is, for the record of an attempt; whoever asks.
pub(crate) async fn patient_of_visit(
    conn: &mut Connection,
    visit: VisitId,
) -> Result<Option<PatientId>, StoreError> {
    let patient: Option<Uuid> = sqlx::query_scalar("select core.patient_of_visit($1)")
        .bind(visit.as_uuid())
        .fetch_one(conn)
        .await?;
    Ok(patient.map(PatientId::from))
}

/// Whose data an appointment is, for the record of an attempt; whoever asks.
pub(crate) async fn patient_of_appointment(
    conn: &mut Connection,
    appointment: AppointmentId,
) -> Result<Option<PatientId>, StoreError> {
    let patient: Option<Uuid> = sqlx::query_scalar("select core.patient_of_appointment($1)")
        .bind(appointment.as_uuid())
        .fetch_one(conn)
        .await?;
    Ok(patient.map(PatientId::from))
}

/// The organisation of a patient, whoever asks.
pub(crate) async fn organisation_of_patient(
    conn: &mut Connection,
    patient: PatientId,
) -> Result<Option<OrganisationId>, StoreError> {
    let found: Option<Uuid> = sqlx::query_scalar("select core.organisation_of_patient($1)")
        .bind(patient.as_uuid())
        .fetch_one(conn)
        .await?;
    Ok(found.map(OrganisationId::from))
}
