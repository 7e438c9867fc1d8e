//! The SQL of locks and removals.

use ::store::{Connection, StoreError};
use domain::{AccountId, VisitId};
use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use sqlx::postgres::PgRow;

use crate::moderation::model::Door;
use crate::store::Cells as _;

/// Reads the columns `locked_since`, `patient_was_inside` and `patient_removed_at` of a visit.
pub(crate) fn door(row: &PgRow) -> Result<Door, StoreError> {
    Ok(Door {
        locked_since: row.time_or_null("locked_since")?,
        patient_was_inside: row.cell("patient_was_inside")?,
        patient_removed_at: row.time_or_null("patient_removed_at")?,
    })
}

/// Shuts the door; one that is shut stays as it is.
pub(crate) async fn lock(
    conn: &mut Connection,
    visit: VisitId,
    by: AccountId,
    now: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query(
        "insert into core.room_lock (visit_id, since, locked_by) values ($1, $2, $3) \
         on conflict do nothing",
    )
    .bind(visit.as_uuid())
    .bind(now.to_sqlx())
    .bind(by.as_uuid())
    .execute(conn)
    .await?;
    Ok(())
}

/// Opens the door.
pub(crate) async fn unlock(conn: &mut Connection, visit: VisitId) -> Result<(), StoreError> {
    sqlx::query("delete from core.room_lock where visit_id = $1")
        .bind(visit.as_uuid())
        .execute(conn)
        .await?;
    Ok(())
}

/// Puts `account` out, from now on.
pub(crate) async fn remove(
    conn: &mut Connection,
    visit: VisitId,
    account: AccountId,
    by: AccountId,
    now: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query(
        "insert into core.room_removal (visit_id, account_id, removed_at, removed_by) \
         values ($1, $2, $3, $4) on conflict (visit_id, account_id) \
         do update set removed_at = excluded.removed_at, removed_by = excluded.removed_by",
    )
    .bind(visit.as_uuid())
    .bind(account.as_uuid())
    .bind(now.to_sqlx())
    .bind(by.as_uuid())
    .execute(conn)
    .await?;
    Ok(())
}
