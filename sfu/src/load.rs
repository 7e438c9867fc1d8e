//! How busy a worker is, for whoever places rooms.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// What a worker did in its last measured second, shared with the engine.
///
/// Written by the worker alone, once a second. The values need not be of one moment.
#[derive(Debug, Default)]
pub(crate) struct Gauge {
    cpu_permille: AtomicU64,
    packets: AtomicU64,
    /// Counts measurements.
    measured: AtomicU64,
}

/// A reading of a [`Gauge`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Load {
    /// CPU time per time of the worker's thread, in thousandths: 1,000 is a core.
    pub(crate) cpu_permille: u64,
    /// Datagrams in and out a second.
    pub(crate) packets: u64,
    /// Which measurement this is.
    pub(crate) measured: u64,
}

impl Gauge {
    /// Sets what happened within `period`.
    pub(crate) fn set(&self, period: Duration, cpu: Duration, packets: u64) {
        let micros = |time: Duration| u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        let period = micros(period).max(1);
        let share = micros(cpu).saturating_mul(1_000) / period;
        let rate = packets.saturating_mul(1_000_000) / period;
        self.cpu_permille.store(share, Ordering::Relaxed);
        self.packets.store(rate, Ordering::Relaxed);
        self.measured.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn read(&self) -> Load {
        Load {
            cpu_permille: self.cpu_permille.load(Ordering::Relaxed),
            packets: self.packets.load(Ordering::Relaxed),
            measured: self.measured.load(Ordering::Relaxed),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_and_rates_are_of_a_second() {
        let gauge = Gauge::default();
        gauge.set(Duration::from_secs(2), Duration::from_millis(500), 3_000);
        let load = Load {
            cpu_permille: 250,
            packets: 1_500,
            measured: 1,
        };
        assert_eq!(gauge.read(), load);
        gauge.set(Duration::ZERO, Duration::ZERO, 0);
        assert_eq!(gauge.read().cpu_permille, 0);
    }
}
