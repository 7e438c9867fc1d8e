//! The SQL of notices.

use ::store::{Connection, StoreError};
use domain::AccountId;
use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use uuid::Uuid;

use crate::notice::dto::Notice;
use crate::store::Cells as _;

/// Stores a notice.
pub(super) async fn insert(
    conn: &mut Connection,
    id: Uuid,
    account: AccountId,
    kind: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query(
        "insert into core.security_notice (id, account_id, kind, at) values ($1, $2, $3, $4)",
    )
    .bind(id)
    .bind(account.as_uuid())
    .bind(kind)
    .bind(now.to_sqlx())
    .execute(conn)
    .await?;
    Ok(())
}

/// Up to `limit` notices of `account`, newest first.
pub(super) async fn latest(
    conn: &mut Connection,
    account: AccountId,
    limit: i64,
) -> Result<Vec<Notice>, StoreError> {
    let rows = sqlx::query(
        "select id, kind, at from core.security_notice where account_id = $1 \
         order by at desc, id desc limit $2",
    )
    .bind(account.as_uuid())
    .bind(limit)
    .fetch_all(conn)
    .await?;
    rows.iter()
        .map(|row| {
            Ok(Notice {
                id: row.cell("id")?,
                kind: row.cell("kind")?,
                at: row.time("at")?,
            })
        })
        .collect()
}
