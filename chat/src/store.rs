//! The schema, and the SQL about accounts and sessions.

use ::store::{Connection, Migrations, StoreError};
use domain::{AccountId, ClinicId, Role, Roles, SessionId};
use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use sqlx::migrate::Migrator;

static FILES: Migrator = sqlx::migrate!("./migrations");

pub(crate) const MIGRATIONS: Migrations = Migrations::new("chat", &FILES);

/// The roles of `account`: none when chat has not heard of it, empty when it is disabled.
pub(crate) async fn roles(
    conn: &mut Connection,
    account: AccountId,
) -> Result<Option<Roles>, StoreError> {
    let names: Option<Vec<String>> =
        sqlx::query_scalar("select roles from chat.account where id = $1")
            .bind(account.as_uuid())
            .fetch_optional(conn)
            .await?;
    Ok(names.map(|names| {
        names
            .iter()
            .filter_map(|name| Role::from_name(name))
            .collect()
    }))
}

/// Keeps what is known of `account`.
pub(crate) async fn put_account(
    conn: &mut Connection,
    account: AccountId,
    clinic: ClinicId,
    roles: &[Role],
) -> Result<(), StoreError> {
    let names: Vec<&str> = roles.iter().map(|role| role.name()).collect();
    sqlx::query(
        "insert into chat.account (id, clinic_id, roles) values ($1, $2, $3) \
         on conflict (id) do update set clinic_id = excluded.clinic_id, roles = excluded.roles",
    )
    .bind(account.as_uuid())
    .bind(clinic.as_uuid())
    .bind(names)
    .execute(conn)
    .await?;
    Ok(())
}

/// Whether `session` is known to have ended.
pub(crate) async fn has_ended(
    conn: &mut Connection,
    session: SessionId,
) -> Result<bool, StoreError> {
    Ok(
        sqlx::query_scalar("select exists (select from chat.ended_session where id = $1)")
            .bind(session.as_uuid())
            .fetch_one(conn)
            .await?,
    )
}

/// Keeps that `session` ended at `now`, and forgets those that ended before `forget`, whose
/// tokens have all expired.
pub(crate) async fn end_session(
    conn: &mut Connection,
    session: SessionId,
    now: Timestamp,
    forget: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query(
        "insert into chat.ended_session (id, ended_at) values ($1, $2) on conflict (id) do nothing",
    )
    .bind(session.as_uuid())
    .bind(now.to_sqlx())
    .execute(&mut *conn)
    .await?;
    sqlx::query("delete from chat.ended_session where ended_at < $1")
        .bind(forget.to_sqlx())
        .execute(conn)
        .await?;
    Ok(())
}
