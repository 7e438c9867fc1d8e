//! The roles and databases of the cluster, made by its administrator.

use sqlx::postgres::{PgConnectOptions, PgSslMode};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _};

use super::{ADMIN, DATABASE, PORT};
use crate::{Connection, StoreError};

/// Entry to `database` through the socket in `run`, as `role`.
pub(super) fn options(run: &std::path::Path, role: &str, database: &str) -> PgConnectOptions {
    PgConnectOptions::new_without_pgpass()
        .socket(run)
        .port(PORT)
        .ssl_mode(PgSslMode::Disable)
        .username(role)
        .database(database)
        .disable_statement_logging()
}

async fn admin(run: &std::path::Path) -> Result<Connection, StoreError> {
    Ok(options(run, ADMIN, "postgres").connect().await?)
}

/// Makes the two roles and the database where they are missing.
pub(super) async fn prepare(run: &std::path::Path) -> Result<(), StoreError> {
    let mut conn = admin(run).await?;
    sqlx::raw_sql(
        "do $$ begin \
           if not exists (select from pg_roles where rolname = 'bedside_owner') then \
             create role bedside_owner login; \
           end if; \
           if not exists (select from pg_roles where rolname = 'bedside_service') then \
             create role bedside_service login; \
           end if; \
         end $$",
    )
    .execute(&mut conn)
    .await?;
    let exists: bool =
        sqlx::query_scalar("select exists (select from pg_database where datname = $1)")
            .bind(DATABASE)
            .fetch_one(&mut conn)
            .await?;
    if !exists {
        create_with(&mut conn, DATABASE, "template0").await?;
        sqlx::raw_sql(
            "revoke all on database bedside from public; \
             grant connect on database bedside to bedside_service",
        )
        .execute(&mut conn)
        .await?;
    }
    Ok(conn.close().await?)
}

/// Makes `name`, owned by the owner role, as a copy of `template`. Both are plain words.
pub(super) async fn create_database(
    run: &std::path::Path,
    name: &str,
    template: &str,
) -> Result<(), StoreError> {
    let mut conn = admin(run).await?;
    create_with(&mut conn, name, template).await?;
    Ok(conn.close().await?)
}

async fn create_with(conn: &mut Connection, name: &str, template: &str) -> Result<(), StoreError> {
    for word in [name, template] {
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        if word.is_empty() || word.len() > 63 || !word.chars().all(plain) {
            return Err(StoreError::Defect(format!("{word:?} names no database")));
        }
    }
    sqlx::raw_sql(AssertSqlSafe(format!(
        "create database {name} owner bedside_owner template {template}"
    )))
    .execute(conn)
    .await?;
    Ok(())
}
