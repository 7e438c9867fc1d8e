//! The SQL of links by mail and of asking for them.

use ::store::sealing::{Aad, Owner, Sealer};
use ::store::{Connection, StoreError};
use domain::{AccountId, Pii};
use jiff::{SignedDuration, Timestamp};
use jiff_sqlx::ToSqlx as _;
use uuid::Uuid;

use crate::account_link::model::{LinkRecord, Purpose};
use crate::session::secret::Secret;
use crate::store::{self as core_store, Cells as _};

/// How long a request may wait: longer than any link counts.
const REQUEST: SignedDuration = SignedDuration::from_hours(1);

/// Where the address of request `id` is kept.
const fn place(id: Uuid) -> Aad {
    Aad {
        table: "core.link_request",
        column: "address_sealed",
        row: id,
    }
}

/// Requests that wait, counted up to `most`.
pub(super) async fn count_requests(conn: &mut Connection, most: i64) -> Result<i64, StoreError> {
    Ok(
        sqlx::query_scalar("select count(*) from (select from core.link_request limit $1) as all_")
            .bind(most)
            .fetch_one(conn)
            .await?,
    )
}

/// Stores that a link was asked for.
pub(super) async fn request(
    conn: &mut Connection,
    sealer: &Sealer,
    id: Uuid,
    purpose: Purpose,
    address: &Pii<String>,
    now: Timestamp,
) -> Result<(), StoreError> {
    // Whose address it is, and with that whose key would do, is not looked up here.
    let key = sealer.key(Owner::Organisation(None)).await?;
    let sealed = core_store::seal(&key, place(id), address.reveal())?;
    sqlx::query(
        "insert into core.link_request (id, purpose, address_sealed, created_at) \
         values ($1, $2, $3, $4)",
    )
    .bind(id)
    .bind(purpose.name())
    .bind(sealed)
    .bind(now.to_sqlx())
    .execute(conn)
    .await?;
    Ok(())
}

/// A request for a link.
pub(super) struct Request {
    pub(super) purpose: Purpose,
    pub(super) address: Pii<String>,
    pub(super) at: Timestamp,
}

/// Takes the request that has waited for longest; with the transaction on `conn` it is gone.
pub(super) async fn take_request(
    conn: &mut Connection,
    sealer: &Sealer,
) -> Result<Option<Request>, StoreError> {
    let row = sqlx::query(
        "delete from core.link_request where id = ( \
             select id from core.link_request order by created_at, id limit 1 \
             for update skip locked \
         ) returning id, purpose, address_sealed, created_at",
    )
    .fetch_optional(conn)
    .await?;
    let Some(row) = row else {
        return Ok(None);
    };
    let sealed: Vec<u8> = row.cell("address_sealed")?;
    let unlocked = sealer.unlock([sealed.as_slice()]).await?;
    let place = place(row.cell("id")?);
    Ok(Some(Request {
        purpose: row.word("core.link_request", "purpose", Purpose::from_name)?,
        address: core_store::open(&unlocked, place, &sealed)?,
        at: row.time("created_at")?,
    }))
}

/// A link about to be stored.
pub(super) struct NewLink<'a> {
    pub(super) id: Uuid,
    pub(super) account: AccountId,
    pub(super) purpose: Purpose,
    pub(super) secret: &'a Secret,
    pub(super) created_at: Timestamp,
    pub(super) expires_at: Timestamp,
}

/// Stores a link; the ones before it for the same count no more.
pub(super) async fn insert(conn: &mut Connection, link: &NewLink<'_>) -> Result<(), StoreError> {
    sqlx::query("delete from core.account_link where account_id = $1 and purpose = $2")
        .bind(link.account.as_uuid())
        .bind(link.purpose.name())
        .execute(&mut *conn)
        .await?;
    sqlx::query(
        "insert into core.account_link \
         (id, account_id, purpose, secret_hash, created_at, expires_at) \
         values ($1, $2, $3, $4, $5, $6)",
    )
    .bind(link.id)
    .bind(link.account.as_uuid())
    .bind(link.purpose.name())
    .bind(link.secret.hash())
    .bind(link.created_at.to_sqlx())
    .bind(link.expires_at.to_sqlx())
    .execute(conn)
    .await?;
    Ok(())
}

/// The link with this secret, if it counts at `now`.
pub(super) async fn find(
    conn: &mut Connection,
    purpose: Purpose,
    secret: &Secret,
    now: Timestamp,
) -> Result<Option<LinkRecord>, StoreError> {
    let row = sqlx::query(
        "select account_id from core.account_link \
         where secret_hash = $1 and purpose = $2 and expires_at > $3",
    )
    .bind(secret.hash())
    .bind(purpose.name())
    .bind(now.to_sqlx())
    .fetch_optional(conn)
    .await?;
    row.map(|row| {
        Ok(LinkRecord {
            account: row.id("account_id")?,
        })
    })
    .transpose()
}

/// Uses the link with this secret up; none when there is none that counts at `now`. Of two at once
/// one gets it.
pub(super) async fn take(
    conn: &mut Connection,
    purpose: Purpose,
    secret: &Secret,
    now: Timestamp,
) -> Result<Option<LinkRecord>, StoreError> {
    let row = sqlx::query(
        "delete from core.account_link \
         where secret_hash = $1 and purpose = $2 and expires_at > $3 returning account_id",
    )
    .bind(secret.hash())
    .bind(purpose.name())
    .bind(now.to_sqlx())
    .fetch_optional(conn)
    .await?;
    row.map(|row| {
        Ok(LinkRecord {
            account: row.id("account_id")?,
        })
    })
    .transpose()
}

/// Forgets every link of `account`.
pub(crate) async fn remove_all(
    conn: &mut Connection,
    account: AccountId,
) -> Result<(), StoreError> {
    sqlx::query("delete from core.account_link where account_id = $1")
        .bind(account.as_uuid())
        .execute(conn)
        .await?;
    Ok(())
}

/// Forgets links whose time was over at `now`, and requests that nobody could see to in time.
pub(crate) async fn remove_old(conn: &mut Connection, now: Timestamp) -> Result<(), StoreError> {
    let waited = now.saturating_sub(REQUEST).unwrap_or(Timestamp::MIN);
    sqlx::query("delete from core.link_request where created_at <= $1")
        .bind(waited.to_sqlx())
        .execute(&mut *conn)
        .await?;
    sqlx::query("delete from core.account_link where expires_at <= $1")
        .bind(now.to_sqlx())
        .execute(conn)
        .await?;
    Ok(())
}
