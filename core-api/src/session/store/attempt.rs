//! The SQL of sign-ins that wait for a second factor.

use ::store::{Connection, StoreError};
use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use uuid::Uuid;

use crate::session::attempt::{AttemptRecord, NewAttempt};
use crate::session::secret::Secret;
use crate::store::Cells as _;

/// Stores an attempt.
pub(crate) async fn insert(
    conn: &mut Connection,
    attempt: &NewAttempt<'_>,
) -> Result<(), StoreError> {
    sqlx::query(
        "insert into core.sign_in_attempt \
         (id, account_id, secret_hash, created_at, expires_at, tokens) \
         values ($1, $2, $3, $4, $5, $6)",
    )
    .bind(attempt.id)
    .bind(attempt.account.as_uuid())
    .bind(attempt.secret.hash())
    .bind(attempt.created_at.to_sqlx())
    .bind(attempt.expires_at.to_sqlx())
    .bind(attempt.tokens)
    .execute(conn)
    .await?;
    Ok(())
}

/// The attempt with this secret, locked until the transaction ends.
pub(crate) async fn lock(
    conn: &mut Connection,
    secret: &Secret,
) -> Result<Option<AttemptRecord>, StoreError> {
    let row = sqlx::query(
        "select id, account_id, expires_at, failures, tokens from core.sign_in_attempt \
         where secret_hash = $1 for update",
    )
    .bind(secret.hash())
    .fetch_optional(conn)
    .await?;
    row.map(|row| {
        Ok(AttemptRecord {
            id: row.cell("id")?,
            account: row.id("account_id")?,
            expires_at: row.time("expires_at")?,
            failures: row.cell("failures")?,
            tokens: row.cell("tokens")?,
        })
    })
    .transpose()
}

/// Counts a wrong second factor.
pub(crate) async fn failed(conn: &mut Connection, id: Uuid) -> Result<(), StoreError> {
    sqlx::query("update core.sign_in_attempt set failures = failures + 1 where id = $1")
        .bind(id)
        .execute(conn)
        .await?;
    Ok(())
}

/// Forgets the attempt: it has become a session.
pub(crate) async fn remove(conn: &mut Connection, id: Uuid) -> Result<(), StoreError> {
    sqlx::query("delete from core.sign_in_attempt where id = $1")
        .bind(id)
        .execute(conn)
        .await?;
    Ok(())
}

/// Forgets attempts whose time was over at `now`.
pub(crate) async fn remove_old(conn: &mut Connection, now: Timestamp) -> Result<(), StoreError> {
    sqlx::query("delete from core.sign_in_attempt where expires_at <= $1")
        .bind(now.to_sqlx())
        .execute(conn)
        .await?;
    Ok(())
}
