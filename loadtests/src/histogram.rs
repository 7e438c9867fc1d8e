//! Durations in buckets.

/// Buckets an octave: a value is known to one sixteenth.
const STEPS: u64 = 16;
/// Every number of nanoseconds there is.
const BUCKETS: usize = 1_024;

/// Counts nanoseconds in buckets that grow with the value.
#[derive(Debug, Clone)]
pub(crate) struct Histogram(Box<[u64; BUCKETS]>);

impl Default for Histogram {
    fn default() -> Self {
        Self(Box::new([0; BUCKETS]))
    }
}

impl Histogram {
    pub(crate) fn record(&mut self, nanos: u64) {
        self.0[bucket(nanos)] += 1;
    }

    /// Adds the counts of `other`.
    pub(crate) fn add(&mut self, other: &Self) {
        for (count, more) in self.0.iter_mut().zip(other.0.iter()) {
            *count += more;
        }
    }

    /// The least bucket's end, in nanoseconds, that `share` (0.0-1.0) of all values do not
    /// exceed: right to one sixteenth.
    pub(crate) fn quantile(&self, share: f64) -> Option<u64> {
        let total: u64 = self.0.iter().sum();
        let wanted = (total as f64 * share).ceil() as u64;
        let mut below = 0;
        for (index, count) in self.0.iter().enumerate() {
            below += count;
            if *count > 0 && below >= wanted {
                return Some(upper(index as u64));
            }
        }
        None
    }
}

/// The bucket of `value`: small values have their own, larger ones share by octave and step.
fn bucket(value: u64) -> usize {
    let index = if value < STEPS {
        value
    } else {
        let octave = u64::from(value.ilog2());
        let step = (value >> (octave - 4)) % STEPS;
        (octave - 3) * STEPS + step
    };
    usize::try_from(index).map_or(BUCKETS - 1, |index| index.min(BUCKETS - 1))
}

/// The largest value of a bucket.
const fn upper(index: u64) -> u64 {
    if index < STEPS {
        return index;
    }
    let (octave, step) = (index / STEPS + 3, index % STEPS);
    ((STEPS + step) << (octave - 4)) + ((1 << (octave - 4)) - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_lies_in_its_bucket() {
        for value in (0..2_000).chain([65_535, 65_536, 1_000_000_000, u64::MAX]) {
            let index = bucket(value) as u64;
            assert!(value <= upper(index), "{value}");
            assert!(index == 0 || value > upper(index - 1), "{value}");
        }
    }

    #[test]
    fn quantiles_are_right_to_one_sixteenth() {
        let mut histogram = Histogram::default();
        assert_eq!(histogram.quantile(0.5), None);
        (1..=500).for_each(|value| histogram.record(value));
        let mut other = Histogram::default();
        (501..=1_000).for_each(|value| other.record(value));
        histogram.add(&other);
        for (share, exact) in [(0.5, 500.0), (0.99, 990.0), (1.0, 1_000.0)] {
            let found = histogram.quantile(share).expect("values") as f64;
            assert!(
                (exact..=exact * 1.0625).contains(&found),
                "{share}: {found}"
            );
        }
    }
}
