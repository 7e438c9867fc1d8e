//! How long packets are under way.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Buckets an octave: a value is known to one eighth.
const STEPS: u64 = 8;
/// Up to some two hours in microseconds.
const BUCKETS: usize = 256;

/// Counts durations in buckets that grow with the value. Many tasks write, one reads at the end.
pub(crate) struct Histogram([AtomicU64; BUCKETS]);

impl Default for Histogram {
    fn default() -> Self {
        Self([const { AtomicU64::new(0) }; BUCKETS])
    }
}

impl Histogram {
    pub(crate) fn record(&self, value: Duration) {
        let micros = u64::try_from(value.as_micros()).unwrap_or(u64::MAX);
        self.0[bucket(micros)].fetch_add(1, Ordering::Relaxed);
    }

    /// A value that `share` (0.0-1.0) of all values do not exceed, to one eighth.
    pub(crate) fn quantile(&self, share: f64) -> Option<Duration> {
        let counts: Vec<u64> = self.0.iter().map(|c| c.load(Ordering::Relaxed)).collect();
        let total: u64 = counts.iter().sum();
        #[expect(clippy::cast_precision_loss, reason = "counts of one run fit a double")]
        let wanted = total as f64 * share;
        let mut below = 0;
        for (index, count) in counts.into_iter().enumerate() {
            below += count;
            #[expect(clippy::cast_precision_loss, reason = "counts of one run fit a double")]
            let reached = below as f64 >= wanted;
            if count > 0 && reached {
                return Some(Duration::from_micros(upper(index as u64)));
            }
        }
        None
    }
}

/// The bucket of `micros`: small values have their own, larger ones share by octave and step.
fn bucket(micros: u64) -> usize {
    let index = if micros < STEPS {
        micros
    } else {
        let octave = u64::from(micros.ilog2());
        let step = (micros >> (octave - 3)) % STEPS;
        (octave - 2) * STEPS + step
    };
    usize::try_from(index).map_or(BUCKETS - 1, |index| index.min(BUCKETS - 1))
}

/// The largest value of a bucket.
const fn upper(index: u64) -> u64 {
    if index < STEPS {
        return index;
    }
    let (octave, step) = (index / STEPS + 2, index % STEPS);
    ((STEPS + step + 1) << (octave - 3)) - 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_lies_in_its_bucket() {
        for micros in (0..2_000).chain([65_535, 65_536, 1_000_000, 60_000_000]) {
            let index = bucket(micros) as u64;
            assert!(micros <= upper(index), "{micros}");
            assert!(index == 0 || micros > upper(index - 1), "{micros}");
        }
        assert_eq!(bucket(u64::MAX), BUCKETS - 1);
    }

    #[test]
    fn quantiles_are_right_to_one_eighth() {
        let histogram = Histogram::default();
        assert_eq!(histogram.quantile(0.5), None);
        for micros in 1..=1_000 {
            histogram.record(Duration::from_micros(micros));
        }
        for (share, exact) in [(0.5, 500.0), (0.99, 990.0), (1.0, 1_000.0)] {
            let found = histogram.quantile(share).expect("values").as_secs_f64() * 1e6;
            assert!((exact..=exact * 1.125).contains(&found), "{share}: {found}");
        }
    }
}
