//! What the node and the bots did in a stretch of steady media.

use std::time::Duration;

use tokio::time::Instant;

use super::report::{Quantiles, millis};
use crate::error::LoadError;
use crate::fleet::Fleet;
use crate::fleet::counts::Counts;
use crate::node::Node;
use crate::process::{Cpu, Holdings};

/// Threads of the node that carry media, by their name.
const SFU: &str = "sfu-";

/// A stretch of steady media.
#[derive(Debug, Clone)]
pub(crate) struct Stretch {
    pub(crate) took: Duration,
    pub(crate) counts: Counts,
    /// CPU time of the node's process, and of its media threads alone.
    pub(crate) process: Duration,
    pub(crate) sfu: Duration,
    pub(crate) resident_kb: u64,
    /// Datagrams the node could not send.
    pub(crate) refused: u64,
}

impl Stretch {
    /// Measures for `length`.
    pub(crate) async fn measure(
        node: &Node,
        fleet: &Fleet,
        length: Duration,
    ) -> Result<Self, LoadError> {
        let unsent = "bedside_sfu_unsent_total";
        let refused = node.metric(unsent).await?;
        let (before, began) = (Cpu::of(node.pid)?, Instant::now());
        fleet.mark().await?;
        tokio::time::sleep(length).await;
        let counts = fleet.tally().await?;
        let (after, took) = (Cpu::of(node.pid)?, began.elapsed());
        Ok(Self {
            took,
            counts,
            process: after.since(&before, ""),
            sfu: after.since(&before, SFU),
            resident_kb: Holdings::of(node.pid)?.resident_kb,
            refused: (node.metric(unsent).await? - refused) as u64,
        })
    }

    /// CPU microseconds a delivered packet: of the process, of the media threads, of the bots.
    pub(crate) fn cpu_us_per_packet(&self) -> [f64; 3] {
        let packets = self.counts.received.max(1) as f64;
        let bots = Duration::from_nanos(self.counts.cpu);
        [self.process, self.sfu, bots].map(|spent| spent.as_secs_f64() * 1e6 / packets)
    }

    /// Cores in use: by the media threads, by the bots.
    pub(crate) fn cores(&self) -> [f64; 2] {
        let bots = Duration::from_nanos(self.counts.cpu);
        [self.sfu, bots].map(|spent| spent.as_secs_f64() / self.took.as_secs_f64())
    }

    pub(crate) fn packets_per_second(&self) -> f64 {
        self.counts.received as f64 / self.took.as_secs_f64()
    }

    pub(crate) fn loss_ratio(&self) -> f64 {
        let Counts { lost, received, .. } = self.counts;
        lost as f64 / (lost + received).max(1) as f64
    }

    /// The time under way through the node, less that of the same bots without it.
    pub(crate) fn added_latency(&self, direct: &Counts) -> Option<Quantiles> {
        let (through, without) = (
            Quantiles::of(&self.counts.latency)?,
            Quantiles::of(&direct.latency)?,
        );
        Some(Quantiles {
            p50: through.p50 - without.p50,
            p99: through.p99 - without.p99,
        })
    }

    /// How late senders sent, of 99 in a hundred pictures: large when the bots are too slow.
    pub(crate) fn late_ms(&self) -> f64 {
        self.counts.lateness.quantile(0.99).map_or(0.0, millis)
    }
}
