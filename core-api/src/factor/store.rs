//! The SQL of second factors and recovery codes.

use ::store::sealing::{Aad, Owner, Sealed, Sealer};
use ::store::{Connection, StoreError};
use domain::AccountId;
use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use sqlx::postgres::PgRow;
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::factor::model::{FactorRecord, Kind};
use crate::store::{Cells as _, damaged};

macro_rules! select {
    ($tail:literal) => {
        concat!(
            "select id, kind, label, secret_sealed, last_step, created_at, \
             confirmed_at, last_used_at from core.factor ",
            $tail
        )
    };
}

/// Where the secret of factor `id` is kept.
const fn place(id: Uuid) -> Aad {
    Aad {
        table: "core.factor",
        column: "secret_sealed",
        row: id,
    }
}

fn record(row: &PgRow) -> Result<FactorRecord, StoreError> {
    Ok(FactorRecord {
        id: row.cell("id")?,
        kind: row.word("core.factor", "kind", Kind::from_name)?,
        label: row.cell("label")?,
        secret: row.cell("secret_sealed")?,
        last_step: row.cell("last_step")?,
        created_at: row.time("created_at")?,
        confirmed_at: row.time_or_null("confirmed_at")?,
        last_used_at: row.time_or_null("last_used_at")?,
    })
}

/// Opens the secret of a factor.
pub(crate) async fn open(
    sealer: &Sealer,
    factor: &FactorRecord,
) -> Result<Zeroizing<Vec<u8>>, StoreError> {
    let sealed = Sealed::from_bytes(factor.secret.clone());
    sealer
        .open(place(factor.id), &sealed)
        .await
        .map_err(|error| {
            tracing::error!(%error, factor.id = %factor.id, "A second factor does not open");
            damaged("core.factor", "secret_sealed", factor.id.to_string())
        })
}

/// Waits for its turn to change what `account` signs in with, until the transaction ends.
pub(crate) async fn lock(conn: &mut Connection, account: AccountId) -> Result<(), StoreError> {
    sqlx::query("select from core.account where id = $1 for no key update")
        .bind(account.as_uuid())
        .execute(conn)
        .await?;
    Ok(())
}

/// The factors of `account` that count, oldest first.
pub(crate) async fn confirmed(
    conn: &mut Connection,
    account: AccountId,
) -> Result<Vec<FactorRecord>, StoreError> {
    let rows = sqlx::query(select!(
        "where account_id = $1 and confirmed_at is not null order by confirmed_at, id"
    ))
    .bind(account.as_uuid())
    .fetch_all(conn)
    .await?;
    rows.iter().map(record).collect()
}

/// The factor of `account` that is being set up.
pub(crate) async fn pending(
    conn: &mut Connection,
    account: AccountId,
    id: Uuid,
) -> Result<Option<FactorRecord>, StoreError> {
    let row = sqlx::query(select!(
        "where id = $2 and account_id = $1 and confirmed_at is null for update"
    ))
    .bind(account.as_uuid())
    .bind(id)
    .fetch_optional(conn)
    .await?;
    row.as_ref().map(record).transpose()
}

/// A factor about to be stored.
pub(crate) struct NewFactor<'a> {
    pub(crate) id: Uuid,
    pub(crate) account: AccountId,
    pub(crate) kind: Kind,
    pub(crate) label: &'a str,
    pub(crate) secret: &'a [u8],
}

/// Stores a factor that is being set up, in place of whatever was before.
pub(crate) async fn insert(
    conn: &mut Connection,
    sealer: &Sealer,
    factor: &NewFactor<'_>,
    now: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query("delete from core.factor where account_id = $1 and confirmed_at is null")
        .bind(factor.account.as_uuid())
        .execute(&mut *conn)
        .await?;
    let organisation: Uuid =
        sqlx::query_scalar("select organisation_id from core.account where id = $1")
            .bind(factor.account.as_uuid())
            .fetch_one(&mut *conn)
            .await?;
    let owner = Owner::Organisation(Some(organisation.into()));
    let sealed = sealer
        .key(owner)
        .await?
        .seal(place(factor.id), factor.secret)?;
    sqlx::query(
        "insert into core.factor \
         (id, account_id, kind, label, secret_sealed, created_at) \
         values ($1, $2, $3, $4, $5, $6)",
    )
    .bind(factor.id)
    .bind(factor.account.as_uuid())
    .bind(factor.kind.name())
    .bind(factor.label)
    .bind(sealed)
    .bind(now.to_sqlx())
    .execute(conn)
    .await?;
    Ok(())
}

/// Makes the factor count; its code of `step` has been used up.
pub(crate) async fn confirm(
    conn: &mut Connection,
    id: Uuid,
    step: i64,
    now: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query(
        "update core.factor set confirmed_at = $3, last_used_at = $3, last_step = $2 \
         where id = $1",
    )
    .bind(id)
    .bind(step)
    .bind(now.to_sqlx())
    .execute(conn)
    .await?;
    Ok(())
}

/// Uses the code of `step` up; false when it, or a later one, was used before.
pub(crate) async fn use_step(
    conn: &mut Connection,
    id: Uuid,
    step: i64,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "update core.factor set last_step = $2, last_used_at = $3 \
         where id = $1 and (last_step is null or last_step < $2)",
    )
    .bind(id)
    .bind(step)
    .bind(now.to_sqlx())
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Calls a factor that counts something else; false when the account has no such factor.
pub(crate) async fn rename(
    conn: &mut Connection,
    account: AccountId,
    id: Uuid,
    label: &str,
) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "update core.factor set label = $3 \
         where id = $2 and account_id = $1 and confirmed_at is not null",
    )
    .bind(account.as_uuid())
    .bind(id)
    .bind(label)
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Removes a factor that counts; false when the account has no such factor.
pub(crate) async fn remove(
    conn: &mut Connection,
    account: AccountId,
    id: Uuid,
) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "delete from core.factor where id = $2 and account_id = $1 and confirmed_at is not null",
    )
    .bind(account.as_uuid())
    .bind(id)
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Removes every factor and recovery code of `account`; how many factors there were.
pub(crate) async fn remove_all(
    conn: &mut Connection,
    account: AccountId,
) -> Result<u64, StoreError> {
    let done = sqlx::query("delete from core.factor where account_id = $1")
        .bind(account.as_uuid())
        .execute(&mut *conn)
        .await?;
    replace_codes(conn, account, &[], Timestamp::UNIX_EPOCH).await?;
    Ok(done.rows_affected())
}

/// Replaces the recovery codes of `account`.
pub(crate) async fn replace_codes(
    conn: &mut Connection,
    account: AccountId,
    hashes: &[Vec<u8>],
    now: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query("delete from core.recovery_code where account_id = $1")
        .bind(account.as_uuid())
        .execute(&mut *conn)
        .await?;
    sqlx::query(
        "insert into core.recovery_code (account_id, code_hash, created_at) \
         select $1, hash, $3 from unnest($2::bytea[]) as hash",
    )
    .bind(account.as_uuid())
    .bind(hashes)
    .bind(now.to_sqlx())
    .execute(conn)
    .await?;
    Ok(())
}

/// Uses a recovery code up; false when there is no such code left.
pub(crate) async fn use_code(
    conn: &mut Connection,
    account: AccountId,
    hash: &[u8],
    now: Timestamp,
) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "update core.recovery_code set used_at = $3 \
         where account_id = $1 and code_hash = $2 and used_at is null",
    )
    .bind(account.as_uuid())
    .bind(hash)
    .bind(now.to_sqlx())
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// How many recovery codes of `account` are left.
pub(crate) async fn codes_left(
    conn: &mut Connection,
    account: AccountId,
) -> Result<i64, StoreError> {
    Ok(sqlx::query_scalar(
        "select count(*) from core.recovery_code where account_id = $1 and used_at is null",
    )
    .bind(account.as_uuid())
    .fetch_one(conn)
    .await?)
}
