//! The SQL of the log above the rows: here `audit.leaf`, in order; beside it tiles and checkpoints,
//! and rows that have no entry.

mod heads;
mod strangers;

use std::collections::HashMap;

use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use sqlx::postgres::PgRow;
use sqlx::{AssertSqlSafe, FromRow as _, QueryBuilder, Row as _};
use uuid::Uuid;

use super::leaf::Leaf;
use super::store::{COLUMNS, Row};
use super::tree::Hash;
use crate::{Connection, StoreError};

pub(super) use heads::{
    StoredCheckpoint, checkpoints, insert_checkpoint, insert_tiles, last_checkpoint, tiles,
    tiles_of,
};
pub(super) use strangers::{is_behind, timeless, window_without_entry, without_entry};

/// Rows that cannot be read as a time are no rows of ours; they are found by [`timeless`].
const READABLE: &str = "isfinite(e.at)";

/// The last entry, and the transaction of its row.
#[derive(Debug, Clone)]
pub(super) struct Tail {
    pub(super) leaf: Leaf,
    pub(super) xid: String,
}

/// A row with the transaction that wrote it.
#[derive(Debug, Clone)]
pub(super) struct Written {
    pub(super) row: Row,
    pub(super) xid: String,
}

/// Tries to become the one sealer, for as long as the connection lives. Never waits.
pub(super) async fn lock(conn: &mut Connection) -> Result<bool, StoreError> {
    // "bedside" "seal" as two 32-bit halves of the advisory lock's key.
    Ok(
        sqlx::query_scalar("select pg_try_advisory_lock(x'62656473'::int, x'7365616c'::int)")
            .fetch_one(conn)
            .await?,
    )
}

/// Makes this month and three more, where they are missing; how many it made.
pub(super) async fn ensure_months(conn: &mut Connection) -> Result<i32, StoreError> {
    Ok(sqlx::query_scalar("select audit.ensure_months(3)")
        .fetch_one(conn)
        .await?)
}

/// Which log this is: the first line of its checkpoints.
pub(super) async fn origin(conn: &mut Connection) -> Result<String, StoreError> {
    let id: Uuid = sqlx::query_scalar("select id from audit.log")
        .fetch_one(conn)
        .await?;
    Ok(format!("bedside/audit/{}", id.as_hyphenated()))
}

fn number(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

/// What has another length was not written by us; as zeros it fails every check.
fn hash(bytes: &[u8]) -> Hash {
    bytes.try_into().unwrap_or_default()
}

const LEAF: &str = "l.seq, l.event_id, l.event_at, l.hash, l.key_id as leaf_key_id, \
    l.mac as leaf_mac";

fn leaf(row: &PgRow) -> Result<Leaf, sqlx::Error> {
    Ok(Leaf {
        seq: row.try_get::<i64, _>("seq")?.unsigned_abs(),
        event: row.try_get("event_id")?,
        event_at: row
            .try_get::<jiff_sqlx::Timestamp, _>("event_at")?
            .to_jiff(),
        hash: hash(row.try_get("hash")?),
        key_id: row.try_get("leaf_key_id")?,
        mac: row.try_get("leaf_mac")?,
    })
}

/// The last entry; none in an empty log.
pub(super) async fn tail(conn: &mut Connection) -> Result<Option<Tail>, StoreError> {
    let row = sqlx::query(AssertSqlSafe(format!(
        "select {LEAF}, l.xid::text as xid from audit.leaf l order by l.seq desc limit 1"
    )))
    .fetch_optional(conn)
    .await?;
    row.map(|row| {
        Ok(Tail {
            leaf: leaf(&row)?,
            xid: row.try_get("xid")?,
        })
    })
    .transpose()
}

/// Up to `limit` entries from `from` on, in order.
pub(super) async fn leaves(
    conn: &mut Connection,
    from: u64,
    limit: u32,
) -> Result<Vec<Leaf>, StoreError> {
    let rows = sqlx::query(AssertSqlSafe(format!(
        "select {LEAF} from audit.leaf l where l.seq >= $1 order by l.seq limit $2"
    )))
    .bind(number(from))
    .bind(i64::from(limit))
    .fetch_all(conn)
    .await?;
    Ok(rows.iter().map(leaf).collect::<Result<_, _>>()?)
}

/// The rows of `leaves` that are there, by identifier and time.
pub(super) async fn rows_of(
    conn: &mut Connection,
    leaves: &[Leaf],
) -> Result<HashMap<(Uuid, Timestamp), Row>, StoreError> {
    let times = || leaves.iter().map(|leaf| leaf.event_at);
    let (Some(first), Some(last)) = (times().min(), times().max()) else {
        return Ok(HashMap::new());
    };
    let ids: Vec<Uuid> = leaves.iter().map(|leaf| leaf.event).collect();
    // The bounds of time keep PostgreSQL out of all other months.
    let rows: Vec<Row> = sqlx::query_as(AssertSqlSafe(format!(
        "select {COLUMNS} from audit.event where id = any($1) and at between $2 and $3"
    )))
    .bind(ids)
    .bind(first.to_sqlx())
    .bind(last.to_sqlx())
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| ((row.id, row.at), row))
        .collect())
}

/// The next rows to seal: those whose transactions, and all before them, have ended, in the order
/// of their transactions.
///
/// No row can be missed: every transaction below the snapshot's `xmin` has ended, so its rows are
/// visible, and rows that appear later belong to later transactions. After a restore into another
/// cluster, transactions count from a lower number; then rows are told by having no entry.
pub(super) async fn next(
    conn: &mut Connection,
    tail: Option<&Tail>,
    limit: u32,
) -> Result<Vec<Written>, StoreError> {
    let (xid, id) = position(tail);
    let foreign: bool =
        sqlx::query_scalar("select $1::xid8 >= pg_snapshot_xmax(pg_current_snapshot())")
            .bind(xid)
            .fetch_one(&mut *conn)
            .await?;
    let condition = if foreign {
        "(e.xid < pg_snapshot_xmin(pg_current_snapshot()) \
          or e.xid >= pg_snapshot_xmax(pg_current_snapshot())) \
         and not exists (select from audit.leaf l where l.event_id = e.id and l.event_at = e.at) \
         and ($1::text, $2::uuid) is not null"
    } else {
        "e.xid < pg_snapshot_xmin(pg_current_snapshot()) and (e.xid, e.id) > ($1::xid8, $2)"
    };
    let rows = sqlx::query(AssertSqlSafe(format!(
        "select {COLUMNS}, e.xid::text as xid from audit.event e \
         where {condition} and {READABLE} order by e.xid, e.id limit $3"
    )))
    .bind(xid)
    .bind(id)
    .bind(i64::from(limit))
    .fetch_all(conn)
    .await?;
    written(&rows)
}

fn position(tail: Option<&Tail>) -> (&str, Uuid) {
    tail.map_or(("0", Uuid::nil()), |tail| (&tail.xid, tail.leaf.event))
}

fn written(rows: &[PgRow]) -> Result<Vec<Written>, StoreError> {
    let read = |row: &PgRow| {
        Ok(Written {
            row: Row::from_row(row)?,
            xid: row.try_get("xid")?,
        })
    };
    Ok(rows.iter().map(read).collect::<Result<_, sqlx::Error>>()?)
}

/// How many rows wait for the sealer, and since when the oldest does; counts 10,000 at most.
pub(super) async fn waiting(
    conn: &mut Connection,
    tail: Option<&Tail>,
) -> Result<(u64, Option<Timestamp>), StoreError> {
    let (xid, id) = position(tail);
    let row = sqlx::query(AssertSqlSafe(format!(
        "select count(*) as rows, min(at) as oldest from (select e.at from audit.event e \
         where (e.xid, e.id) > ($1::xid8, $2) and {READABLE} order by e.xid, e.id limit 10000) t"
    )))
    .bind(xid)
    .bind(id)
    .fetch_one(conn)
    .await?;
    let oldest: Option<jiff_sqlx::Timestamp> = row.try_get("oldest")?;
    Ok((
        row.try_get::<i64, _>("rows")?.unsigned_abs(),
        oldest.map(jiff_sqlx::Timestamp::to_jiff),
    ))
}

/// Appends entries.
pub(super) async fn insert_leaves(
    conn: &mut Connection,
    leaves: &[(Leaf, String)],
) -> Result<(), StoreError> {
    let mut sql = QueryBuilder::new(
        "insert into audit.leaf (seq, event_id, event_at, xid, hash, key_id, mac) ",
    );
    sql.push_values(leaves, |mut values, (leaf, xid)| {
        values
            .push_bind(number(leaf.seq))
            .push_bind(leaf.event)
            .push_bind(leaf.event_at.to_sqlx());
        values.push_bind(xid).push_unseparated("::xid8");
        values
            .push_bind(leaf.hash.as_slice())
            .push_bind(leaf.key_id)
            .push_bind(&leaf.mac);
    });
    sql.build().execute(conn).await?;
    Ok(())
}

/// Up to `limit` entries from `from` on whose rows are of `start` or later and before `end`.
pub(super) async fn leaves_between(
    conn: &mut Connection,
    start: Timestamp,
    end: Timestamp,
    from: u64,
    limit: i64,
) -> Result<Vec<Leaf>, StoreError> {
    let rows = sqlx::query(AssertSqlSafe(format!(
        "select {LEAF} from audit.leaf l where l.seq >= $1 and l.event_at >= $2 \
         and l.event_at < $3 order by l.seq limit $4"
    )))
    .bind(number(from))
    .bind(start.to_sqlx())
    .bind(end.to_sqlx())
    .bind(limit)
    .fetch_all(conn)
    .await?;
    Ok(rows.iter().map(leaf).collect::<Result<_, _>>()?)
}
