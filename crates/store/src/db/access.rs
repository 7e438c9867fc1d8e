//! Where the database is and as whom we may enter it.

use std::str::FromStr as _;

use sqlx::ConnectOptions as _;
use sqlx::postgres::PgConnectOptions;

use crate::{Connection, StoreError};

/// Ways into one database: as the service role, which owns nothing, and perhaps as the owner,
/// which migrates.
#[derive(Clone)]
pub struct Access {
    pub(crate) service: PgConnectOptions,
    pub(crate) owner: Option<PgConnectOptions>,
}

/// A database URL cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{variable} is not a PostgreSQL URL: write postgres://USER:PASSWORD@HOST:PORT/DATABASE")]
pub struct AccessError {
    /// Which setting.
    pub variable: &'static str,
}

impl Access {
    /// A PostgreSQL run by somebody else: `service` is `DATABASE_URL`, `owner` is
    /// `DATABASE_OWNER_URL`. Without `owner` the schema can be checked but not migrated. The
    /// service role must be, or be a member of, `bedside_service`.
    ///
    /// # Errors
    /// [`AccessError`] naming the setting; its value, which may hold a password, is not repeated.
    pub fn from_urls(service: &str, owner: Option<&str>) -> Result<Self, AccessError> {
        let parse = |url: &str, variable| {
            PgConnectOptions::from_str(url).map_err(|_| AccessError { variable })
        };
        Ok(Self {
            service: parse(service, "DATABASE_URL")?,
            owner: owner
                .map(|url| parse(url, "DATABASE_OWNER_URL"))
                .transpose()?,
        })
    }

    /// A single connection as the service role, outside the pool; closed when dropped.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn connect_service(&self) -> Result<Connection, StoreError> {
        Ok(tuned(&self.service).connect().await?)
    }

    /// A single connection as the owner, for migrations and administration; closed when dropped.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], also when there is no owner access.
    pub async fn connect_owner(&self) -> Result<Connection, StoreError> {
        let owner = self.owner.as_ref().ok_or_else(|| {
            StoreError::Unavailable("set DATABASE_OWNER_URL to act as its owner".into())
        })?;
        Ok(quiet(owner).connect().await?)
    }

    /// Whether the owner's way in is known.
    pub fn can_migrate(&self) -> bool {
        self.owner.is_some()
    }
}

/// Statements are not logged, not even slow ones: their place is a metric.
fn quiet(options: &PgConnectOptions) -> PgConnectOptions {
    options
        .clone()
        .disable_statement_logging()
        .application_name("bedside")
        .options([("TimeZone", "UTC"), ("jit", "off")])
}

/// What every service connection runs under: no statement over 30 s, no wait for a lock over
/// 10 s, no transaction left open over 60 s.
pub(crate) fn tuned(options: &PgConnectOptions) -> PgConnectOptions {
    quiet(options).options([
        ("statement_timeout", "30s"),
        ("lock_timeout", "10s"),
        ("idle_in_transaction_session_timeout", "60s"),
    ])
}

impl std::fmt::Debug for Access {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Options may hold a password.
        f.debug_struct("Access")
            .field("can_migrate", &self.can_migrate())
            .finish_non_exhaustive()
    }
}
