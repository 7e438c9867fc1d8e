//! The pool and the transaction.

mod access;
pub mod scope;
mod tx;

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use domain::{Clock, Ids};
use sqlx::pool::PoolConnection;
use sqlx::postgres::PgPoolOptions;
use sqlx::{AssertSqlSafe, PgPool};
use tokio::sync::Notify;

pub(crate) use access::tuned;
pub use access::{Access, AccessError};
pub use tx::Tx;

use crate::audit::AuditKey;
use crate::{Audit, AuditEntry, Connection, Events, Exempt, StoreError};

/// How long a request waits for a free connection before it is answered `unavailable`.
const ACQUIRE: Duration = Duration::from_secs(5);

/// Connections for keys: nearly always idle.
const KEYS: u32 = 4;

/// What a [`Db`] needs to know.
#[derive(Clone)]
pub struct DbConfig {
    /// Connections for transactions, 1 or more; a quarter as many again serve [`Db::reader`], and
    /// at most four look up keys.
    pub max_connections: u32,
    /// Keys the MAC of audit rows.
    pub audit_key: AuditKey,
    /// Stamps audit rows.
    pub clock: Arc<dyn Clock>,
    /// Names audit rows.
    pub ids: Ids,
}

/// The database as the service role. Cheap to clone; all clones share one pool.
#[derive(Clone)]
pub struct Db(Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) access: Access,
    writers: PgPool,
    /// Its sessions are read-only by setting, so that skipping the transaction cannot skip the
    /// audit of a change.
    readers: PgPool,
    /// For keys that are read or made while a transaction of `writers` waits for them: of its own,
    /// so that waiting for it never waits for itself.
    keys: PgPool,
    pub(crate) audit_key: AuditKey,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) ids: Ids,
    /// Rung after each commit with events; the relay of this process waits on it. One permit is
    /// kept when nobody waits, so no ring is lost.
    pub(crate) committed: Notify,
    /// Set while this process holds the relay: commits then need no NOTIFY, whose queue lock
    /// would serialise them across the server.
    pub(crate) relay_is_here: AtomicBool,
}

impl Db {
    /// Opens the pool and proves with one connection that the database answers.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn connect(access: &Access, config: DbConfig) -> Result<Self, StoreError> {
        let options = tuned(&access.service);
        let pool = |size: u32| {
            PgPoolOptions::new()
                .max_connections(size.max(1))
                .acquire_timeout(ACQUIRE)
        };
        let writers = pool(config.max_connections)
            .connect_with(options.clone())
            .await?;
        let keys = pool(KEYS).connect_lazy_with(options.clone());
        let readers = pool(config.max_connections.div_ceil(4))
            .connect_lazy_with(options.options([("default_transaction_read_only", "on")]));
        Ok(Self(Arc::new(Inner {
            access: access.clone(),
            writers,
            readers,
            keys,
            audit_key: config.audit_key,
            clock: config.clock,
            ids: config.ids,
            committed: Notify::new(),
            relay_is_here: AtomicBool::new(false),
        })))
    }

    /// Begins a transaction (READ COMMITTED) that sees the rows of whom the running request
    /// serves ([`scope`]). Dropping it rolls back.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn begin(&self) -> Result<Tx, StoreError> {
        let tx = match scope::begin() {
            // In one round trip with the beginning itself.
            Some(statement) => {
                let statement = AssertSqlSafe(statement);
                self.0.writers.begin_with(statement).await?
            }
            None => self.0.writers.begin().await?,
        };
        Ok(Tx::new(tx, self.clone()))
    }

    /// A connection that reads keys alone, for which no transaction can keep it waiting.
    pub(crate) async fn keys(&self) -> Result<Reader, StoreError> {
        Ok(Reader(self.0.keys.acquire().await?))
    }

    /// Begins a transaction about keys alone, which no other transaction can keep waiting.
    pub(crate) async fn begin_keys(&self) -> Result<Tx, StoreError> {
        Ok(Tx::new(self.0.keys.begin().await?, self.clone()))
    }

    /// A read-only connection for what is not health data, such as looking up a session or the
    /// head of the outbox: no transaction, no audit row, and the reason in the source.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn reader(&self, _reason: Exempt) -> Result<Reader, StoreError> {
        Ok(Reader(self.0.readers.acquire().await?))
    }

    /// Writes one audit row on its own: a failed sign-in, a denial found before any transaction.
    ///
    /// # Errors
    /// [`StoreError`]; then the request must fail too.
    pub async fn record(&self, entry: AuditEntry) -> Result<(), StoreError> {
        self.begin()
            .await?
            .commit(Audit::of(entry), Events::none())
            .await
    }

    /// Succeeds when the database answers within 2 s: the readiness check.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn ping(&self) -> Result<(), StoreError> {
        let answer = async {
            let mut connection = self.0.writers.acquire().await?;
            sqlx::query("select 1").execute(&mut *connection).await
        };
        match tokio::time::timeout(Duration::from_secs(2), answer).await {
            Ok(answered) => Ok(answered.map(drop)?),
            Err(_) => Err(StoreError::Unavailable("no answer in 2 s".into())),
        }
    }

    /// Closes every connection; waits until borrowed ones are returned. Later calls fail with
    /// [`StoreError::Unavailable`].
    pub async fn close(&self) {
        self.0.writers.close().await;
        self.0.readers.close().await;
        self.0.keys.close().await;
    }

    pub(crate) fn inner(&self) -> &Inner {
        &self.0
    }
}

impl std::fmt::Debug for Db {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Db")
    }
}

/// A read-only connection outside any transaction; returned to its pool when dropped.
#[derive(Debug)]
pub struct Reader(PoolConnection<sqlx::Postgres>);

impl Reader {
    /// The connection to run queries on.
    pub fn conn(&mut self) -> &mut Connection {
        &mut self.0
    }
}
