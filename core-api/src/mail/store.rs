//! The SQL of outgoing mail.

use ::store::sealing::{Aad, Owner, Sealed, Sealer};
use ::store::{Connection, StoreError};
use domain::AccountId;
use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::mail::letter::{Content, Letter};
use crate::store::{Cells as _, damaged};

/// Where the letter of row `id` is kept.
const fn place(id: Uuid) -> Aad {
    Aad {
        table: "core.mail",
        column: "letter_sealed",
        row: id,
    }
}

/// Letters that wait, counted up to `most`.
pub(super) async fn count_waiting(conn: &mut Connection, most: i64) -> Result<i64, StoreError> {
    Ok(sqlx::query_scalar(
        "select count(*) from (select from core.mail \
         where sent_at is null and given_up_at is null limit $1) as waiting",
    )
    .bind(most)
    .fetch_one(conn)
    .await?)
}

/// Letters to `account` since then.
pub(super) async fn count_since(
    conn: &mut Connection,
    account: AccountId,
    since: Timestamp,
) -> Result<i64, StoreError> {
    Ok(sqlx::query_scalar(
        "select count(*) from core.mail where account_id = $1 and created_at > $2",
    )
    .bind(account.as_uuid())
    .bind(since.to_sqlx())
    .fetch_one(conn)
    .await?)
}

/// Stores a letter that waits to be sent.
pub(super) async fn insert(
    conn: &mut Connection,
    sealer: &Sealer,
    id: Uuid,
    account: AccountId,
    letter: &Letter,
    now: Timestamp,
) -> Result<(), StoreError> {
    let organisation: Uuid =
        sqlx::query_scalar("select organisation_id from core.account where id = $1")
            .bind(account.as_uuid())
            .fetch_one(&mut *conn)
            .await?;
    let owner = Owner::Organisation(Some(organisation.into()));
    let content = serde_json::to_vec(&letter.content);
    let content = Zeroizing::new(content.map_err(|error| StoreError::Defect(error.to_string()))?);
    let sealed = sealer.key(owner).await?.seal(place(id), &content)?;
    sqlx::query(
        "insert into core.mail \
         (id, account_id, kind, letter_sealed, created_at, useless_after, next_try_at) \
         values ($1, $2, $3, $4, $5, $6, $5)",
    )
    .bind(id)
    .bind(account.as_uuid())
    .bind(letter.kind.name())
    .bind(sealed)
    .bind(now.to_sqlx())
    .bind(letter.useless_after.to_sqlx())
    .execute(conn)
    .await?;
    Ok(())
}

/// A letter whose turn it is.
pub(super) struct Due {
    pub(super) id: Uuid,
    pub(super) sealed: Vec<u8>,
    pub(super) tries: i32,
    pub(super) useless_after: Timestamp,
}

/// Takes the letter that has waited for longest, until `again`: whoever took it is expected to
/// say by then what became of it.
pub(super) async fn take(
    conn: &mut Connection,
    now: Timestamp,
    again: Timestamp,
) -> Result<Option<Due>, StoreError> {
    let row = sqlx::query(
        "update core.mail set next_try_at = $2, tries = tries + 1 where id = ( \
             select id from core.mail \
             where sent_at is null and given_up_at is null and next_try_at <= $1 \
             order by next_try_at, id limit 1 for update skip locked \
         ) returning id, letter_sealed, tries, useless_after",
    )
    .bind(now.to_sqlx())
    .bind(again.to_sqlx())
    .fetch_optional(conn)
    .await?;
    row.map(|row| {
        Ok(Due {
            id: row.cell("id")?,
            sealed: row.cell("letter_sealed")?,
            tries: row.cell("tries")?,
            useless_after: row.time("useless_after")?,
        })
    })
    .transpose()
}

/// What a letter says.
pub(super) async fn open(sealer: &Sealer, due: &Due) -> Result<Content, StoreError> {
    let is_damaged = || damaged("core.mail", "letter_sealed", due.id.to_string());
    let sealed = Sealed::from_bytes(due.sealed.clone());
    let opened = sealer.open(place(due.id), &sealed).await;
    let opened = opened.map_err(|error| {
        tracing::error!(%error, mail.id = %due.id, "A letter does not open");
        is_damaged()
    })?;
    serde_json::from_slice(&opened).map_err(|_| is_damaged())
}

/// Keeps that a letter was sent, and nothing of what it said.
pub(super) async fn sent(
    conn: &mut Connection,
    id: Uuid,
    now: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query("update core.mail set sent_at = $2, letter_sealed = null where id = $1")
        .bind(id)
        .bind(now.to_sqlx())
        .execute(conn)
        .await?;
    Ok(())
}

/// Keeps that a letter was given up, and nothing of what it said.
pub(super) async fn given_up(
    conn: &mut Connection,
    id: Uuid,
    now: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query("update core.mail set given_up_at = $2, letter_sealed = null where id = $1")
        .bind(id)
        .bind(now.to_sqlx())
        .execute(conn)
        .await?;
    Ok(())
}

/// Has a letter wait until `then`.
pub(super) async fn again(
    conn: &mut Connection,
    id: Uuid,
    then: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query("update core.mail set next_try_at = $2 where id = $1")
        .bind(id)
        .bind(then.to_sqlx())
        .execute(conn)
        .await?;
    Ok(())
}

/// Forgets letters that were put down before `then` and wait no more.
pub(super) async fn remove_old(conn: &mut Connection, then: Timestamp) -> Result<(), StoreError> {
    sqlx::query(
        "delete from core.mail where created_at <= $1 \
         and (sent_at is not null or given_up_at is not null)",
    )
    .bind(then.to_sqlx())
    .execute(conn)
    .await?;
    Ok(())
}
