//! The SQL of passkeys and their challenges.

use ::store::{Connection, StoreError};
use auth::webauthn::{NewCredential, Proven};
use domain::AccountId;
use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use sqlx::postgres::PgRow;
use uuid::Uuid;

use crate::passkey::model::{PasskeyRecord, Purpose};
use crate::session::secret::Secret;
use crate::store::{Cells as _, damaged};

/// The constraint that keeps one key from being added twice.
pub(crate) const CREDENTIAL_KEY: &str = "passkey_credential_key";

macro_rules! select {
    ($tail:literal) => {
        concat!(
            "select id, account_id, credential_id, public_key, sign_count, backup_eligible, \
             transports, label, created_at, last_used_at from core.passkey ",
            $tail
        )
    };
}

fn record(row: &PgRow) -> Result<PasskeyRecord, StoreError> {
    let sign_count: i64 = row.cell("sign_count")?;
    let sign_count = u32::try_from(sign_count);
    Ok(PasskeyRecord {
        id: row.cell("id")?,
        account: row.id("account_id")?,
        credential: row.cell("credential_id")?,
        public_key: row.cell("public_key")?,
        sign_count: sign_count.map_err(|_| damaged("core.passkey", "sign_count", row.key()))?,
        backup_eligible: row.cell("backup_eligible")?,
        transports: row.cell("transports")?,
        label: row.cell("label")?,
        created_at: row.time("created_at")?,
        last_used_at: row.time_or_null("last_used_at")?,
    })
}

/// The passkeys of `account`, oldest first.
pub(crate) async fn of_account(
    conn: &mut Connection,
    account: AccountId,
) -> Result<Vec<PasskeyRecord>, StoreError> {
    let rows = sqlx::query(select!("where account_id = $1 order by created_at, id"))
        .bind(account.as_uuid())
        .fetch_all(conn)
        .await?;
    rows.iter().map(record).collect()
}

/// The passkey that its authenticator calls `credential`, locked until the transaction ends: of
/// two answers at once the second sees the counter of the first.
pub(crate) async fn lock(
    conn: &mut Connection,
    credential: &[u8],
) -> Result<Option<PasskeyRecord>, StoreError> {
    let row = sqlx::query(select!("where credential_id = $1 for update"))
        .bind(credential)
        .fetch_optional(conn)
        .await?;
    row.as_ref().map(record).transpose()
}

/// A passkey about to be stored.
pub(crate) struct NewPasskey<'a> {
    pub(crate) id: Uuid,
    pub(crate) account: AccountId,
    pub(crate) made: &'a NewCredential,
    pub(crate) transports: &'a [String],
    pub(crate) label: &'a str,
}

/// Stores a passkey. Violates [`CREDENTIAL_KEY`] when there is one of that name.
pub(crate) async fn insert(
    conn: &mut Connection,
    passkey: &NewPasskey<'_>,
    now: Timestamp,
) -> Result<(), StoreError> {
    let made = passkey.made;
    sqlx::query(
        "insert into core.passkey (id, account_id, credential_id, public_key, sign_count, \
         backup_eligible, backed_up, transports, label, created_at) \
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
    )
    .bind(passkey.id)
    .bind(passkey.account.as_uuid())
    .bind(&made.id)
    .bind(&made.public_key)
    .bind(i64::from(made.sign_count))
    .bind(made.backup_eligible)
    .bind(made.backed_up)
    .bind(passkey.transports)
    .bind(passkey.label)
    .bind(now.to_sqlx())
    .execute(conn)
    .await?;
    Ok(())
}

/// Keeps what a passkey said of itself when it signed.
pub(crate) async fn used(
    conn: &mut Connection,
    id: Uuid,
    proven: &Proven,
    now: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query(
        "update core.passkey set sign_count = $2, backed_up = $3, last_used_at = $4 where id = $1",
    )
    .bind(id)
    .bind(i64::from(proven.sign_count))
    .bind(proven.backed_up)
    .bind(now.to_sqlx())
    .execute(conn)
    .await?;
    Ok(())
}

/// Calls a passkey of `account` something else; false when there is no such passkey.
pub(crate) async fn rename(
    conn: &mut Connection,
    account: AccountId,
    id: Uuid,
    label: &str,
) -> Result<bool, StoreError> {
    let done = sqlx::query("update core.passkey set label = $3 where id = $2 and account_id = $1")
        .bind(account.as_uuid())
        .bind(id)
        .bind(label)
        .execute(conn)
        .await?;
    Ok(done.rows_affected() == 1)
}

/// Removes a passkey of `account`; false when there is no such passkey.
pub(crate) async fn remove(
    conn: &mut Connection,
    account: AccountId,
    id: Uuid,
) -> Result<bool, StoreError> {
    let done = sqlx::query("delete from core.passkey where id = $2 and account_id = $1")
        .bind(account.as_uuid())
        .bind(id)
        .execute(conn)
        .await?;
    Ok(done.rows_affected() == 1)
}

/// Removes every passkey of `account`.
pub(crate) async fn remove_all(
    conn: &mut Connection,
    account: AccountId,
) -> Result<(), StoreError> {
    sqlx::query("delete from core.passkey where account_id = $1")
        .bind(account.as_uuid())
        .execute(conn)
        .await?;
    Ok(())
}

/// Remembers a challenge.
pub(crate) async fn remember(
    conn: &mut Connection,
    challenge: &Secret,
    purpose: Purpose,
    expires_at: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query(
        "insert into core.passkey_challenge \
         (challenge_hash, purpose, session_id, attempt_id, expires_at) values ($1, $2, $3, $4, $5)",
    )
    .bind(challenge.hash())
    .bind(purpose.name())
    .bind(purpose.session().map(|id| id.as_uuid()))
    .bind(purpose.attempt())
    .bind(expires_at.to_sqlx())
    .execute(conn)
    .await?;
    Ok(())
}

/// Uses a challenge up; false when there is none that counts for `purpose` at `now`.
pub(crate) async fn take(
    conn: &mut Connection,
    challenge: &Secret,
    purpose: Purpose,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "delete from core.passkey_challenge where challenge_hash = $1 and purpose = $2 \
         and session_id is not distinct from $3 and attempt_id is not distinct from $4 \
         and expires_at > $5",
    )
    .bind(challenge.hash())
    .bind(purpose.name())
    .bind(purpose.session().map(|id| id.as_uuid()))
    .bind(purpose.attempt())
    .bind(now.to_sqlx())
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Forgets challenges whose time was over at `now`.
pub(crate) async fn remove_old(conn: &mut Connection, now: Timestamp) -> Result<(), StoreError> {
    sqlx::query("delete from core.passkey_challenge where expires_at <= $1")
        .bind(now.to_sqlx())
        .execute(conn)
        .await?;
    Ok(())
}
