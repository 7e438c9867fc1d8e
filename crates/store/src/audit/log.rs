//! The SQL of the log above the rows: `audit.leaf`, `audit.tile`, `audit.checkpoint`.

use std::collections::HashMap;

use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use sqlx::postgres::PgRow;
use sqlx::{AssertSqlSafe, FromRow as _, QueryBuilder, Row as _};
use uuid::Uuid;

use super::leaf::Leaf;
use super::store::{COLUMNS, Row};
use super::tree::{Hash, Tile};
use crate::{Connection, StoreError};

/// Rows that cannot be read as a time are no rows of ours; they are found by [`timeless`].
const READABLE: &str = "isfinite(e.at)";

/// A signed head as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct StoredCheckpoint {
    pub(super) size: u64,
    pub(super) root: Hash,
    pub(super) at: Timestamp,
    pub(super) note: String,
}

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

/// Rows without an entry, whoever wrote them, with the transaction each names: up to `limit`, in
/// the order of their transactions, after the row `after`. Reads the whole log.
pub(super) async fn without_entry(
    conn: &mut Connection,
    after: Option<(&str, Uuid)>,
    limit: u32,
) -> Result<Vec<Written>, StoreError> {
    let (xid, id) = after.unwrap_or(("0", Uuid::nil()));
    let rows = sqlx::query(AssertSqlSafe(format!(
        "select {COLUMNS}, e.xid::text as xid from audit.event e \
         where not exists \
           (select from audit.leaf l where l.event_id = e.id and l.event_at = e.at) \
         and (e.xid, e.id) > ($1::xid8, $2) and {READABLE} order by e.xid, e.id limit $3"
    )))
    .bind(xid)
    .bind(id)
    .bind(i64::from(limit))
    .fetch_all(conn)
    .await?;
    written(&rows)
}

/// For each transaction, whether it comes before the last entry's, where no new row can be. After
/// a restore into another cluster nothing comes before.
pub(super) async fn is_behind(
    conn: &mut Connection,
    xids: &[String],
    tail: Option<&Tail>,
) -> Result<Vec<bool>, StoreError> {
    let (last, _) = position(tail);
    Ok(sqlx::query_scalar(
        "select x::xid8 < $2::xid8 and $2::xid8 < pg_snapshot_xmax(pg_current_snapshot()) \
         from unnest($1::text[]) with ordinality as t (x, n) order by n",
    )
    .bind(xids)
    .bind(last)
    .fetch_all(conn)
    .await?)
}

/// Up to `limit` sealed-age rows after the row `after` that have no entry, among the next
/// `window` rows, and where the window ends; none at the end of the log.
pub(super) async fn window_without_entry(
    conn: &mut Connection,
    after: &(String, Uuid),
    tail: &Tail,
    window: u32,
) -> Result<(Vec<Uuid>, Option<(String, Uuid)>), StoreError> {
    let rows = sqlx::query(
        "select e.id, e.xid::text as xid, exists (select from audit.leaf l \
           where l.event_id = e.id and l.event_at = e.at) as sealed \
         from audit.event e where (e.xid, e.id) > ($1::xid8, $2) \
         and (e.xid, e.id) <= ($3::xid8, $4) order by e.xid, e.id limit $5",
    )
    .bind(&after.0)
    .bind(after.1)
    .bind(&tail.xid)
    .bind(tail.leaf.event)
    .bind(i64::from(window))
    .fetch_all(conn)
    .await?;
    let mut found = Vec::new();
    for row in &rows {
        if !row.try_get::<bool, _>("sealed")? {
            found.push(row.try_get("id")?);
        }
    }
    let end = rows
        .last()
        .map(|row| Ok::<_, sqlx::Error>((row.try_get("xid")?, row.try_get("id")?)))
        .transpose()?;
    Ok((found, end))
}

/// Rows whose time is not one: none that this program wrote.
pub(super) async fn timeless(conn: &mut Connection) -> Result<Vec<Uuid>, StoreError> {
    Ok(
        sqlx::query_scalar("select id from audit.event where not isfinite(at) limit 100")
            .fetch_all(conn)
            .await?,
    )
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

/// Appends complete tiles.
pub(super) async fn insert_tiles(conn: &mut Connection, tiles: &[Tile]) -> Result<(), StoreError> {
    for tile in tiles {
        sqlx::query(
            "insert into audit.tile (level, index, completed_at, hashes) values ($1, $2, $3, $4)",
        )
        .bind(i16::from(tile.level))
        .bind(number(tile.index))
        .bind(number(tile.completed_at()))
        .bind(tile.hashes.concat())
        .execute(&mut *conn)
        .await?;
    }
    Ok(())
}

/// Appends a signed head.
pub(super) async fn insert_checkpoint(
    conn: &mut Connection,
    checkpoint: &StoredCheckpoint,
) -> Result<(), StoreError> {
    sqlx::query("insert into audit.checkpoint (size, root, at, note) values ($1, $2, $3, $4)")
        .bind(number(checkpoint.size))
        .bind(checkpoint.root.as_slice())
        .bind(checkpoint.at.to_sqlx())
        .bind(&checkpoint.note)
        .execute(conn)
        .await?;
    Ok(())
}

/// The signed heads of sizes above `after` and up to `upto`, in order.
pub(super) async fn checkpoints(
    conn: &mut Connection,
    after: u64,
    upto: u64,
) -> Result<Vec<StoredCheckpoint>, StoreError> {
    let rows = sqlx::query(
        "select size, root, at, note from audit.checkpoint where size > $1 and size <= $2 \
         order by size",
    )
    .bind(number(after))
    .bind(number(upto))
    .fetch_all(conn)
    .await?;
    rows.iter().map(checkpoint).collect()
}

/// The newest signed head; none in an empty log.
pub(super) async fn last_checkpoint(
    conn: &mut Connection,
) -> Result<Option<StoredCheckpoint>, StoreError> {
    let row =
        sqlx::query("select size, root, at, note from audit.checkpoint order by size desc limit 1")
            .fetch_optional(conn)
            .await?;
    row.as_ref().map(checkpoint).transpose()
}

fn checkpoint(row: &PgRow) -> Result<StoredCheckpoint, StoreError> {
    Ok(StoredCheckpoint {
        size: row.try_get::<i64, _>("size")?.unsigned_abs(),
        root: hash(row.try_get("root")?),
        at: row.try_get::<jiff_sqlx::Timestamp, _>("at")?.to_jiff(),
        note: row.try_get("note")?,
    })
}

/// The tiles completed by sizes above `after` and up to `upto`, in the order of completion.
pub(super) async fn tiles(
    conn: &mut Connection,
    after: u64,
    upto: u64,
) -> Result<Vec<Tile>, StoreError> {
    let rows = sqlx::query(
        "select level, index, hashes from audit.tile where completed_at > $1 and completed_at <= $2 \
         order by completed_at, level",
    )
    .bind(number(after))
    .bind(number(upto))
    .fetch_all(conn)
    .await?;
    rows.iter().map(tile).collect()
}

/// `count` tiles of `level` from `index` on, in order.
pub(super) async fn tiles_of(
    conn: &mut Connection,
    level: u32,
    index: u64,
    count: u64,
) -> Result<Vec<Tile>, StoreError> {
    let rows = sqlx::query(
        "select level, index, hashes from audit.tile where level = $1 and index >= $2 \
         order by index limit $3",
    )
    .bind(i16::try_from(level).unwrap_or(i16::MAX))
    .bind(number(index))
    .bind(number(count))
    .fetch_all(conn)
    .await?;
    rows.iter().map(tile).collect()
}

fn tile(row: &PgRow) -> Result<Tile, StoreError> {
    let hashes: &[u8] = row.try_get("hashes")?;
    Ok(Tile {
        level: u8::try_from(row.try_get::<i16, _>("level")?).unwrap_or(u8::MAX),
        index: row.try_get::<i64, _>("index")?.unsigned_abs(),
        hashes: hashes.chunks(32).map(hash).collect(),
    })
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
