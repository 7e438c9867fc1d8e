//! The rate at which bytes arrive at the receiver, by the receiver's clock.

/// Length of a bucket, in microseconds.
const BUCKET: i64 = 25_000;
/// Buckets that make the usual rate: half a second, so that pictures and pauses even out.
const LONG: usize = 20;
/// Buckets that make the recent rate. Only behind a standing queue does so short a time tell the
/// path's capacity: the path is busy throughout.
const SHORT: usize = 8;
/// A rate is known after this many buckets.
const LEAST: usize = 6;

/// A ring of buckets by arrival time.
#[derive(Debug)]
pub(super) struct Acknowledged {
    buckets: [u32; LONG],
    /// The bucket being filled, counted from the receiver's time nought.
    newest: Option<i64>,
    /// Full buckets since arrivals began, or began again.
    filled: usize,
}

impl Acknowledged {
    pub(super) fn new() -> Self {
        Self {
            buckets: [0; LONG],
            newest: None,
            filled: 0,
        }
    }

    /// A packet of so many bytes arrived.
    pub(super) fn add(&mut self, arrival: i64, bytes: u16) {
        let bucket = arrival.div_euclid(BUCKET);
        let ahead = bucket - *self.newest.get_or_insert(bucket);
        if ahead >= LONG as i64 || ahead < -(LONG as i64) {
            // After a rest, or a jump of the clock, nothing of the old is left.
            *self = Self::new();
            self.newest = Some(bucket);
        } else if ahead > 0 {
            for gone in 1..=ahead {
                self.buckets[index(bucket - ahead + gone)] = 0;
            }
            self.filled = (self.filled + ahead as usize).min(LONG);
            self.newest = Some(bucket);
        }
        self.buckets[index(bucket)] += u32::from(bytes);
    }

    /// So many bytes are taken to have arrived evenly between two arrivals that were told.
    pub(super) fn fill(&mut self, from: i64, to: i64, bytes: u32) {
        let Some(newest) = self.newest else { return };
        let (first, last) = (from.div_euclid(BUCKET), to.div_euclid(BUCKET));
        if last < first || last > newest || last - first >= LONG as i64 {
            return;
        }
        let each = bytes / (last - first + 1) as u32;
        for bucket in first.max(newest + 1 - LONG as i64)..=last {
            self.buckets[index(bucket)] += each;
        }
    }

    /// Bits per second over half a second.
    pub(super) fn rate(&self) -> Option<f64> {
        self.over(LONG - 1)
    }

    /// Bits per second over the last fifth of a second.
    pub(super) fn recent(&self) -> Option<f64> {
        self.over(SHORT)
    }

    /// Over that many full buckets, the newest not among them: it is still being filled.
    fn over(&self, most: usize) -> Option<f64> {
        let newest = self.newest?;
        let count = self.filled.min(most);
        if count < LEAST {
            return None;
        }
        let sum: u32 = (1..=count as i64)
            .map(|back| self.buckets[index(newest - back)])
            .sum();
        Some(f64::from(sum) * 8_000_000.0 / (count as f64 * BUCKET as f64))
    }
}

fn index(bucket: i64) -> usize {
    bucket.rem_euclid(LONG as i64) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_is_that_of_the_arrivals() {
        let mut acknowledged = Acknowledged::new();
        assert_eq!(acknowledged.rate(), None);
        for n in 0..200 {
            acknowledged.add(-1_000_000 + n * 10_000, 1_250);
        }
        let rate = acknowledged.rate().expect("two seconds are enough");
        assert!((900_000.0..1_100_000.0).contains(&rate), "{rate}");
        for n in 0..22 {
            acknowledged.add(1_000_000 + n * 10_000, 125);
        }
        let recent = acknowledged.recent().expect("known");
        assert!((80_000.0..120_000.0).contains(&recent), "{recent}");
        assert!(acknowledged.rate().expect("known") > 400_000.0);
    }

    #[test]
    fn what_a_lost_report_hides_is_filled_in() {
        let mut acknowledged = Acknowledged::new();
        for n in 0..100 {
            if !(70..90).contains(&n) {
                acknowledged.add(n * 10_000, 1_250);
            }
        }
        acknowledged.fill(690_000, 900_000, 25_000);
        let rate = acknowledged.rate().expect("known");
        assert!((900_000.0..1_100_000.0).contains(&rate), "{rate}");
        acknowledged.fill(0, 5_000_000, 25_000);
        acknowledged.fill(900_000, 690_000, 25_000);
        assert_eq!(
            acknowledged.rate(),
            Some(rate),
            "no stretch of these arrivals"
        );
    }

    #[test]
    fn a_rest_starts_anew() {
        let mut acknowledged = Acknowledged::new();
        for n in 0..100 {
            acknowledged.add(n * 10_000, 1_250);
        }
        acknowledged.add(9_000_000, 1_250);
        assert_eq!(acknowledged.rate(), None);
        acknowledged.add(i64::MIN / 2, 1_250);
        acknowledged.add(i64::MAX / 2, 1_250);
        assert_eq!(acknowledged.recent(), None);
    }
}
