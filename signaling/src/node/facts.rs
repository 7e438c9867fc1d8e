//! Facts on their way to core-api: in order, repeated until they are stored.

use std::time::Duration;

use bus::command::{CoreReply, CoreRequest};
use bus::journal::{Batch, Entry};
use tokio::sync::mpsc;

use super::CoreClient;
use crate::metrics::Metrics;

/// Facts waiting at most: some hours of a busy node without core-api. Then new ones are dropped
/// and counted; the visit's state does not depend on them, and the sweep goes on.
const QUEUE: usize = 8192;
/// How long one answer may take.
const PATIENCE: Duration = Duration::from_secs(5);
/// Pauses between repetitions, shortest and longest.
const BACKOFF: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(2));
/// How long the facts that wait may hold up the stop of the server.
const LAST_CALL: Duration = Duration::from_secs(1);

/// The sending end; owned by the task that owns the rooms.
pub(crate) struct Facts {
    queue: mpsc::Sender<Entry>,
    metrics: Metrics,
}

impl Facts {
    /// Queues a fact behind the earlier ones; never waits.
    pub(crate) fn push(&self, fact: Entry) {
        if self.queue.try_send(fact).is_ok() {
            self.metrics.facts_waiting.inc();
        } else {
            self.metrics.facts_dropped.inc();
            tracing::error!("A fact of a room was dropped: core-api has been away for too long");
        }
    }
}

/// Starts the task that carries them. It ends when the sending end is dropped and the queue is
/// empty, at the latest [`LAST_CALL`] after the stop of the server began.
pub(crate) fn start(
    core: CoreClient,
    epoch: u64,
    metrics: Metrics,
    tasks: &runtime::Tasks,
) -> Facts {
    let (queue, facts) = mpsc::channel(QUEUE);
    let shutdown = tasks.shutdown();
    let counted = metrics.clone();
    tasks.spawn("signaling facts", async move {
        let last_call = async {
            shutdown.begun().await;
            tokio::time::sleep(LAST_CALL).await;
        };
        tokio::select! {
            () = carry(&core, epoch, facts, &counted) => {}
            () = last_call => {}
        }
    });
    Facts { queue, metrics }
}

async fn carry(
    core: &CoreClient,
    journal: u64,
    mut facts: mpsc::Receiver<Entry>,
    metrics: &Metrics,
) {
    let mut first = 0;
    while let Some(fact) = facts.recv().await {
        first += 1;
        let entries = vec![fact];
        let batch = Batch {
            journal,
            first,
            entries,
        };
        deliver(core, &CoreRequest::Journal(batch)).await;
        metrics.facts_waiting.dec();
    }
}

/// Repeats until core-api has decided. Later facts wait: their order is part of the journal.
async fn deliver(core: &CoreClient, fact: &CoreRequest) {
    let mut pause = BACKOFF.0;
    loop {
        match core.call(fact, PATIENCE).await {
            Ok(CoreReply::Stored) => return,
            Ok(CoreReply::Refused) => {
                tracing::error!("core-api refused an entry of the journal");
                return;
            }
            Ok(
                CoreReply::Unavailable | CoreReply::RoomsStatus { .. } | CoreReply::Token { .. },
            )
            | Err(_) => {}
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(BACKOFF.1);
    }
}
