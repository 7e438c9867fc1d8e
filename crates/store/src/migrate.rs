//! Bringing the schema up to date, and refusing one that is ahead.

use std::collections::BTreeMap;

use sqlx::AssertSqlSafe;
use sqlx::Connection as _;
use sqlx::migrate::{MigrateError as SqlxError, Migrator};

use crate::{Access, Connection, StoreError};

/// The migrations of one service: plain SQL files, applied in the order of their numbers, each in
/// its own transaction, recorded in `SCHEMA.migration`.
#[derive(Debug, Clone, Copy)]
pub struct Migrations {
    schema: &'static str,
    migrator: &'static Migrator,
}

impl Migrations {
    /// The migrations of `schema`, from `sqlx::migrate!()` in a `static`. The schema and its
    /// `migration` table are made before the first file runs; files grant what
    /// `bedside_service` needs in them.
    pub const fn new(schema: &'static str, migrator: &'static Migrator) -> Self {
        Self { schema, migrator }
    }

    /// The schema.
    pub const fn schema(&self) -> &'static str {
        self.schema
    }

    /// The highest version this program knows; 0 without files.
    pub fn newest(&self) -> i64 {
        self.migrator
            .iter()
            .map(|file| file.version)
            .max()
            .unwrap_or(0)
    }
}

static OWN_FILES: Migrator = sqlx::migrate!("./migrations");

/// The outbox and the audit log.
const OWN: Migrations = Migrations::new("outbox", &OWN_FILES);

/// The schema and this program do not go together.
#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    /// Written by a newer program.
    #[error(
        "the database was written by a newer Bedside (schema {schema} is at version {found}, this \
         program knows {known}): install that version, or restore a backup made before it"
    )]
    Newer {
        /// Which schema.
        schema: &'static str,
        /// Where it is.
        found: i64,
        /// What this program knows.
        known: i64,
    },
    /// Behind, and nobody here may migrate.
    #[error(
        "the database must be migrated (schema {schema} is at version {found}, this program needs \
         {known}): set DATABASE_OWNER_URL and run `bedside migrate`"
    )]
    Older {
        /// Which schema.
        schema: &'static str,
        /// Where it is.
        found: i64,
        /// What this program needs.
        known: i64,
    },
    /// An applied file is not the one this program carries.
    #[error(
        "migration {version} of schema {schema} differs from the one that was applied: run the \
         program version that made this database"
    )]
    Changed {
        /// Which schema.
        schema: &'static str,
        /// Which file.
        version: i64,
    },
    /// A file does not run.
    #[error("migration of schema {schema} failed: {source}")]
    Failed {
        /// Which schema.
        schema: &'static str,
        /// Why.
        source: StoreError,
    },
    /// The service role is missing from a database that somebody else runs.
    #[error("the role bedside_service is missing: run `CREATE ROLE bedside_service LOGIN` there")]
    NoServiceRole,
    /// The database itself.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Migrates this crate's own schemas, then those of `services` in their order, as the owner. One
/// program migrates at a time; others wait. Safe to repeat.
///
/// # Errors
/// [`MigrateError`]; files before the failing one stay applied.
pub async fn migrate(access: &Access, services: &[Migrations]) -> Result<(), MigrateError> {
    // A connection of its own: the driver's lock on migrations is released by closing it, also
    // when a file fails.
    let mut conn = access.connect_owner().await?;
    let role: bool = sqlx::query_scalar(
        "select exists (select from pg_roles where rolname = 'bedside_service')",
    )
    .fetch_one(&mut conn)
    .await
    .map_err(StoreError::from)?;
    if !role {
        return Err(MigrateError::NoServiceRole);
    }
    for migrations in std::iter::once(&OWN).chain(services) {
        apply(&mut conn, migrations).await?;
    }
    conn.close().await.map_err(StoreError::from)?;
    Ok(())
}

async fn apply(conn: &mut Connection, migrations: &Migrations) -> Result<(), MigrateError> {
    let schema = migrations.schema;
    let mut migrator = Migrator::with_migrations(migrations.migrator.iter().cloned().collect());
    migrator.dangerous_set_table_name(format!("{schema}.migration"));
    migrator.create_schema(schema);
    match migrator.run(&mut *conn).await {
        Ok(()) => {}
        Err(SqlxError::VersionMissing(found)) => {
            return Err(MigrateError::Newer {
                schema,
                found,
                known: migrations.newest(),
            });
        }
        Err(SqlxError::VersionMismatch(version)) => {
            return Err(MigrateError::Changed { schema, version });
        }
        Err(SqlxError::Execute(error) | SqlxError::ExecuteMigration(error, _)) => {
            return Err(MigrateError::Failed {
                schema,
                source: error.into(),
            });
        }
        Err(other) => {
            return Err(MigrateError::Failed {
                schema,
                source: StoreError::Defect(other.to_string()),
            });
        }
    }
    // Schema names are constants of this program.
    sqlx::raw_sql(AssertSqlSafe(format!(
        "grant usage on schema {schema} to bedside_service; \
         grant select on {schema}.migration to bedside_service"
    )))
    .execute(conn)
    .await
    .map_err(StoreError::from)?;
    Ok(())
}

/// Checks as the service role that every schema is exactly where this program needs it: for a
/// database that this program may not migrate.
///
/// # Errors
/// [`MigrateError::Older`] or [`MigrateError::Newer`] for the first that is not.
pub async fn check_schema(access: &Access, services: &[Migrations]) -> Result<(), MigrateError> {
    let mut conn = access.connect_service().await?;
    for migrations in std::iter::once(&OWN).chain(services) {
        let schema = migrations.schema;
        let known = migrations.newest();
        let found = version(&mut conn, schema).await?;
        match found.cmp(&known) {
            std::cmp::Ordering::Equal => {}
            std::cmp::Ordering::Less => {
                return Err(MigrateError::Older {
                    schema,
                    found,
                    known,
                });
            }
            std::cmp::Ordering::Greater => {
                return Err(MigrateError::Newer {
                    schema,
                    found,
                    known,
                });
            }
        }
    }
    Ok(())
}

/// The version of every schema, by name, for `bedside doctor`; 0 where there is none yet.
///
/// # Errors
/// [`StoreError`].
pub async fn versions(
    access: &Access,
    services: &[Migrations],
) -> Result<BTreeMap<&'static str, i64>, StoreError> {
    let mut conn = access.connect_service().await?;
    let mut found = BTreeMap::new();
    for migrations in std::iter::once(&OWN).chain(services) {
        found.insert(
            migrations.schema,
            version(&mut conn, migrations.schema).await?,
        );
    }
    Ok(found)
}

async fn version(conn: &mut Connection, schema: &'static str) -> Result<i64, StoreError> {
    let exists: bool = sqlx::query_scalar("select to_regclass($1) is not null")
        .bind(format!("{schema}.migration"))
        .fetch_one(&mut *conn)
        .await?;
    if !exists {
        return Ok(0);
    }
    Ok(sqlx::query_scalar(AssertSqlSafe(format!(
        "select coalesce(max(version), 0) from {schema}.migration where success"
    )))
    .fetch_one(conn)
    .await?)
}
