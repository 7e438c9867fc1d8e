//! The SQL of rotations and of what `bedside keys status` shows.

use std::collections::HashMap;

use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use sqlx::AssertSqlSafe;
use uuid::Uuid;

use super::StoredKey;
use crate::sealing::place::SealedColumn;
use crate::sealing::rotate::Rotated;
use crate::{Connection, StoreError};

/// What a batch did.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::sealing) struct Progress {
    /// The last row it looked at.
    pub(in crate::sealing) after: Uuid,
    pub(in crate::sealing) seen: i64,
    pub(in crate::sealing) resealed: i64,
    pub(in crate::sealing) erased: i64,
    pub(in crate::sealing) damaged: i64,
}

/// Takes the turn to rotate for as long as the connection lasts; false while another has it.
pub(in crate::sealing) async fn lock_rotation(conn: &mut Connection) -> Result<bool, StoreError> {
    Ok(
        sqlx::query_scalar("select pg_try_advisory_lock(hashtextextended('seal.rotation', 0))")
            .fetch_one(conn)
            .await?,
    )
}

/// The rotation under way, and since when.
pub(in crate::sealing) async fn running(
    conn: &mut Connection,
) -> Result<Option<(Uuid, Timestamp)>, StoreError> {
    let row: Option<(Uuid, jiff_sqlx::Timestamp)> =
        sqlx::query_as("select id, started_at from seal.rotation where finished_at is null")
            .fetch_optional(conn)
            .await?;
    Ok(row.map(|(id, at)| (id, at.to_jiff())))
}

/// Begins a rotation: keys that seal are retired. Keys that wrap and blind indexes stay.
pub(in crate::sealing) async fn begin_rotation(
    conn: &mut Connection,
    rotation: Uuid,
    now: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query("insert into seal.rotation (id, started_at) values ($1, $2)")
        .bind(rotation)
        .bind(now.to_sqlx())
        .execute(&mut *conn)
        .await?;
    sqlx::query(
        "update seal.data_key set state = 'retired', retired_at = $1 \
         where state = 'active' and class not in ('subjects', 'index')",
    )
    .bind(now.to_sqlx())
    .execute(conn)
    .await?;
    Ok(())
}

/// Notes that `column` takes part; nothing happens when it is noted.
pub(in crate::sealing) async fn begin_column(
    conn: &mut Connection,
    rotation: Uuid,
    column: &SealedColumn,
) -> Result<(), StoreError> {
    sqlx::query(
        "insert into seal.rotation_column (rotation_id, table_name, column_name) \
         values ($1, $2, $3) on conflict do nothing",
    )
    .bind(rotation)
    .bind(column.table)
    .bind(column.column)
    .execute(conn)
    .await?;
    Ok(())
}

/// The row up to which `column` has been looked at.
pub(in crate::sealing) async fn position(
    conn: &mut Connection,
    rotation: Uuid,
    column: &SealedColumn,
) -> Result<Option<Uuid>, StoreError> {
    Ok(sqlx::query_scalar(
        "select after from seal.rotation_column \
         where rotation_id = $1 and table_name = $2 and column_name = $3",
    )
    .bind(rotation)
    .bind(column.table)
    .bind(column.column)
    .fetch_one(conn)
    .await?)
}

/// Notes a batch, in its transaction.
pub(in crate::sealing) async fn advance(
    conn: &mut Connection,
    rotation: Uuid,
    column: &SealedColumn,
    progress: &Progress,
) -> Result<(), StoreError> {
    sqlx::query(
        "update seal.rotation_column set after = $4, seen = seen + $5, resealed = resealed + $6, \
         erased = erased + $7, damaged = damaged + $8 \
         where rotation_id = $1 and table_name = $2 and column_name = $3",
    )
    .bind(rotation)
    .bind(column.table)
    .bind(column.column)
    .bind(progress.after)
    .bind(progress.seen)
    .bind(progress.resealed)
    .bind(progress.erased)
    .bind(progress.damaged)
    .execute(conn)
    .await?;
    Ok(())
}

/// Lets another pass begin. What does not open is counted anew by each.
pub(in crate::sealing) async fn rewind(
    conn: &mut Connection,
    rotation: Uuid,
    column: &SealedColumn,
) -> Result<(), StoreError> {
    sqlx::query(
        "update seal.rotation_column set after = null, seen = 0, erased = 0, damaged = 0 \
         where rotation_id = $1 and table_name = $2 and column_name = $3",
    )
    .bind(rotation)
    .bind(column.table)
    .bind(column.column)
    .execute(conn)
    .await?;
    Ok(())
}

/// What a rotation did so far.
pub(in crate::sealing) async fn total(
    conn: &mut Connection,
    rotation: Uuid,
) -> Result<Rotated, StoreError> {
    let (resealed, erased, damaged): (i64, i64, i64) = sqlx::query_as(
        "select coalesce(sum(resealed), 0)::bigint, coalesce(sum(erased), 0)::bigint, \
         coalesce(sum(damaged), 0)::bigint from seal.rotation_column where rotation_id = $1",
    )
    .bind(rotation)
    .fetch_one(conn)
    .await?;
    Ok(Rotated {
        resealed: resealed.unsigned_abs(),
        erased: erased.unsigned_abs(),
        damaged: damaged.unsigned_abs(),
    })
}

/// Ends a rotation.
pub(in crate::sealing) async fn finish(
    conn: &mut Connection,
    rotation: Uuid,
    now: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query("update seal.rotation set finished_at = $2 where id = $1")
        .bind(rotation)
        .bind(now.to_sqlx())
        .execute(conn)
        .await?;
    Ok(())
}

/// The keys wrapped under another key-encryption key than `current`.
pub(in crate::sealing) async fn wrapped_by_others(
    conn: &mut Connection,
    current: &str,
) -> Result<Vec<StoredKey>, StoreError> {
    Ok(sqlx::query_as(
        "select id, class, organisation_id, subject_id, kek_id, wrapping_key_id, wrapped \
         from seal.data_key where kek_id <> $1 and wrapped is not null",
    )
    .bind(current)
    .fetch_all(conn)
    .await?)
}

/// Puts the newly wrapped key in the place of the old; 0 when somebody else was faster.
pub(in crate::sealing) async fn rewrap(
    conn: &mut Connection,
    id: Uuid,
    old: (&str, &[u8]),
    new: (&str, &[u8]),
) -> Result<u64, StoreError> {
    let done = sqlx::query(
        "update seal.data_key set kek_id = $4, wrapped = $5 \
         where id = $1 and kek_id = $2 and wrapped = $3",
    )
    .bind(id)
    .bind(old.0)
    .bind(old.1)
    .bind(new.0)
    .bind(new.1)
    .execute(conn)
    .await?;
    Ok(done.rows_affected())
}

/// Notes that `current` wraps and the others do not any more.
pub(in crate::sealing) async fn retire_keks(
    conn: &mut Connection,
    current: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query(
        "update seal.kek set retired_at = case when id = $1 then null else \
         coalesce(retired_at, $2) end",
    )
    .bind(current)
    .bind(now.to_sqlx())
    .execute(conn)
    .await?;
    Ok(())
}

/// Every key-encryption key, and since when it is retired.
pub(in crate::sealing) async fn kek_states(
    conn: &mut Connection,
) -> Result<Vec<(String, Option<Timestamp>)>, StoreError> {
    let rows: Vec<(String, Option<jiff_sqlx::Timestamp>)> =
        sqlx::query_as("select id, retired_at from seal.kek order by created_at, id")
            .fetch_all(conn)
            .await?;
    let jiff = jiff_sqlx::Timestamp::to_jiff;
    Ok(rows
        .into_iter()
        .map(|(id, at)| (id, at.map(jiff)))
        .collect())
}

/// How many data keys there are, by class and state.
pub(in crate::sealing) async fn key_states(
    conn: &mut Connection,
) -> Result<Vec<(String, String, i64)>, StoreError> {
    Ok(sqlx::query_as(
        "select class, state, count(*) from seal.data_key group by class, state \
         order by class, state",
    )
    .fetch_all(conn)
    .await?)
}

/// The states of the keys `ids`.
pub(in crate::sealing) async fn states(
    conn: &mut Connection,
    ids: &[Uuid],
) -> Result<HashMap<Uuid, String>, StoreError> {
    let rows: Vec<(Uuid, String)> =
        sqlx::query_as("select id, state from seal.data_key where id = any($1)")
            .bind(ids)
            .fetch_all(conn)
            .await?;
    Ok(rows.into_iter().collect())
}

/// The beginnings of up to `limit` values of `column` after `after`: enough to tell the key.
pub(in crate::sealing) async fn headers(
    conn: &mut Connection,
    column: &SealedColumn,
    after: Option<Uuid>,
    limit: i64,
) -> Result<Vec<(Uuid, Vec<u8>)>, StoreError> {
    let SealedColumn { table, column, .. } = column;
    // Names are constants of this program.
    let sql = format!(
        "select id, substring({column} for 64) from {table} \
         where {column} is not null and ($1::uuid is null or id > $1) order by id limit $2"
    );
    Ok(sqlx::query_as(AssertSqlSafe(sql))
        .bind(after)
        .bind(limit)
        .fetch_all(conn)
        .await?)
}
