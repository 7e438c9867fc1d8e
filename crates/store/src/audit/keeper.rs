//! The keeper of the log: one task in the whole installation that seals, keeps copies of the
//! signed heads, makes months ahead, and looks for damage. An advisory lock lets one work and the
//! others stand by.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;
use runtime::{Context, Shutdown};
use std::sync::atomic::AtomicU64;
use tracing::{error, info, warn};
use uuid::Uuid;

use super::copies::Copies;
use super::mac::AuditKeys;
use super::sealer::{SealError, Sealer};
use super::verify::{Finding, Kind};
use super::watch::{Seen, Watch};
use super::{Action, Actor, Audit, AuditEntry, Outcome, Purpose, ResourceType, hex, log};
use crate::{Connection, Db, Events, StoreError};

/// How often rows are sealed and looked at.
pub const EVERY: Duration = Duration::from_secs(5);
/// How often the head is told in the program's own log.
const TELL: SignedDuration = SignedDuration::from_secs(60);
/// How often months are made ahead.
const MONTHS: SignedDuration = SignedDuration::from_hours(24);
/// Findings that were raised and are remembered; a log with more has been noticed.
const REMEMBERED: usize = 1_000;

/// How the log is kept.
#[derive(Debug, Clone)]
pub struct Config {
    /// The keys; the current one signs.
    pub keys: AuditKeys,
    /// Where copies of checkpoints go; none for a database of somebody else's that is kept elsewhere.
    pub copies: Option<Copies>,
    /// How often, [`EVERY`] outside tests.
    pub every: Duration,
}

/// What follows, on the outbox, from damage that was found.
pub type Alarm = Box<dyn Fn(&Finding) -> Events + Send + Sync>;

/// Keeps the log of `db` until the program stops. Registers `bedside_audit_…` metrics. Damage is
/// logged as an error, counted, and written to the audit log with `alarm`'s events: once each.
pub fn spawn(db: Db, config: Config, alarm: Alarm, context: &Context) {
    let metrics = Metrics::default();
    context
        .metrics
        .register("audit", |registry| metrics.register(registry));
    let keeper = Keeper {
        db,
        config,
        alarm,
        metrics,
        raised: BTreeSet::new(),
        told: None,
    };
    let shutdown = context.tasks.shutdown();
    context.tasks.spawn_essential("audit.keeper", async move {
        keeper.run(&shutdown).await;
        Ok(())
    });
}

/// What the keeper measures.
#[derive(Debug, Clone, Default)]
struct Metrics {
    entries: Gauge,
    waiting: Gauge,
    waiting_seconds: Gauge<f64, AtomicU64>,
    findings: Family<Found, Counter>,
    bad: Gauge,
    not_copied: Counter,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Found {
    kind: &'static str,
}

impl Metrics {
    fn register(&self, registry: &mut Registry) {
        registry.register("entries", "Entries in the log", self.entries.clone());
        registry.register(
            "waiting_rows",
            "Rows that wait for their place in the log, 10000 at most",
            self.waiting.clone(),
        );
        registry.register(
            "waiting_seconds",
            "For how long the oldest of them waits",
            self.waiting_seconds.clone(),
        );
        registry.register(
            "findings",
            "Damage to the log that was found, by kind, each counted once",
            self.findings.clone(),
        );
        registry.register(
            "bad_rows",
            "Bad rows and entries known to this process: anything but 0 is an alarm",
            self.bad.clone(),
        );
        registry.register(
            "copies_failed",
            "Checkpoints that could not be copied to the second place at once",
            self.not_copied.clone(),
        );
    }
}

struct Keeper {
    db: Db,
    config: Config,
    alarm: Alarm,
    metrics: Metrics,
    raised: BTreeSet<(Kind, Option<u64>, Option<Uuid>)>,
    told: Option<Timestamp>,
}

impl Keeper {
    async fn run(mut self, shutdown: &Shutdown) {
        let mut lost: Option<String> = None;
        while let Err(failure) = self.serve(shutdown).await {
            let text = failure.to_string();
            if let SealError::Forked(fork) = failure {
                let finding = Finding::new(Kind::Rewritten, None, None, fork.to_string());
                self.raise(vec![finding]).await;
            } else if lost.as_ref() != Some(&text) {
                warn!("The audit log is not being sealed at the moment: {text}");
            }
            lost = Some(text);
            if !self.pause(shutdown).await {
                return;
            }
        }
    }

    /// Waits for the next pass; false when the stop has begun.
    async fn pause(&self, shutdown: &Shutdown) -> bool {
        tokio::select! {
            () = shutdown.begun() => false,
            () = tokio::time::sleep(self.config.every) => true,
        }
    }

    /// Takes the lock and keeps the log until something fails or the stop begins.
    async fn serve(&mut self, shutdown: &Shutdown) -> Result<(), SealError> {
        let inner = self.db.inner();
        // Its own connection: the lock lives and dies with it, and the pool cannot take it away.
        let mut conn = inner.access.connect_service().await?;
        while !log::lock(&mut conn).await? {
            if !self.pause(shutdown).await {
                return Ok(());
            }
        }
        let (keys, copies) = (self.config.keys.clone(), self.config.copies.clone());
        let mut sealer = Sealer::resume(&mut conn, keys, copies).await?;
        info!(
            audit.size = sealer.size(),
            "The audit log {} is kept by this process",
            sealer.origin()
        );
        let mut watch = Watch::default();
        let mut months: Option<Timestamp> = None;
        loop {
            let now = self.now();
            if months.is_none_or(|made| now.duration_since(made) >= MONTHS) {
                ahead(&mut conn).await;
                months = Some(now);
            }
            self.pass(&mut conn, &mut sealer, now).await?;
            let keys = &self.config.keys;
            let seen = watch.pass(&mut conn, keys, sealer.tail(), now).await?;
            self.saw(seen).await;
            if !self.pause(shutdown).await {
                // What was written until now has its place when the program is gone.
                return self.pass(&mut conn, &mut sealer, self.now()).await;
            }
        }
    }

    fn now(&self) -> Timestamp {
        self.db.inner().clock.now()
    }

    async fn pass(
        &mut self,
        conn: &mut Connection,
        sealer: &mut Sealer,
        now: Timestamp,
    ) -> Result<(), SealError> {
        let done = sealer.pass(conn, now).await?;
        let size = i64::try_from(sealer.size()).unwrap_or(i64::MAX);
        self.metrics.entries.set(size);
        if let Some(error) = done.not_copied {
            self.metrics.not_copied.inc();
            warn!(%error, "A checkpoint of the audit log is not copied yet: {error}");
        }
        let forged = done.forged.into_iter().map(|(seq, row)| {
            let text = "the row was not written by a holder of the key".to_owned();
            Finding::new(Kind::Inserted, Some(seq), Some(row), text)
        });
        self.raise(forged.collect()).await;
        if let Some((size, root)) = done.head
            && self
                .told
                .is_none_or(|told| now.duration_since(told) >= TELL)
        {
            let root = hex::encode(&root);
            // Logs are shipped elsewhere: there they are one more copy.
            info!(audit.size = size, audit.root = %root, "Audit log: {size} entries, root {root}");
            self.told = Some(now);
        }
        Ok(())
    }

    async fn saw(&mut self, seen: Seen) {
        let waiting = i64::try_from(seen.waiting).unwrap_or(i64::MAX);
        self.metrics.waiting.set(waiting);
        self.metrics.waiting_seconds.set(seen.waiting_seconds);
        self.raise(seen.findings).await;
    }

    /// Raises what was not raised before.
    async fn raise(&mut self, findings: Vec<Finding>) {
        for finding in findings {
            let name = (finding.kind, finding.entry, finding.row);
            if self.raised.contains(&name) || self.raised.len() >= REMEMBERED {
                continue;
            }
            error!(
                audit.kind = finding.kind.name(),
                audit.entry = finding.entry,
                audit.row = finding.row.map(tracing::field::display),
                "The audit log is damaged: {finding}"
            );
            let kind = finding.kind.name();
            self.metrics.findings.get_or_create(&Found { kind }).inc();
            if let Err(failure) = self.record(&finding).await {
                warn!(error = %failure, "An alarm of the audit log was not kept: {failure}");
                // It is found again, and raised again, by the next pass.
                continue;
            }
            self.raised.insert(name);
            let bad = i64::try_from(self.raised.len()).unwrap_or(i64::MAX);
            self.metrics.bad.set(bad);
        }
    }

    async fn record(&self, finding: &Finding) -> Result<(), StoreError> {
        let mut entry = AuditEntry::new(
            Actor::Service("audit"),
            Action::Verify,
            ResourceType::AuditLog,
            Purpose::Security,
        )
        .outcome(Outcome::Failed)
        .detail("kind", finding.kind.name());
        if let Some(place) = finding.entry {
            entry = entry.detail("entry", i64::try_from(place).unwrap_or(i64::MAX));
        }
        if let Some(row) = finding.row {
            entry = entry.resource(row);
        }
        let tx = self.db.begin().await?;
        tx.commit(Audit::of(entry), (self.alarm)(finding)).await
    }
}

/// Makes months ahead; rows of a missing one are kept in `event_other` meanwhile.
async fn ahead(conn: &mut Connection) {
    match log::ensure_months(conn).await {
        Ok(0) => {}
        Ok(made) => info!("Made {made} months of the audit log ahead"),
        Err(error) => warn!(%error, "Months of the audit log cannot be made ahead: {error}"),
    }
}
