//! The SQL of `audit.tile` and `audit.checkpoint`.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use sqlx::Row as _;
use sqlx::postgres::PgRow;

use super::{hash, number};
use crate::audit::tree::{Hash, Tile};
use crate::{Connection, StoreError};

/// A signed head as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::audit) struct StoredCheckpoint {
    pub(in crate::audit) size: u64,
    pub(in crate::audit) root: Hash,
    pub(in crate::audit) at: Timestamp,
    pub(in crate::audit) note: String,
}

/// Appends complete tiles.
pub(in crate::audit) async fn insert_tiles(
    conn: &mut Connection,
    tiles: &[Tile],
) -> Result<(), StoreError> {
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
pub(in crate::audit) async fn insert_checkpoint(
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
pub(in crate::audit) async fn checkpoints(
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
pub(in crate::audit) async fn last_checkpoint(
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
pub(in crate::audit) async fn tiles(
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
pub(in crate::audit) async fn tiles_of(
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
