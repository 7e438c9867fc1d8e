//! The SQL of refresh tokens.

use ::store::{Connection, StoreError};
use domain::SessionId;
use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use uuid::Uuid;

use crate::session::secret::Secret;
use crate::store::Cells as _;

/// A refresh token as stored.
pub(crate) struct RefreshRecord {
    pub(crate) id: Uuid,
    pub(crate) session: SessionId,
    pub(crate) used: bool,
}

/// Stores a refresh token of `session`.
pub(crate) async fn insert(
    conn: &mut Connection,
    id: Uuid,
    session: SessionId,
    secret: &Secret,
    now: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query(
        "insert into core.refresh_token (id, session_id, secret_hash, created_at) \
         values ($1, $2, $3, $4)",
    )
    .bind(id)
    .bind(session.as_uuid())
    .bind(secret.hash())
    .bind(now.to_sqlx())
    .execute(conn)
    .await?;
    Ok(())
}

/// The refresh token with this secret, locked until the transaction ends: of two refreshes at
/// once the second sees that it was used.
pub(crate) async fn lock(
    conn: &mut Connection,
    secret: &Secret,
) -> Result<Option<RefreshRecord>, StoreError> {
    let row = sqlx::query(
        "select id, session_id, used_at is not null as used from core.refresh_token \
         where secret_hash = $1 for update",
    )
    .bind(secret.hash())
    .fetch_optional(conn)
    .await?;
    row.map(|row| {
        Ok(RefreshRecord {
            id: row.cell("id")?,
            session: row.id("session_id")?,
            used: row.cell("used")?,
        })
    })
    .transpose()
}

/// Marks the refresh token as used.
pub(crate) async fn mark_used(
    conn: &mut Connection,
    id: Uuid,
    now: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query("update core.refresh_token set used_at = $2 where id = $1")
        .bind(id)
        .bind(now.to_sqlx())
        .execute(conn)
        .await?;
    Ok(())
}
