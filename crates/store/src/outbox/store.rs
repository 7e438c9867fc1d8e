//! The SQL of `outbox.event`.

use serde::de::DeserializeOwned;
use serde_json::Value;
use sqlx::types::Json;

use super::{Events, Positioned};
use crate::{Connection, StoreError};

/// The channel on which commits of other processes wake the relay.
pub(super) const CHANNEL: &str = "bedside_outbox";

/// Up to `limit` events after `position`, in order and without gaps, starting with
/// `position + 1` unless that has not been assigned yet.
///
/// # Errors
/// [`StoreError::Damaged`] for a payload that is not an `E`.
pub async fn after<E: DeserializeOwned>(
    conn: &mut Connection,
    position: u64,
    limit: u32,
) -> Result<Vec<Positioned<E>>, StoreError> {
    let rows: Vec<(i64, Json<Value>)> = sqlx::query_as(
        "select position, payload from outbox.event where position > $1 order by position limit $2",
    )
    .bind(i64::try_from(position).unwrap_or(i64::MAX))
    .bind(i64::from(limit))
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|(position, payload)| decode(position, payload.0))
        .collect()
}

/// The highest position assigned; 0 when there is none.
///
/// # Errors
/// [`StoreError`].
pub async fn head(conn: &mut Connection) -> Result<u64, StoreError> {
    let head: i64 = sqlx::query_scalar("select coalesce(max(position), 0) from outbox.event")
        .fetch_one(conn)
        .await?;
    Ok(head.unsigned_abs())
}

fn decode<E: DeserializeOwned>(position: i64, payload: Value) -> Result<Positioned<E>, StoreError> {
    let event = serde_json::from_value(payload).map_err(|_| StoreError::Damaged {
        table: "outbox.event",
        column: "payload",
        row: format!("at position {position}"),
    })?;
    Ok(Positioned {
        position: position.unsigned_abs(),
        event,
    })
}

/// Inserts `events` in order; whether there were any.
pub(crate) async fn append(conn: &mut Connection, events: Events) -> Result<bool, StoreError> {
    let events = events.0.map_err(StoreError::Event)?;
    if events.is_empty() {
        return Ok(false);
    }
    let payloads: Vec<Json<Value>> = events.into_iter().map(Json).collect();
    sqlx::query(
        "insert into outbox.event (payload) \
         select payload from unnest($1::jsonb[]) with ordinality as t (payload, n) order by n",
    )
    .bind(payloads)
    .execute(conn)
    .await?;
    Ok(true)
}

/// Wakes a relay in another process once the transaction commits.
pub(crate) async fn notify(conn: &mut Connection) -> Result<(), StoreError> {
    sqlx::query("select pg_notify($1, '')")
        .bind(CHANNEL)
        .execute(conn)
        .await?;
    Ok(())
}

/// Gives up to `limit` committed events the next positions, and returns them in order. Only the
/// holder of [`lock`] may call it.
pub(super) async fn assign<E: DeserializeOwned>(
    conn: &mut Connection,
    limit: u32,
) -> Result<Vec<Result<Positioned<E>, StoreError>>, StoreError> {
    let rows: Vec<(i64, Json<Value>)> = sqlx::query_as(
        "with next as ( \
             select id, (select coalesce(max(position), 0) from outbox.event) \
                 + row_number() over (order by id) as position \
             from (select id from outbox.event where position is null order by id limit $1) t \
         ), assigned as ( \
             update outbox.event e set position = next.position from next where e.id = next.id \
             returning e.position, e.payload \
         ) select position, payload from assigned order by position",
    )
    .bind(i64::from(limit))
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|(position, payload)| decode(position, payload.0))
        .collect())
}

/// Tries to become the one relay, for as long as the connection lives. Never waits: a waiting
/// statement would hold its snapshot and keep the whole cluster from vacuuming.
pub(super) async fn lock(conn: &mut Connection) -> Result<bool, StoreError> {
    // "bedside" "outb" as two 32-bit halves of the advisory lock's key.
    Ok(
        sqlx::query_scalar("select pg_try_advisory_lock(x'62656473'::int, x'6f757462'::int)")
            .fetch_one(conn)
            .await?,
    )
}
