//! The task that writes entries to disk and tells them to core-api.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use bus::command::{CoreReply, CoreRequest};
use bus::journal::Entry;
use bus::request::{CallError, Client};
use futures::future::BoxFuture;
use runtime::HealthHandle;
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::policy::{self, Verdict};
use super::spool::{Next, Spool};
use crate::metrics::Metrics;

type CoreClient = Arc<Client<CoreRequest, CoreReply>>;

/// Entries written in one go at most: one wait for the disk for all of them.
const GROUP: usize = 512;
/// How long core-api may take for one batch.
const PATIENCE: Duration = Duration::from_secs(10);
/// Pauses between repetitions, shortest and longest.
const BACKOFF: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(2));
/// How long after a failed write it is tried again.
const DISK_PAUSE: Duration = Duration::from_secs(1);
/// How long what waits may hold up the stop of the server.
const LAST_CALL: Duration = Duration::from_secs(1);

/// A batch, and what became of it.
type Delivery = BoxFuture<'static, (Next, Result<CoreReply, CallError>)>;

/// See the module. Owned by its task; one batch is under way at a time, so the order holds.
pub(super) struct Keeper {
    /// Taken only while a thread for blocking work has it.
    spool: Option<Spool>,
    limit: u64,
    core: CoreClient,
    metrics: Metrics,
    health: HealthHandle,
    /// Taken from the queue, judged, and not on disk yet: at most [`GROUP`].
    unwritten: Vec<Entry>,
    delivery: Option<Delivery>,
    /// When delivery goes on after a failure.
    retry_at: Option<Instant>,
    pause: Duration,
}

impl Keeper {
    pub(super) fn new(
        spool: Spool,
        limit: u64,
        core: CoreClient,
        metrics: Metrics,
        health: HealthHandle,
    ) -> Self {
        Self {
            spool: Some(spool),
            limit,
            core,
            metrics,
            health,
            unwritten: Vec::new(),
            delivery: None,
            retry_at: None,
            pause: BACKOFF.0,
        }
    }

    /// Runs until the sending end of `entries` is dropped and everything is on disk.
    pub(super) async fn run(mut self, mut entries: mpsc::Receiver<Entry>) -> Result<(), String> {
        let mut group = Vec::with_capacity(GROUP);
        let mut write_at = None;
        loop {
            self.deliver().await?;
            self.show();
            tokio::select! {
                count = entries.recv_many(&mut group, GROUP), if self.unwritten.is_empty() => {
                    if count == 0 {
                        break;
                    }
                    self.judge(&mut group);
                    write_at = self.write().await?;
                }
                () = until(write_at), if !self.unwritten.is_empty() => {
                    write_at = self.write().await?;
                }
                done = under_way(&mut self.delivery) => self.delivered(done),
                () = until(self.retry_at) => self.retry_at = None,
            }
        }
        // Nobody enters any more. What core-api does not take now it is told after the start.
        let _ = tokio::time::timeout(LAST_CALL, self.last_call()).await;
        if self.unwritten.is_empty() {
            return Ok(());
        }
        let lost = self.unwritten.len();
        Err(format!("the disk did not take the last {lost} entries"))
    }

    async fn last_call(&mut self) -> Result<(), String> {
        loop {
            self.deliver().await?;
            if self.delivery.is_none() {
                return Ok(());
            }
            let done = under_way(&mut self.delivery).await;
            self.delivered(done);
            if self.retry_at.is_some() {
                return Ok(());
            }
        }
    }

    /// Sorts out what is not written for want of room.
    fn judge(&mut self, group: &mut Vec<Entry>) {
        let bytes = self.spool.as_ref().map_or(0, Spool::bytes);
        let counts = &self.metrics.journal;
        self.unwritten.extend(group.drain(..).filter(|entry| {
            match policy::judge(entry, bytes, self.limit) {
                Verdict::Write => return true,
                Verdict::LeaveOut => counts.left_out.inc(),
                Verdict::Lose => counts.lost.inc(),
            };
            false
        }));
    }

    /// Writes what is not on disk yet; when to try again, if that failed.
    async fn write(&mut self) -> Result<Option<Instant>, String> {
        let entries = std::mem::take(&mut self.unwritten);
        if entries.is_empty() {
            return Ok(None);
        }
        let work = move |spool: &mut Spool| {
            let outcome = spool.append(&entries);
            (entries, outcome)
        };
        let (entries, outcome) = self.on_disk(work).await?;
        match outcome {
            Ok(()) => Ok(None),
            Err(error) => {
                self.unwritten = entries;
                self.metrics.journal.write_failures.inc();
                tracing::error!("The visit journal cannot be written: {error}");
                Ok(Some(Instant::now() + DISK_PAUSE))
            }
        }
    }

    /// Begins to tell the oldest entries, unless that is under way or paused.
    async fn deliver(&mut self) -> Result<(), String> {
        while self.delivery.is_none() && self.retry_at.is_none() {
            if self.spool.as_ref().is_none_or(|it| it.waiting() == 0) {
                return Ok(());
            }
            match self.on_disk(Spool::next).await? {
                Ok(None) => return Ok(()),
                Ok(Some(next)) if next.unreadable > 0 => {
                    self.metrics.journal.lost.inc();
                    tracing::error!("An entry of the visit journal cannot be read; it is skipped");
                    self.acknowledge(&next);
                }
                Ok(Some(next)) => self.delivery = Some(tell(Arc::clone(&self.core), next)),
                Err(error) if error.kind() == io::ErrorKind::InvalidData => {
                    let lost = self.on_disk(Spool::give_up_segment).await?;
                    self.metrics.journal.lost.inc_by(lost);
                    tracing::error!("{lost} entries of the visit journal are lost: {error}");
                }
                Err(error) => {
                    tracing::warn!("The visit journal cannot be read: {error}");
                    self.retry_later();
                }
            }
        }
        Ok(())
    }

    fn delivered(&mut self, (next, reply): (Next, Result<CoreReply, CallError>)) {
        match reply {
            Ok(CoreReply::Stored) => {}
            Ok(CoreReply::Refused) => {
                let lost = next.batch.entries.len() as u64;
                self.metrics.journal.lost.inc_by(lost);
                tracing::error!("core-api refused {lost} entries of the visit journal");
            }
            Ok(_) | Err(_) => return self.retry_later(),
        }
        self.pause = BACKOFF.0;
        self.acknowledge(&next);
    }

    fn acknowledge(&mut self, next: &Next) {
        if let Some(spool) = &mut self.spool {
            spool.acknowledge(next);
        }
    }

    fn retry_later(&mut self) {
        self.retry_at = Some(Instant::now() + self.pause);
        self.pause = (self.pause * 2).min(BACKOFF.1);
    }

    /// Shows how the journal stands, to metrics and health.
    fn show(&self) {
        let Some(spool) = &self.spool else { return };
        let counts = &self.metrics.journal;
        let waiting = spool.waiting() + self.unwritten.len() as u64;
        counts
            .waiting
            .set(i64::try_from(waiting).unwrap_or(i64::MAX));
        counts
            .bytes
            .set(i64::try_from(spool.bytes()).unwrap_or(i64::MAX));
        if !self.unwritten.is_empty() {
            self.health
                .unready("the disk does not take the visit journal");
        } else if spool.bytes() >= self.limit {
            let why = "the visit journal is full: core-api has been away for too long";
            self.health.unready(why);
        } else {
            self.health.ready();
        }
    }

    /// Does `work` on a thread that may wait for the disk.
    async fn on_disk<T: Send + 'static>(
        &mut self,
        work: impl FnOnce(&mut Spool) -> T + Send + 'static,
    ) -> Result<T, String> {
        let mut spool = self.spool.take().ok_or("its files are gone")?;
        let done = tokio::task::spawn_blocking(move || {
            let out = work(&mut spool);
            (spool, out)
        });
        let (spool, out) = done.await.map_err(|error| error.to_string())?;
        self.spool = Some(spool);
        Ok(out)
    }
}

fn tell(core: CoreClient, next: Next) -> Delivery {
    Box::pin(async move {
        // Cloned, because the question owns its batch and the files are told which one it was.
        let question = CoreRequest::Journal(next.batch.clone());
        let reply = core.call(&question, PATIENCE).await;
        (next, reply)
    })
}

/// The end of the delivery under way; pending without one. Cancel safe.
async fn under_way(delivery: &mut Option<Delivery>) -> (Next, Result<CoreReply, CallError>) {
    match delivery {
        Some(delivered) => {
            let done = delivered.await;
            *delivery = None;
            done
        }
        None => std::future::pending().await,
    }
}

/// Resolves at `at`; pending without one.
async fn until(at: Option<Instant>) {
    match at {
        Some(at) => tokio::time::sleep_until(at).await,
        None => std::future::pending().await,
    }
}
