//! Months that leave the log after their seven years.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{ToSpan as _, Unit};
use jiff_sqlx::ToSqlx as _;
use sqlx::Connection as _;
use uuid::Uuid;

use super::leaf::Leaf;
use super::verify::archive::{Digest, RETENTION, may_leave_from, month_of};
use super::{Action, Actor, Audit, AuditEntry, Outcome, Purpose, ResourceType, log};
use crate::{Connection, Db, Events, StoreError};

/// Entries read in one go.
const RUN: i64 = 8_192;

/// A month cannot leave.
#[derive(Debug, thiserror::Error)]
pub enum DetachError {
    /// Too early.
    #[error("audit rows are kept for {RETENTION} years: that month may leave from {0} on")]
    TooEarly(Timestamp),
    /// Not a month.
    #[error("write a month as 2026-11")]
    NoMonth,
    /// The database, which also refuses a month that is not there or not sealed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Takes `month` (any day of it, UTC) out of the log; its table `audit.event_YYYY_MM` stays for
/// the operator to keep elsewhere. First an audit row says what leaves, so that verification knows
/// it; only then, and only if the database agrees that every row is sealed and seven years old, it
/// leaves. `owner` is a connection as the owner. Returns how many rows left.
///
/// # Errors
/// [`DetachError`]; the month then stays. A row that announced it may stay too and does no harm.
pub async fn detach_month(
    db: &Db,
    owner: &mut Connection,
    month: Date,
) -> Result<u64, DetachError> {
    let start = month.first_of_month().to_zoned(TimeZone::UTC);
    let start = start.map_err(|_| DetachError::NoMonth)?;
    let end = start
        .checked_add(1.month())
        .map_err(|_| DetachError::NoMonth)?;
    let (start, end) = (start.timestamp(), end.timestamp());
    let number = month_of(start);
    let from = may_leave_from(number).ok_or(DetachError::NoMonth)?;
    let now = db.inner().clock.now();
    if now.round(Unit::Microsecond).unwrap_or(now) < from {
        return Err(DetachError::TooEarly(from));
    }
    let (rows, entries) = digest(owner, start, end).await?;
    let entry = AuditEntry::new(
        Actor::Service("bedside"),
        Action::Archive,
        ResourceType::AuditLog,
        Purpose::Compliance,
    )
    .outcome(Outcome::Success)
    .detail("month", number)
    .detail("rows", i64::try_from(rows).unwrap_or(i64::MAX))
    .detail("entries", entries);
    db.begin()
        .await?
        .commit(Audit::of(entry), Events::none())
        .await?;
    let mut tx = owner.begin().await.map_err(StoreError::from)?;
    sqlx::query("select audit.detach_month($1::timestamptz::date)")
        .bind(start.to_sqlx())
        .execute(&mut *tx)
        .await
        .map_err(StoreError::from)?;
    tx.commit().await.map_err(StoreError::from)?;
    Ok(rows)
}

/// How many entries a month has, and their digest in the order of the log.
async fn digest(
    conn: &mut Connection,
    start: Timestamp,
    end: Timestamp,
) -> Result<(u64, Uuid), StoreError> {
    let mut digest: Option<Digest> = None;
    let mut from = 0;
    loop {
        let leaves: Vec<Leaf> = log::leaves_between(conn, start, end, from, RUN).await?;
        for leaf in &leaves {
            match &mut digest {
                None => digest = Some(Digest::starting_with(leaf)),
                Some(digest) => digest.add(leaf),
            }
        }
        match leaves.last() {
            Some(last) if leaves.len() as i64 == RUN => from = last.seq.saturating_add(1),
            _ => break,
        }
    }
    Ok(digest.map_or((0, Uuid::nil()), Digest::finish))
}
