//! Putting newer keys in the place of older ones while the program runs.
//!
//! A rotation of data keys retires every key that seals, so that each owner gets a new one when
//! something is next sealed for it, and then re-seals, column by column in batches, whatever lies
//! under a key that does not seal any more. A value that somebody changed meanwhile is left to
//! them: they sealed it anew. How far it has come is kept with each batch, so that a rotation
//! which was interrupted goes on where it was. Retired keys stay, because backups need them.

use jiff::SignedDuration;
use sqlx::{AssertSqlSafe, Connection as _};
use uuid::Uuid;

use super::audit::did;
use super::cache::STALE;
use super::error::{KeysError, SealingError};
use super::place::{Aad, Owner, SealedColumn};
use super::provider::Wrapped;
use super::ring::KeyRing;
use super::store::{self, Progress};
use crate::audit::Action;
use crate::{Audit, Connection, Events, StoreError};

/// How a rotation goes about its work.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// Values in one transaction, 1 or more.
    pub batch: i64,
    /// Rest between batches.
    pub rest: std::time::Duration,
}

/// What a rotation did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Rotated {
    /// Values under new keys now.
    pub resealed: u64,
    /// Values whose key was destroyed before.
    pub erased: u64,
    /// Values that do not open; they are as they were.
    pub damaged: u64,
}

/// Re-seals every value of `columns` under new data keys; goes on with a rotation that was
/// interrupted. `owner` is a connection as the owner.
///
/// # Errors
/// [`KeysError`]; what was done until then stays done, and the next call goes on.
pub async fn rotate(
    ring: &KeyRing,
    owner: &mut Connection,
    columns: &[SealedColumn],
    pace: Pace,
) -> Result<Rotated, KeysError> {
    if !store::lock_rotation(owner).await? {
        return Err(KeysError::Busy);
    }
    let (rotation, retired_at) = begin(ring, owner).await?;
    for column in columns {
        store::begin_column(owner, rotation, column).await?;
    }
    let mut first = true;
    loop {
        let mut moved = 0;
        for column in columns {
            moved += pass(ring, owner, rotation, column, pace).await?;
        }
        if moved == 0 && !first {
            break;
        }
        first = false;
        // Another process may take a retired key for the one that seals for a moment yet: what it
        // wrote meanwhile is found by another pass.
        let rest = STALE - ring.now().duration_since(retired_at);
        if rest > SignedDuration::ZERO {
            tokio::time::sleep(rest.unsigned_abs()).await;
        }
        for column in columns {
            store::rewind(owner, rotation, column).await?;
        }
    }
    let done = store::total(owner, rotation).await?;
    let audit = did(Action::Rotate)
        .resource(rotation)
        .detail("step", "finished")
        .detail("resealed", i64::try_from(done.resealed).unwrap_or(i64::MAX));
    record(ring, audit).await?;
    store::finish(owner, rotation, ring.now()).await?;
    Ok(done)
}

async fn record(ring: &KeyRing, entry: crate::AuditEntry) -> Result<(), StoreError> {
    let tx = ring.db().begin_keys().await?;
    tx.commit(Audit::of(entry), Events::none()).await
}

/// The rotation that was interrupted, or a new one, and when its keys were retired.
async fn begin(
    ring: &KeyRing,
    owner: &mut Connection,
) -> Result<(Uuid, jiff::Timestamp), KeysError> {
    if let Some(found) = store::running(owner).await? {
        return Ok(found);
    }
    let rotation = ring.db().inner().ids.make().map_err(StoreError::from)?;
    let now = ring.now();
    // First on record, then done.
    let audit = did(Action::Rotate)
        .resource(rotation)
        .detail("step", "begun");
    record(ring, audit).await?;
    let mut tx = owner.begin().await?;
    store::begin_rotation(&mut tx, rotation, now).await?;
    tx.commit().await?;
    ring.forget();
    Ok((rotation, now))
}

/// Goes once through a column; how many values it re-sealed.
async fn pass(
    ring: &KeyRing,
    owner: &mut Connection,
    rotation: Uuid,
    column: &SealedColumn,
    pace: Pace,
) -> Result<u64, KeysError> {
    let mut moved = 0;
    loop {
        let after = store::position(owner, rotation, column).await?;
        let mut tx = owner.begin().await?;
        let rows = batch(&mut tx, column, after, pace.batch.max(1)).await?;
        let Some(last) = rows.last().map(|row| row.id) else {
            return Ok(moved);
        };
        let mut progress = Progress {
            after: last,
            seen: i64::try_from(rows.len()).unwrap_or(i64::MAX),
            ..Progress::default()
        };
        for row in &rows {
            match reseal(ring, column, row).await {
                Ok(None) => {}
                Ok(Some(value)) => {
                    progress.resealed += replace(&mut tx, column, row, value).await?
                }
                Err(SealingError::Erased) => progress.erased += 1,
                Err(
                    error @ (SealingError::Store(_)
                    | SealingError::Provider(_)
                    | SealingError::Library),
                ) => return Err(error.into()),
                Err(error) => {
                    let (table, column) = (column.table, column.column);
                    tracing::error!(%error, row = %row.id, "A value of {table}.{column} does not open");
                    progress.damaged += 1;
                }
            }
        }
        store::advance(&mut tx, rotation, column, &progress).await?;
        tx.commit().await?;
        moved += u64::try_from(progress.resealed).unwrap_or_default();
        if !pace.rest.is_zero() {
            tokio::time::sleep(pace.rest).await;
        }
    }
}

/// A sealed value, and whose it is.
#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    value: Vec<u8>,
    organisation: Option<Uuid>,
    subject: Option<Uuid>,
}

async fn batch(
    conn: &mut Connection,
    column: &SealedColumn,
    after: Option<Uuid>,
    limit: i64,
) -> Result<Vec<Row>, StoreError> {
    let SealedColumn {
        table,
        column,
        organisation,
        subject,
        ..
    } = column;
    // Names and expressions are constants of this program.
    let sql = format!(
        "select t.id, t.{column} as value, {organisation} as organisation, s.subject \
         from {table} t cross join lateral (select {subject} as subject) s \
         where t.{column} is not null and ($1::uuid is null or t.id > $1) order by t.id limit $2"
    );
    Ok(sqlx::query_as(AssertSqlSafe(sql))
        .bind(after)
        .bind(limit)
        .fetch_all(conn)
        .await?)
}

/// The value under the key that seals now; none where it is.
async fn reseal(
    ring: &KeyRing,
    column: &SealedColumn,
    row: &Row,
) -> Result<Option<Vec<u8>>, SealingError> {
    let sealer = ring.sealer(column.class);
    let organisation = row.organisation.map(Into::into);
    let owner = match row.subject {
        Some(subject) => Owner::Subject {
            organisation,
            subject,
        },
        None => Owner::Organisation(organisation),
    };
    let key = sealer.key(owner).await?;
    if key.sealed(&row.value) {
        return Ok(None);
    }
    let place = Aad {
        table: column.table,
        column: column.column,
        row: row.id,
    };
    let plain = sealer
        .unlock([&*row.value])
        .await?
        .open(place, &row.value)?;
    Ok(Some(key.seal(place, &plain)?.into_bytes()))
}

/// Puts the new value in the place of the one that was read; 0 when somebody else was faster.
async fn replace(
    conn: &mut Connection,
    column: &SealedColumn,
    row: &Row,
    value: Vec<u8>,
) -> Result<i64, StoreError> {
    let SealedColumn { table, column, .. } = column;
    let sql = format!("update {table} set {column} = $3 where id = $1 and {column} = $2");
    let done = sqlx::query(AssertSqlSafe(sql))
        .bind(row.id)
        .bind(&row.value)
        .bind(value)
        .execute(conn)
        .await?;
    Ok(i64::try_from(done.rows_affected()).unwrap_or_default())
}

/// Wraps every key that the provider wrapped under an older key-encryption key under its current
/// one, and retires the older ones; how many keys that were. Safe to repeat and to interrupt.
///
/// # Errors
/// [`KeysError`]; keys wrapped until then stay so.
pub async fn rewrap(ring: &KeyRing, owner: &mut Connection) -> Result<u64, KeysError> {
    let current = ring.own_check().await?.kek;
    let mut done = 0;
    let audit = did(Action::Rotate).detail("step", "wrapped_anew");
    record(ring, audit).await?;
    for key in store::wrapped_by_others(owner, &current).await? {
        let (Some(kek), Some(bytes)) = (key.kek.clone(), key.wrapped.clone()) else {
            continue;
        };
        let context = key.context();
        let old = Wrapped { kek, bytes };
        let secret = ring.provider().unwrap(&context, &old).await?;
        let new = ring.provider().wrap(&context, &secret).await?;
        done += store::rewrap(
            owner,
            key.id,
            (&old.kek, &old.bytes),
            (&new.kek, &new.bytes),
        )
        .await?;
    }
    store::retire_keks(owner, &current, ring.now()).await?;
    ring.forget();
    Ok(done)
}
