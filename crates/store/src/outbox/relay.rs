//! The one relay.

use std::marker::PhantomData;
use std::sync::atomic::Ordering;
use std::time::Duration;

use serde::de::DeserializeOwned;
use sqlx::postgres::{PgListener, PgPoolOptions};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use super::{Positioned, store};
use crate::db::Inner;
use crate::{Connection, Db, StoreError};

/// Events numbered in one go; more follow at once.
const BATCH: u32 = 256;
/// How long at most a commit of another process stays unnoticed, how often the head is told,
/// and how often a relay in waiting tries for the lock.
const SWEEP: Duration = Duration::from_secs(1);

/// What the relay hands out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Relayed<E> {
    /// A committed event, each position once per relay run. After a crash the last ones may have
    /// been numbered without being handed out; the digest tells consumers to read them.
    Event(Positioned<E>),
    /// Once a second: the highest position assigned. A lost last event leaves no gap to notice.
    Digest {
        /// 0 when there is none.
        head: u64,
    },
}

/// Numbers committed events and hands them on. Run one in each process that may do it; the
/// advisory lock lets one work and the others stand by.
#[derive(Debug)]
pub struct Relay<E> {
    db: Db,
    events: PhantomData<fn() -> E>,
}

impl<E: DeserializeOwned + Send> Relay<E> {
    /// A relay of the outbox of `db`.
    pub fn new(db: Db) -> Self {
        Self {
            db,
            events: PhantomData,
        }
    }

    /// Works until `stop` is cancelled: hands each event to `sink` in order and waits for it, so
    /// a sink that stalls holds back the events after it (they stay in the database). Lost
    /// connections are logged once and replaced; the lock goes with the connection, so two relays
    /// never number at once.
    pub async fn run<S, F>(self, mut sink: S, stop: CancellationToken)
    where
        S: FnMut(Relayed<E>) -> F + Send,
        F: Future<Output = ()> + Send,
    {
        let mut lost = false;
        while let Err(error) = self.serve(&mut sink, &mut lost, &stop).await {
            self.stand_down();
            if !std::mem::replace(&mut lost, true) {
                warn!(%error, "The outbox relay lost the database and tries again every second");
            }
            if stop
                .run_until_cancelled(tokio::time::sleep(SWEEP))
                .await
                .is_none()
            {
                return;
            }
        }
        self.stand_down();
    }

    fn stand_down(&self) {
        let here = &self.db.inner().relay_is_here;
        here.store(false, Ordering::Release);
    }

    /// Takes the lock and works until something fails or `stop` is cancelled.
    async fn serve<S, F>(
        &self,
        sink: &mut S,
        lost: &mut bool,
        stop: &CancellationToken,
    ) -> Result<(), StoreError>
    where
        S: FnMut(Relayed<E>) -> F + Send,
        F: Future<Output = ()> + Send,
    {
        let inner = self.db.inner();
        let Some(office) = stop.run_until_cancelled(take_office(inner)).await else {
            return Ok(());
        };
        let (mut conn, mut others) = office?;
        inner.relay_is_here.store(true, Ordering::Release);
        *lost = false;
        info!("The outbox relay works in this process");
        let mut digest = tokio::time::interval(SWEEP);
        loop {
            drain(&mut conn, sink, stop).await?;
            tokio::select! {
                () = stop.cancelled() => return Ok(()),
                () = inner.committed.notified() => {}
                notified = others.recv() => { notified?; }
                _ = digest.tick() => {
                    let head = store::head(&mut conn).await?;
                    stop.run_until_cancelled(sink(Relayed::Digest { head })).await;
                }
            }
        }
    }
}

/// Waits for the lock; the connection that has it, and the listener.
async fn take_office(inner: &Inner) -> Result<(Connection, PgListener), StoreError> {
    // Its own connection: the lock lives and dies with it, and the pool cannot take it away.
    let mut conn = inner.access.connect_service().await?;
    while !store::lock(&mut conn).await? {
        tokio::time::sleep(SWEEP).await;
    }
    let listener = listen(inner).await?;
    Ok((conn, listener))
}

async fn listen(inner: &Inner) -> Result<PgListener, StoreError> {
    // The listener replaces its connection by itself; what it misses meanwhile the sweep finds.
    let pool = PgPoolOptions::new()
        .max_connections(1)
        .max_lifetime(None)
        .idle_timeout(None)
        .connect_with(crate::db::tuned(&inner.access.service))
        .await?;
    let mut listener = PgListener::connect_with(&pool).await?;
    listener.ignore_pool_close_event(true);
    listener.listen(store::CHANNEL).await?;
    Ok(listener)
}

/// Hands out everything committed so far. A stop is heeded while the sink waits, not while rows
/// are being numbered: the server would finish that for nobody.
async fn drain<E, S, F>(
    conn: &mut Connection,
    sink: &mut S,
    stop: &CancellationToken,
) -> Result<(), StoreError>
where
    E: DeserializeOwned,
    S: FnMut(Relayed<E>) -> F + Send,
    F: Future<Output = ()> + Send,
{
    loop {
        let batch = store::assign::<E>(conn, BATCH).await?;
        let full = batch.len() == BATCH as usize;
        for event in batch {
            match event {
                Ok(event) => {
                    let handed = stop.run_until_cancelled(sink(Relayed::Event(event)));
                    if handed.await.is_none() {
                        return Ok(());
                    }
                }
                // Numbered already; consumers meet it as a gap and then as the same error.
                Err(error) => warn!(%error, "The outbox relay cannot read an event"),
            }
        }
        if !full {
            return Ok(());
        }
    }
}
