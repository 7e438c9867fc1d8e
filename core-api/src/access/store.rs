//! The SQL of standings.

use ::store::sealing::Sealer;
use ::store::{Connection, StoreError};
use domain::permission::ProxyLevel;
use domain::{AppointmentId, OrganisationId, PatientId, ProxyGrantId, VisitId};
use jiff::ToSpan as _;
use jiff::civil::Date;
use sqlx::postgres::PgRow;
use uuid::Uuid;

use crate::access::{Care, Reach, Standing};
use crate::patient;
use crate::store::{Cells as _, unlock};

/// Columns of a standing, from `left join lateral core.standing(…) k on true`.
macro_rules! standing_columns {
    () => {
        "k.own, k.proxy_grant, k.proxy_level, k.care, k.emergency_access, k.parent_grant, \
         k.parent_level, k.parent_until_age, k.today"
    };
}
pub(crate) use standing_columns;

/// Reads `clinic_id`, `organisation_id` and the standing of a row. `born` is the patient's date of
/// birth, on which it hangs whether a parent's grant rests.
pub(crate) fn of_row(row: &PgRow, born: Option<Date>) -> Result<Reach, StoreError> {
    Ok(Reach {
        clinic: row.id("clinic_id")?,
        organisation: row.id("organisation_id")?,
        standing: Standing {
            own: row.cell::<Option<bool>>("own")?.unwrap_or(false),
            proxy: proxy(row, born)?,
            care: row.word_or_null("core.standing", "care", Care::from_name)?,
            emergency: row.id_or_null("emergency_access")?,
        },
    })
}

/// The grant that reaches furthest, of those that count.
pub(crate) fn proxy(
    row: &PgRow,
    born: Option<Date>,
) -> Result<Option<(ProxyGrantId, ProxyLevel)>, StoreError> {
    let grant = |id, level| -> Result<_, StoreError> {
        let level = row.word_or_null("core.proxy_grant", level, ProxyLevel::from_name)?;
        Ok(row.id_or_null::<ProxyGrantId>(id)?.zip(level))
    };
    let own_word = grant("proxy_grant", "proxy_level")?;
    let Some(parent) = grant("parent_grant", "parent_level")? else {
        return Ok(own_word);
    };
    let age: i32 = row.cell("parent_until_age")?;
    // Once the date of birth is erased, nobody's child is left.
    let grown = born.and_then(|born| born.checked_add(age.years()).ok());
    if grown.is_none_or(|grown| grown <= row.date("today").unwrap_or(Date::MAX)) {
        return Ok(own_word);
    }
    let rank = |level: ProxyLevel| match level {
        ProxyLevel::View => 0,
        ProxyLevel::Schedule => 1,
        ProxyLevel::Full => 2,
    };
    Ok(match own_word {
        Some(word) if rank(word.1) >= rank(parent.1) => Some(word),
        _ => Some(parent),
    })
}

/// What whoever this transaction serves is to `patient`.
pub(crate) async fn reach(
    conn: &mut Connection,
    sealer: &Sealer,
    patient: PatientId,
) -> Result<Option<Reach>, StoreError> {
    let row = sqlx::query(concat!(
        "select p.clinic_id, p.organisation_id, p.date_of_birth_sealed, ",
        standing_columns!(),
        " from core.patient p left join lateral core.standing(p.id) k on true where p.id = $1"
    ))
    .bind(patient.as_uuid())
    .fetch_optional(conn)
    .await?;
    let Some(row) = row else {
        return Ok(None);
    };
    // Opened only where something hangs on it.
    let born = match row.cell::<Option<Uuid>>("parent_grant")? {
        Some(_) => {
            let keys = unlock(sealer, [&row], &["date_of_birth_sealed"]).await?;
            patient::store::birth(&row, &keys, patient)?
        }
        None => None,
    };
    of_row(&row, born).map(Some)
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
