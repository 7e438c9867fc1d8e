//! What all bots of a run send and receive.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

use super::latency::Histogram;
use super::stream::Stream;

/// Shared by every task of a run; ends with it.
pub(crate) struct Meter {
    began: Instant,
    sent: AtomicU64,
    received: AtomicU64,
    /// Set while counting: only then the time under way is noted.
    counting: AtomicBool,
    /// From a sender's write to a receiver's read, both bots' stacks included.
    pub(crate) latency: Histogram,
    /// Why bots broke, one entry a bot. Held for a push or a clone only.
    broken: Mutex<Vec<String>>,
    /// One a stream; each is written by one task. Held for a push or a read only.
    streams: Mutex<Vec<Arc<Mutex<Stream>>>>,
    flowing: watch::Sender<usize>,
}

/// Packets so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Totals {
    pub(crate) sent: u64,
    pub(crate) received: u64,
}

impl Meter {
    pub(crate) fn new(began: Instant) -> Self {
        Self {
            began,
            sent: AtomicU64::new(0),
            received: AtomicU64::new(0),
            counting: AtomicBool::new(false),
            latency: Histogram::default(),
            broken: Mutex::default(),
            streams: Mutex::new(Vec::new()),
            flowing: watch::Sender::new(0),
        }
    }

    /// Since the run began.
    pub(crate) fn elapsed(&self) -> Duration {
        self.began.elapsed()
    }

    pub(crate) fn count_sent(&self, packets: u64) {
        self.sent.fetch_add(packets, Ordering::Relaxed);
    }

    /// A packet came that was written at `stamp` on this meter's clock.
    pub(crate) fn count_received(&self, stamp: Option<Duration>) {
        self.received.fetch_add(1, Ordering::Relaxed);
        if let Some(stamp) = stamp
            && self.counting.load(Ordering::Relaxed)
        {
            self.latency.record(self.elapsed().saturating_sub(stamp));
        }
    }

    /// Counting begins.
    pub(crate) fn begin(&self) -> Totals {
        self.counting.store(true, Ordering::Relaxed);
        self.totals()
    }

    /// A bot cannot go on.
    pub(crate) fn broke(&self, why: String) {
        let mut broken = self.broken.lock().unwrap_or_else(PoisonError::into_inner);
        broken.push(why);
    }

    /// Why bots broke, one entry a bot.
    pub(crate) fn broken(&self) -> Vec<String> {
        let broken = self.broken.lock().unwrap_or_else(PoisonError::into_inner);
        broken.clone()
    }

    /// A new stream, whose first packet has come.
    pub(crate) fn stream(&self) -> Arc<Mutex<Stream>> {
        let stream = Arc::default();
        let mut streams = self.streams.lock().unwrap_or_else(PoisonError::into_inner);
        streams.push(Arc::clone(&stream));
        self.flowing.send_replace(streams.len());
        stream
    }

    /// Waits until `wanted` streams flow.
    pub(crate) async fn streams_reach(&self, wanted: usize) {
        let mut flowing = self.flowing.subscribe();
        // Fails only without a sender, and we hold it.
        let _ = flowing.wait_for(|flowing| *flowing >= wanted).await;
    }

    pub(crate) fn totals(&self) -> Totals {
        Totals {
            sent: self.sent.load(Ordering::Relaxed),
            received: self.received.load(Ordering::Relaxed),
        }
    }

    /// Reads every stream.
    pub(crate) fn read<T>(&self, read: impl Fn(&Stream) -> T) -> Vec<T> {
        let streams = self.streams.lock().unwrap_or_else(PoisonError::into_inner);
        let each = streams.iter();
        each.map(|stream| read(&stream.lock().unwrap_or_else(PoisonError::into_inner)))
            .collect()
    }
}
