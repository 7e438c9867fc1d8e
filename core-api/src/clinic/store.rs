//! The SQL of clinics.

use ::store::{Connection, StoreError};
use domain::{ClinicId, OrganisationId};
use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;

use crate::clinic::dto::{AccessPolicy, Clinic};
use crate::store::Cells as _;

/// The clinic.
pub(crate) async fn find(
    conn: &mut Connection,
    id: ClinicId,
) -> Result<Option<Clinic>, StoreError> {
    let row = sqlx::query("select id, name, time_zone from core.clinic where id = $1")
        .bind(id.as_uuid())
        .fetch_optional(conn)
        .await?;
    row.map(|row| {
        Ok(Clinic {
            id: row.id("id")?,
            name: row.cell("name")?,
            time_zone: row.cell("time_zone")?,
        })
    })
    .transpose()
}

/// Stores a new clinic; false when it is there already.
pub(crate) async fn insert(
    conn: &mut Connection,
    clinic: &Clinic,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "insert into core.clinic (id, name, time_zone, created_at) values ($1, $2, $3, $4) \
         on conflict do nothing",
    )
    .bind(clinic.id.as_uuid())
    .bind(&clinic.name)
    .bind(&clinic.time_zone)
    .bind(now.to_sqlx())
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// The organisation of a clinic, and what it decides about access; locked until the transaction
/// ends.
pub(crate) async fn policy(
    conn: &mut Connection,
    id: ClinicId,
) -> Result<Option<(OrganisationId, AccessPolicy)>, StoreError> {
    let row = sqlx::query(
        "select organisation_id, care_days_before, care_days_after, proxy_cutoff_age \
         from core.clinic where id = $1 for update",
    )
    .bind(id.as_uuid())
    .fetch_optional(conn)
    .await?;
    row.map(|row| {
        let policy = AccessPolicy {
            care_days_before: row.cell("care_days_before")?,
            care_days_after: row.cell("care_days_after")?,
            proxy_cutoff_age: row.cell("proxy_cutoff_age")?,
        };
        Ok((row.id("organisation_id")?, policy))
    })
    .transpose()
}

/// Keeps what a clinic decides about access.
pub(crate) async fn set_policy(
    conn: &mut Connection,
    id: ClinicId,
    policy: &AccessPolicy,
) -> Result<(), StoreError> {
    sqlx::query(
        "update core.clinic set care_days_before = $2, care_days_after = $3, \
         proxy_cutoff_age = $4 where id = $1",
    )
    .bind(id.as_uuid())
    .bind(policy.care_days_before)
    .bind(policy.care_days_after)
    .bind(policy.proxy_cutoff_age)
    .execute(conn)
    .await?;
    Ok(())
}
