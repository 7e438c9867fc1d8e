//! The SQL of idempotency keys.

use ::store::{Connection, StoreError};
use domain::AccountId;
use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use uuid::Uuid;

use crate::idempotency::Request;

/// Records the key; false when it is there already.
pub(super) async fn insert(
    conn: &mut Connection,
    account: AccountId,
    request: &Request,
    resource: Uuid,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "insert into core.idempotency_key \
         (account_id, route, key, request_hash, resource_id, created_at) \
         values ($1, $2, $3, $4, $5, $6) on conflict do nothing",
    )
    .bind(account.as_uuid())
    .bind(request.route)
    .bind(&request.key.0)
    .bind(&request.hash)
    .bind(resource)
    .bind(now.to_sqlx())
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// The hash of the request that used the key, and what it made.
pub(super) async fn find(
    conn: &mut Connection,
    account: AccountId,
    request: &Request,
) -> Result<Option<(Vec<u8>, Uuid)>, StoreError> {
    Ok(sqlx::query_as(
        "select request_hash, resource_id from core.idempotency_key \
         where account_id = $1 and route = $2 and key = $3",
    )
    .bind(account.as_uuid())
    .bind(request.route)
    .bind(&request.key.0)
    .fetch_optional(conn)
    .await?)
}
