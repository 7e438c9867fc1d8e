//! The SQL of clinics.

use ::store::{Connection, StoreError};
use domain::ClinicId;
use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;

use crate::clinic::dto::Clinic;
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
