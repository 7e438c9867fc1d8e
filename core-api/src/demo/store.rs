//! The SQL that finds the demo clinic again.

use ::store::{Connection, StoreError};
use domain::{AccountId, ClinicId, PatientId, ProviderId};
use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;

use crate::store::Cells as _;

/// The clinic and account behind an e-mail address.
pub(super) async fn account(
    conn: &mut Connection,
    email: &str,
) -> Result<Option<(ClinicId, AccountId)>, StoreError> {
    let row = sqlx::query("select clinic_id, id from core.account where email = $1")
        .bind(email)
        .fetch_optional(conn)
        .await?;
    row.map(|row| Ok((row.id("clinic_id")?, row.id("id")?)))
        .transpose()
}

/// The clinician behind an account.
pub(super) async fn provider(
    conn: &mut Connection,
    account: AccountId,
) -> Result<Option<ProviderId>, StoreError> {
    let row = sqlx::query("select id from core.provider where account_id = $1")
        .bind(account.as_uuid())
        .fetch_optional(conn)
        .await?;
    row.map(|row| row.id("id")).transpose()
}

/// Whether the patient has a visit that is not over, starts by `by` and ends after `after`.
pub(super) async fn has_visit(
    conn: &mut Connection,
    patient: PatientId,
    by: Timestamp,
    after: Timestamp,
) -> Result<bool, StoreError> {
    Ok(sqlx::query_scalar(
        "select exists (select from core.visit v \
         join core.appointment t on t.id = v.appointment_id \
         where t.patient_id = $1 and t.starts_at <= $2 and t.ends_at > $3 \
         and v.state not in ('completed', 'cancelled', 'no_show'))",
    )
    .bind(patient.as_uuid())
    .bind(by.to_sqlx())
    .bind(after.to_sqlx())
    .fetch_one(conn)
    .await?)
}

/// Whether the patient had an appointment that started at or before `before`.
pub(super) async fn has_appointment_before(
    conn: &mut Connection,
    patient: PatientId,
    before: Timestamp,
) -> Result<bool, StoreError> {
    Ok(sqlx::query_scalar(
        "select exists (select from core.appointment where patient_id = $1 and starts_at <= $2)",
    )
    .bind(patient.as_uuid())
    .bind(before.to_sqlx())
    .fetch_one(conn)
    .await?)
}
