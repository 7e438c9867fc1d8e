//! The SQL of keys.

mod rotation;

use domain::OrganisationId;
use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use sqlx::FromRow;
use uuid::Uuid;

use crate::sealing::ring::Slot;
use crate::{Connection, Db, Exempt, StoreError};

pub(in crate::sealing) use rotation::{
    Progress, advance, begin_column, begin_rotation, finish, headers, kek_states, key_states,
    lock_rotation, position, retire_keks, rewind, rewrap, running, states, total,
    wrapped_by_others,
};

/// A data key as stored.
#[derive(Debug, Clone, FromRow)]
pub(in crate::sealing) struct StoredKey {
    pub(in crate::sealing) id: Uuid,
    pub(in crate::sealing) class: String,
    #[sqlx(rename = "organisation_id")]
    pub(in crate::sealing) organisation: Option<Uuid>,
    #[sqlx(rename = "subject_id")]
    pub(in crate::sealing) subject: Option<Uuid>,
    #[sqlx(rename = "kek_id")]
    pub(in crate::sealing) kek: Option<String>,
    #[sqlx(rename = "wrapping_key_id")]
    pub(in crate::sealing) wrapping: Option<Uuid>,
    /// None once it was destroyed.
    pub(in crate::sealing) wrapped: Option<Vec<u8>>,
}

impl StoredKey {
    /// What the key is for: the same text must be at hand to unwrap it.
    pub(in crate::sealing) fn context(&self) -> String {
        let name = |id: Option<Uuid>| id.map_or_else(|| "-".to_owned(), |id| id.to_string());
        format!(
            "bedside data key v2 {} {} {} {}",
            self.id,
            self.class,
            name(self.organisation),
            name(self.subject)
        )
    }
}

/// The keys of these names.
pub(in crate::sealing) async fn by_ids(
    conn: &mut Connection,
    ids: &[Uuid],
) -> Result<Vec<StoredKey>, StoreError> {
    Ok(sqlx::query_as(
        "select id, class, organisation_id, subject_id, kek_id, wrapping_key_id, wrapped \
         from seal.data_key where id = any($1)",
    )
    .bind(ids)
    .fetch_all(conn)
    .await?)
}

/// The key that seals in `slot` now.
pub(in crate::sealing) async fn active(
    conn: &mut Connection,
    slot: Slot,
) -> Result<Option<StoredKey>, StoreError> {
    let rows = match slot {
        Slot::Subject { subject, .. } => sqlx::query_as(
            "select id, class, organisation_id, subject_id, kek_id, wrapping_key_id, wrapped \
             from seal.data_key where subject_id = $1 and state = 'active'",
        )
        .bind(subject),
        Slot::Organisation(class, organisation) => sqlx::query_as(
            "select id, class, organisation_id, subject_id, kek_id, wrapping_key_id, wrapped \
             from seal.data_key where class = $1 and organisation_id is not distinct from $2 \
             and subject_id is null and state = 'active'",
        )
        .bind(class)
        .bind(organisation.map(OrganisationId::as_uuid)),
    };
    Ok(rows.fetch_optional(conn).await?)
}

/// Whether the keys of `subject` were destroyed.
pub(in crate::sealing) async fn is_destroyed(
    conn: &mut Connection,
    subject: Uuid,
) -> Result<bool, StoreError> {
    Ok(sqlx::query_scalar(
        "select exists (select from seal.data_key \
         where subject_id = $1 and state = 'destroyed')",
    )
    .bind(subject)
    .fetch_one(conn)
    .await?)
}

/// Stores a key that seals from now on; false when there is one, or the subject is erased.
pub(in crate::sealing) async fn insert(
    conn: &mut Connection,
    key: &StoredKey,
    now: Timestamp,
) -> Result<bool, StoreError> {
    if let Some(subject) = key.subject {
        // In turn with its destruction.
        sqlx::query(
            "select pg_advisory_xact_lock(hashtextextended('seal.subject ' || $1::text, 0))",
        )
        .bind(subject)
        .execute(&mut *conn)
        .await?;
    }
    let done = sqlx::query(
        "insert into seal.data_key (id, class, organisation_id, subject_id, kek_id, \
         wrapping_key_id, wrapped, state, created_at) \
         select $1, $2, $3, $4, $5, $6, $7, 'active', $8 \
         where not exists (select from seal.data_key \
             where subject_id = $4 and state = 'destroyed') \
         on conflict do nothing",
    )
    .bind(key.id)
    .bind(&key.class)
    .bind(key.organisation)
    .bind(key.subject)
    .bind(&key.kek)
    .bind(key.wrapping)
    .bind(&key.wrapped)
    .bind(now.to_sqlx())
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// A key-encryption key this database knows.
#[derive(Debug, Clone, FromRow)]
pub(in crate::sealing) struct StoredKek {
    pub(in crate::sealing) id: String,
    #[sqlx(rename = "check_wrapped")]
    pub(in crate::sealing) check: Vec<u8>,
    /// Whether something is still wrapped under it.
    pub(in crate::sealing) needed: bool,
}

/// The key-encryption keys, oldest first.
pub(in crate::sealing) async fn keks(conn: &mut Connection) -> Result<Vec<StoredKek>, StoreError> {
    Ok(sqlx::query_as(
        "select id, check_wrapped, retired_at is null \
             or exists (select from seal.data_key d where d.kek_id = k.id) as needed \
         from seal.kek k order by created_at, id",
    )
    .fetch_all(conn)
    .await?)
}

/// Waits for its turn to tell the database of a key-encryption key, until the transaction ends.
pub(in crate::sealing) async fn lock_keks(conn: &mut Connection) -> Result<(), StoreError> {
    sqlx::query("select pg_advisory_xact_lock(hashtextextended('seal.kek', 0))")
        .execute(conn)
        .await?;
    Ok(())
}

/// Keeps a key-encryption key's name and check value.
pub(in crate::sealing) async fn insert_kek(
    conn: &mut Connection,
    id: &str,
    check: &[u8],
    now: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query("insert into seal.kek (id, check_wrapped, created_at) values ($1, $2, $3)")
        .bind(id)
        .bind(check)
        .bind(now.to_sqlx())
        .execute(conn)
        .await?;
    Ok(())
}

/// Whether this database is locked under a key already; false for a new one.
///
/// # Errors
/// [`StoreError`].
pub async fn has_keys(db: &Db) -> Result<bool, StoreError> {
    let mut reader = db.reader(Exempt::NoHealthData("names of keys")).await?;
    Ok(sqlx::query_scalar("select exists (select from seal.kek)")
        .fetch_one(reader.conn())
        .await?)
}

/// Destroys every key of `subject` when the transaction of `conn` commits: what was sealed under
/// them never opens again, here after some seconds, and no other key is made for the subject. How
/// many keys there were. The audit row is the caller's.
///
/// # Errors
/// [`StoreError`].
pub async fn destroy_subject(
    conn: &mut Connection,
    subject: Uuid,
    now: Timestamp,
) -> Result<i64, StoreError> {
    Ok(sqlx::query_scalar("select seal.destroy_subject($1, $2)")
        .bind(subject)
        .bind(now.to_sqlx())
        .fetch_one(conn)
        .await?)
}
