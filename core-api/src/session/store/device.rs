//! The SQL of the devices accounts sign in from.

use ::store::{Connection, StoreError};
use domain::{AccountId, Pii};
use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use uuid::Uuid;

use crate::session::secret::Secret;

/// Devices remembered of an account; the one unused for longest is forgotten.
const MOST: i64 = 20;

/// Whether the account with this address signed in from this device before. Asked in the same
/// way for addresses without an account.
pub(crate) async fn is_known(
    conn: &mut Connection,
    email: &Pii<String>,
    device: &Secret,
) -> Result<bool, StoreError> {
    Ok(sqlx::query_scalar(
        "select exists (select from core.device d join core.account a on a.id = d.account_id \
         where a.email = $1 and d.secret_hash = $2)",
    )
    .bind(email.reveal())
    .bind(device.hash())
    .fetch_one(conn)
    .await?)
}

/// Whether the account signed in from this device before.
pub(crate) async fn is_of(
    conn: &mut Connection,
    account: AccountId,
    device: &Secret,
) -> Result<bool, StoreError> {
    Ok(sqlx::query_scalar(
        "select exists (select from core.device where account_id = $1 and secret_hash = $2)",
    )
    .bind(account.as_uuid())
    .bind(device.hash())
    .fetch_one(conn)
    .await?)
}

/// Remembers that `account` signed in from `device`. True when that is news: the device is not
/// known, and another one is.
pub(crate) async fn remember(
    conn: &mut Connection,
    id: Uuid,
    account: AccountId,
    device: &Secret,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let others: bool =
        sqlx::query_scalar("select exists (select from core.device where account_id = $1)")
            .bind(account.as_uuid())
            .fetch_one(&mut *conn)
            .await?;
    let known = is_of(conn, account, device).await?;
    sqlx::query(
        "insert into core.device (id, account_id, secret_hash, first_seen_at, last_seen_at) \
         values ($1, $2, $3, $4, $4) \
         on conflict (account_id, secret_hash) do update set last_seen_at = $4",
    )
    .bind(id)
    .bind(account.as_uuid())
    .bind(device.hash())
    .bind(now.to_sqlx())
    .execute(&mut *conn)
    .await?;
    sqlx::query(
        "delete from core.device where id in (select id from core.device \
         where account_id = $1 order by last_seen_at desc, id desc offset $2)",
    )
    .bind(account.as_uuid())
    .bind(MOST)
    .execute(conn)
    .await?;
    Ok(others && !known)
}
