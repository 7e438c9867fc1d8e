//! The transaction, and the one way to commit it.

use std::sync::atomic::Ordering;

use sqlx::{Postgres, Transaction};

use super::Db;
use crate::{Audit, AuditEntry, Connection, Events, StoreError, audit, outbox};

/// A transaction in progress. Dropping it rolls back; committing takes an account of what was
/// done and the events that follow from it.
///
/// ```no_run
/// # async fn f(db: store::Db, entry: store::AuditEntry) -> Result<(), store::StoreError> {
/// use store::{Audit, Events};
/// let mut tx = db.begin().await?;
/// // … SQL on tx.conn() …
/// tx.commit(Audit::of(entry), Events::none()).await
/// # }
/// ```
///
/// Neither argument can be left out:
///
/// ```compile_fail,E0061
/// # async fn f(tx: store::Tx) -> Result<(), store::StoreError> {
/// tx.commit().await
/// # }
/// ```
/// ```compile_fail,E0061
/// # async fn f(tx: store::Tx) -> Result<(), store::StoreError> {
/// tx.commit(store::Events::none()).await
/// # }
/// ```
/// ```compile_fail,E0061
/// # async fn f(tx: store::Tx, entry: store::AuditEntry) -> Result<(), store::StoreError> {
/// tx.commit(store::Audit::of(entry)).await
/// # }
/// ```
/// an exemption gives its reason, and there is no way around through the driver:
///
/// ```compile_fail,E0308
/// # async fn f(tx: store::Tx) -> Result<(), store::StoreError> {
/// tx.commit(store::Audit::exempt(()), store::Events::none()).await
/// # }
/// ```
/// ```compile_fail,E0616
/// # async fn f(tx: store::Tx) -> Result<(), sqlx::Error> {
/// tx.inner.commit().await
/// # }
/// ```
#[derive(Debug)]
#[must_use = "a transaction that is not committed is rolled back"]
pub struct Tx {
    inner: Transaction<'static, Postgres>,
    db: Db,
}

impl Tx {
    pub(super) fn new(inner: Transaction<'static, Postgres>, db: Db) -> Self {
        Self { inner, db }
    }

    /// The connection to run statements on. Transaction control stays here: never send it
    /// BEGIN, COMMIT, ROLLBACK or a session-wide SET.
    pub fn conn(&mut self) -> &mut Connection {
        &mut self.inner
    }

    /// Writes the audit rows and the events, and commits all of it or nothing. The events reach
    /// the relay, and so the bus, only after this returned `Ok`.
    ///
    /// # Errors
    /// [`StoreError`]: nothing was kept, except that after [`StoreError::Unavailable`] the
    /// outcome is open when the connection broke during COMMIT.
    pub async fn commit(mut self, audit: Audit, events: Events) -> Result<(), StoreError> {
        let inner = self.db.inner();
        audit::store::append(&mut self.inner, inner, audit).await?;
        // Last of all statements, so that the order of events follows what each transaction
        // had seen: see `outbox`.
        let some = outbox::store::append(&mut self.inner, events).await?;
        if some && !inner.relay_is_here.load(Ordering::Acquire) {
            outbox::store::notify(&mut self.inner).await?;
        }
        self.inner.commit().await?;
        if some {
            self.db.inner().committed.notify_one();
        }
        Ok(())
    }

    /// Gives up what was done and writes, alone, that it was denied. The outcome of `entry` is
    /// set to denied.
    ///
    /// # Errors
    /// [`StoreError`]: the denial is not on record, so the request must fail as `unavailable`.
    pub async fn deny(self, entry: AuditEntry) -> Result<(), StoreError> {
        let Self { inner, db } = self;
        inner.rollback().await?;
        db.record(entry.denied()).await
    }
}
