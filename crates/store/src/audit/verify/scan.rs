//! Feeding a live database into a [`Sink`].

use std::io;

use sqlx::Connection as _;

use super::Sink;
use crate::audit::log;
use crate::{Connection, StoreError};

/// Entries read in one go: some 4 MiB of rows.
const RUN: u32 = 4_096;

/// The log cannot be read through.
#[derive(Debug, thiserror::Error)]
pub enum ScanError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Where it is being written to, or read from.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// Reads the whole log of the database behind `conn` into `sink`, as one snapshot: what is
/// written meanwhile is left out. Takes no lock and changes nothing.
///
/// # Errors
/// [`ScanError`].
pub async fn scan(conn: &mut Connection, sink: &mut impl Sink) -> Result<(), ScanError> {
    let mut tx = conn.begin().await.map_err(StoreError::from)?;
    sqlx::raw_sql(
        "set transaction isolation level repeatable read, read only; \
         set local statement_timeout = 0; \
         set local idle_in_transaction_session_timeout = 0",
    )
    .execute(&mut *tx)
    .await
    .map_err(StoreError::from)?;
    let tail = log::tail(&mut tx).await?;
    let size = tail
        .as_ref()
        .map_or(0, |tail| tail.leaf.seq.saturating_add(1));
    sink.log(&log::origin(&mut tx).await?, size)?;
    let mut from = 0;
    loop {
        let leaves = log::leaves(&mut tx, from, RUN).await?;
        let Some(last) = leaves.last() else { break };
        let upto = last.seq.saturating_add(1);
        heads(&mut tx, sink, from, upto).await?;
        let rows = log::rows_of(&mut tx, &leaves).await?;
        for leaf in &leaves {
            sink.entry(leaf, rows.get(&(leaf.event, leaf.event_at)))?;
        }
        from = upto;
    }
    heads(&mut tx, sink, from, u64::MAX).await?;
    let mut after: Option<(String, uuid::Uuid)> = None;
    loop {
        let place = after.as_ref().map(|(xid, id)| (xid.as_str(), *id));
        let rows = log::without_entry(&mut tx, place, RUN).await?;
        let xids: Vec<_> = rows.iter().map(|written| written.xid.clone()).collect();
        let behind = log::is_behind(&mut tx, &xids, tail.as_ref()).await?;
        for (written, behind) in rows.iter().zip(behind) {
            sink.unsealed(&written.row, behind)?;
        }
        let full = rows.len() == RUN as usize;
        match rows.last() {
            Some(last) if full => after = Some((last.xid.clone(), last.row.id)),
            _ => break,
        }
    }
    for row in log::timeless(&mut tx).await? {
        sink.timeless(row)?;
    }
    Ok(tx.rollback().await.map_err(StoreError::from)?)
}

/// Checkpoints and tiles that end above `after` and up to `upto`.
async fn heads(
    conn: &mut Connection,
    sink: &mut impl Sink,
    after: u64,
    upto: u64,
) -> Result<(), ScanError> {
    for checkpoint in log::checkpoints(conn, after, upto).await? {
        sink.checkpoint(&checkpoint.note, checkpoint.size, checkpoint.at)?;
    }
    for tile in log::tiles(conn, after, upto).await? {
        sink.tile(tile.level, tile.index, &tile.hashes)?;
    }
    Ok(())
}
