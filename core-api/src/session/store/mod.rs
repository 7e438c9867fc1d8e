//! The SQL of sessions.

pub(crate) mod attempt;
pub(crate) mod device;
pub(crate) mod refresh;

use ::store::{Connection, StoreError};
use domain::{AccountId, SessionId, VisitId};
use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use sqlx::postgres::PgRow;

use crate::account;
use crate::session::model::{IDLE, Scope, SessionRecord};
use crate::session::secret::Secret;
use crate::store::Cells as _;

macro_rules! select {
    ($tail:literal) => {
        concat!(
            "select s.id, s.account_id, s.scope, s.created_at, s.last_seen_at, s.expires_at, \
             s.stepped_up_at, s.user_agent, s.ended_at is not null as ended, \
             a.disabled_at is not null as account_disabled, \
             a.clinic_id, a.organisation_id, a.roles, r.id as provider_id \
             from core.session s join core.account a on a.id = s.account_id \
             left join core.provider r on r.account_id = a.id ",
            $tail
        )
    };
}

fn record(row: &PgRow) -> Result<SessionRecord, StoreError> {
    Ok(SessionRecord {
        id: row.id("id")?,
        account: row.id("account_id")?,
        clinic: row.id("clinic_id")?,
        organisation: row.id("organisation_id")?,
        roles: account::store::roles(row)?,
        provider: row.id_or_null("provider_id")?,
        scope: row.word("core.session", "scope", Scope::from_name)?,
        created_at: row.time("created_at")?,
        last_seen_at: row.time("last_seen_at")?,
        expires_at: row.time("expires_at")?,
        stepped_up_at: row.time_or_null("stepped_up_at")?,
        user_agent: row.cell("user_agent")?,
        ended: row.cell("ended")?,
        account_disabled: row.cell("account_disabled")?,
    })
}

/// The session with this secret.
pub(crate) async fn by_secret(
    conn: &mut Connection,
    secret: &Secret,
) -> Result<Option<SessionRecord>, StoreError> {
    let row = sqlx::query(select!("where s.secret_hash = $1"))
        .bind(secret.hash())
        .fetch_optional(conn)
        .await?;
    row.as_ref().map(record).transpose()
}

/// The session with this id.
pub(crate) async fn by_id(
    conn: &mut Connection,
    id: SessionId,
) -> Result<Option<SessionRecord>, StoreError> {
    let row = sqlx::query(select!("where s.id = $1"))
        .bind(id.as_uuid())
        .fetch_optional(conn)
        .await?;
    row.as_ref().map(record).transpose()
}

/// A session about to be stored.
pub(crate) struct NewSession<'a> {
    pub(crate) id: SessionId,
    pub(crate) account: AccountId,
    pub(crate) secret: &'a Secret,
    pub(crate) scope: Scope,
    pub(crate) created_at: Timestamp,
    pub(crate) expires_at: Timestamp,
    pub(crate) stepped_up_at: Option<Timestamp>,
    /// At most 200 characters.
    pub(crate) user_agent: Option<&'a str>,
}

/// Stores a new session.
pub(crate) async fn insert(
    conn: &mut Connection,
    session: &NewSession<'_>,
) -> Result<(), StoreError> {
    sqlx::query(
        "insert into core.session \
         (id, account_id, secret_hash, created_at, last_seen_at, expires_at, user_agent, scope, \
         stepped_up_at) values ($1, $2, $3, $4, $4, $5, $6, $7, $8)",
    )
    .bind(session.id.as_uuid())
    .bind(session.account.as_uuid())
    .bind(session.secret.hash())
    .bind(session.created_at.to_sqlx())
    .bind(session.expires_at.to_sqlx())
    .bind(session.user_agent)
    .bind(session.scope.name())
    .bind(session.stepped_up_at.map(|at| at.to_sqlx()))
    .execute(conn)
    .await?;
    Ok(())
}

/// Marks the session as seen, never backwards, and moves its end.
pub(crate) async fn touch(
    conn: &mut Connection,
    id: SessionId,
    now: Timestamp,
    expires_at: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query(
        "update core.session set last_seen_at = $2, expires_at = $3 \
         where id = $1 and ended_at is null and last_seen_at < $2",
    )
    .bind(id.as_uuid())
    .bind(now.to_sqlx())
    .bind(expires_at.to_sqlx())
    .execute(conn)
    .await?;
    Ok(())
}

/// Marks that the session's owner proved again who they are.
pub(crate) async fn step_up(
    conn: &mut Connection,
    id: SessionId,
    now: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query("update core.session set stepped_up_at = $2 where id = $1")
        .bind(id.as_uuid())
        .bind(now.to_sqlx())
        .execute(conn)
        .await?;
    Ok(())
}

/// Marks that the session entered the media room of `visit`.
pub(crate) async fn enter(
    conn: &mut Connection,
    id: SessionId,
    visit: VisitId,
) -> Result<(), StoreError> {
    sqlx::query("update core.session set visit_id = $2 where id = $1")
        .bind(id.as_uuid())
        .bind(visit.as_uuid())
        .execute(conn)
        .await?;
    Ok(())
}

/// Marks the sessions of `account` that entered the room of `visit` as seen: they are in there.
pub(crate) async fn touch_in_room(
    conn: &mut Connection,
    account: AccountId,
    visit: VisitId,
    now: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query(
        "update core.session set last_seen_at = $3 \
         where account_id = $1 and visit_id = $2 and ended_at is null and last_seen_at < $3",
    )
    .bind(account.as_uuid())
    .bind(visit.as_uuid())
    .bind(now.to_sqlx())
    .execute(conn)
    .await?;
    Ok(())
}

/// Marks the session as seen if its patient waits to be let into a visit. Its end stays.
pub(crate) async fn touch_waiting(
    conn: &mut Connection,
    id: SessionId,
    now: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query(
        "update core.session s set last_seen_at = $2 \
         where s.id = $1 and s.ended_at is null and s.last_seen_at < $2 and exists ( \
             select from core.patient p join core.appointment t on t.patient_id = p.id \
             join core.visit v on v.appointment_id = t.id \
             where p.account_id = s.account_id and v.state in ('checked_in', 'ready', 'admitted') \
         )",
    )
    .bind(id.as_uuid())
    .bind(now.to_sqlx())
    .execute(conn)
    .await?;
    Ok(())
}

/// The sessions of `account` that go on, newest first.
pub(crate) async fn of_account(
    conn: &mut Connection,
    account: AccountId,
) -> Result<Vec<SessionRecord>, StoreError> {
    let rows = sqlx::query(select!(
        "where s.account_id = $1 and s.ended_at is null order by s.created_at desc, s.id desc"
    ))
    .bind(account.as_uuid())
    .fetch_all(conn)
    .await?;
    rows.iter().map(record).collect()
}

/// Ends the sessions of `account` except one, and names them.
pub(crate) async fn end_all(
    conn: &mut Connection,
    account: AccountId,
    except: Option<SessionId>,
    now: Timestamp,
) -> Result<Vec<SessionId>, StoreError> {
    let rows = sqlx::query(
        "update core.session set ended_at = $3 \
         where account_id = $1 and ended_at is null and ($2::uuid is null or id <> $2) \
         returning id",
    )
    .bind(account.as_uuid())
    .bind(except.map(|id| id.as_uuid()))
    .bind(now.to_sqlx())
    .fetch_all(conn)
    .await?;
    rows.iter().map(|row| row.id("id")).collect()
}

/// Ends all but the `keep` sessions of `account` that were used last, and names them.
pub(crate) async fn end_beyond(
    conn: &mut Connection,
    account: AccountId,
    keep: i64,
    now: Timestamp,
) -> Result<Vec<SessionId>, StoreError> {
    let rows = sqlx::query(
        "update core.session set ended_at = $3 where id in ( \
             select id from core.session where account_id = $1 and ended_at is null \
             order by last_seen_at desc, id desc offset $2 \
         ) returning id",
    )
    .bind(account.as_uuid())
    .bind(keep)
    .bind(now.to_sqlx())
    .fetch_all(conn)
    .await?;
    rows.iter().map(|row| row.id("id")).collect()
}

/// Ends the session; false when it had ended.
pub(crate) async fn end(
    conn: &mut Connection,
    id: SessionId,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let done =
        sqlx::query("update core.session set ended_at = $2 where id = $1 and ended_at is null")
            .bind(id.as_uuid())
            .bind(now.to_sqlx())
            .execute(conn)
            .await?;
    Ok(done.rows_affected() == 1)
}

/// Ends up to `limit` sessions that have expired, and names them.
pub(crate) async fn end_expired(
    conn: &mut Connection,
    now: Timestamp,
    limit: i64,
) -> Result<Vec<(SessionId, AccountId)>, StoreError> {
    let seen_before = now.saturating_sub(IDLE).unwrap_or(Timestamp::MIN);
    let rows = sqlx::query(
        "update core.session set ended_at = $1 where id in ( \
             select id from core.session \
             where ended_at is null and (last_seen_at <= $2 or expires_at <= $1) \
             order by last_seen_at limit $3 for update skip locked \
         ) returning id, account_id",
    )
    .bind(now.to_sqlx())
    .bind(seen_before.to_sqlx())
    .bind(limit)
    .fetch_all(conn)
    .await?;
    rows.iter()
        .map(|row| Ok((row.id("id")?, row.id("account_id")?)))
        .collect()
}
