//! What a train of packets, sent at a known pace, tells of the path.
//!
//! A line is laid through bytes and times at each end. Its slope is a rate, and unlike the
//! distance of the first packet to the last it does not depend on the luck of these two.

use super::BUCKET;

/// Fewer arrivals make no line.
const LEAST: u32 = 4;

/// Least squares of time (microseconds) over bytes.
#[derive(Debug, Clone, Copy, Default)]
struct Line {
    count: f64,
    x: f64,
    y: f64,
    xx: f64,
    xy: f64,
}

impl Line {
    fn add(&mut self, bytes: f64, micros: f64) {
        self.count += 1.0;
        self.x += bytes;
        self.y += micros;
        self.xx += bytes * bytes;
        self.xy += bytes * micros;
    }

    /// Bits per second; infinite when all came at once.
    fn rate(&self) -> f64 {
        let over = self.count * self.xy - self.x * self.y;
        let under = self.count * self.xx - self.x * self.x;
        if over > 0.0 {
            8e6 * under / over
        } else {
            f64::INFINITY
        }
    }
}

/// A train, as it is sent and reported.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Train {
    packets: u32,
    bytes: u32,
    /// The first bytes say nothing: they may be a bucketful.
    skipped: u32,
    told: u32,
    /// Of these, how many were not measured.
    unmeasured: u32,
    arrived: u32,
    /// Bytes from the first packet that arrived to the last: what is measured.
    span: (u32, u32),
    /// Any moment of each clock, to count from.
    departure: Option<u64>,
    arrival: Option<i64>,
    departures: Line,
    arrivals: Line,
    /// The least time under way, and how much longer any packet took, in microseconds.
    quickest: Option<i64>,
    delayed: i64,
}

/// What a train showed. Bits per second.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Finding {
    pub(super) sent: f64,
    /// The pace of the arrivals, with what was lost between them: its share is told apart.
    pub(super) arrived: f64,
    pub(super) lost: f64,
    /// The share that chance, of one standard deviation, does not explain away.
    pub(super) surely_lost: f64,
}

/// What a probe showed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Outcome {
    /// What it aimed at, in bits per second.
    pub(super) aim: f64,
    /// It sent more than a bucket holds.
    pub(super) proof: bool,
    /// A queue grew, and it ended for that.
    pub(super) late: bool,
    /// None when too little was reported.
    pub(super) finding: Option<Finding>,
}

impl Train {
    /// One whose first bytes are not measured.
    pub(super) fn behind(skipped: u32) -> Self {
        Self {
            skipped,
            ..Self::default()
        }
    }

    /// One more packet leaves; the bytes before it.
    pub(super) fn leaves(&mut self, bytes: usize) -> u32 {
        self.packets += 1;
        let after = self.bytes;
        self.bytes = after.saturating_add(u32::try_from(bytes).unwrap_or(u32::MAX));
        after
    }

    /// Bytes that left.
    pub(super) fn bytes(&self) -> u32 {
        self.bytes
    }

    /// All that left has been reported.
    pub(super) fn complete(&self) -> bool {
        self.told >= self.packets
    }

    /// A packet that left after so many bytes was reported.
    pub(super) fn told(&mut self, after: u32, bytes: u16, sent: u64, arrival: Option<i64>) {
        self.told += 1;
        // It left after all bytes before it, and arrives with its own.
        let (head, tail) = (after, after.saturating_add(u32::from(bytes)));
        if let Some(arrival) = arrival {
            let delay = arrival.saturating_sub(sent as i64);
            let quickest = *self.quickest.get_or_insert(delay);
            self.quickest = Some(quickest.min(delay));
            self.delayed = self.delayed.max(delay.saturating_sub(quickest));
        }
        if head < self.skipped {
            self.unmeasured += 1;
            return;
        }
        let origin = *self.departure.get_or_insert(sent) as i64;
        self.departures
            .add(f64::from(head), (sent as i64 - origin) as f64);
        let Some(arrival) = arrival else { return };
        self.arrived += 1;
        let (first, last) = self.span;
        self.span = if self.arrived == 1 {
            (head, tail)
        } else {
            (first.min(head), last.max(tail))
        };
        let origin = *self.arrival.get_or_insert(arrival);
        self.arrivals
            .add(f64::from(tail), arrival.saturating_sub(origin) as f64);
    }

    /// What it showed; none when too little of it was reported or arrived.
    pub(super) fn finding(&self) -> Option<Finding> {
        let measured = u64::from(self.span.1 - self.span.0);
        let sent = u64::from(self.bytes.saturating_sub(self.skipped));
        let enough = measured * 2 >= sent && self.arrived >= LEAST;
        let told = f64::from(self.told - self.unmeasured);
        let lost = 1.0 - f64::from(self.arrived) / told;
        enough.then(|| Finding {
            sent: self.departures.rate(),
            arrived: self.arrivals.rate(),
            lost,
            surely_lost: lost - (lost * (1.0 - lost) / told).sqrt(),
        })
    }

    /// How much longer than the quickest any packet took, in microseconds.
    pub(super) fn delayed(&self) -> u64 {
        self.delayed.unsigned_abs()
    }
}

/// The bytes after which a bucket is empty when so much is sent into a path that is known to carry
/// less, and the microseconds that takes.
pub(super) fn bucketful(aim: f64, known: f64) -> (u32, u64) {
    let share = (1.0 - known / aim).max(0.1);
    let bytes = BUCKET / share;
    (bytes as u32, (bytes * 8e6 / aim) as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ten packets of 500 bytes, one each 5 ms: 800 kbit/s.
    fn run(arrival: impl Fn(i64) -> Option<i64>) -> Option<Finding> {
        let mut train = Train::default();
        let places: Vec<u32> = (0..10).map(|_| train.leaves(500)).collect();
        assert_eq!(train.bytes(), 5_000);
        // Reports come in any order.
        for n in [5, 6, 7, 8, 9, 0, 1, 2, 3, 4] {
            train.told(places[n as usize], 500, n as u64 * 5_000, arrival(n));
        }
        assert!(train.complete());
        train.finding()
    }

    #[test]
    fn a_wide_path_keeps_the_pace_and_a_narrow_one_stretches_it() {
        let wide = run(|n| Some(n * 5_000 + 33_000)).expect("all arrived");
        assert_eq!(
            (wide.sent.round(), wide.arrived.round()),
            (800_000.0, 800_000.0)
        );
        let narrow = run(|n| Some(n * 20_000)).expect("all arrived");
        assert_eq!(narrow.arrived.round(), 200_000.0);
        let jittery = run(|n| Some(n * 5_000 + n * 7_919 % 8_000)).expect("all arrived");
        assert!((650_000.0..1_000_000.0).contains(&jittery.arrived));
    }

    /// 800 kbit/s into 400 behind a bucket of 2,500 bytes: after twice as many it shows.
    #[test]
    fn behind_a_bucketful_the_rate_shows() {
        let told = |skipped| {
            let mut train = Train::behind(skipped);
            for n in 0..20 {
                let after = train.leaves(500);
                let queued = (n - 10).max(0) * 5_000;
                train.told(after, 500, n as u64 * 5_000, Some(n * 5_000 + queued));
            }
            (train.finding().expect("all arrived"), train.delayed())
        };
        let (all, delayed) = told(0);
        assert!(all.arrived > 480_000.0, "{all:?}");
        assert_eq!(delayed, 45_000);
        let (tail, _) = told(5_000);
        assert_eq!(
            (tail.sent.round(), tail.arrived.round()),
            (800_000.0, 400_000.0)
        );
    }

    #[test]
    fn a_policer_shows_and_too_little_says_nothing() {
        let policed = run(|n| (n % 2 == 0).then_some(n * 5_000)).expect("half arrived");
        assert_eq!((policed.arrived.round(), policed.lost), (800_000.0, 0.5));
        assert_eq!(run(|n| (n < 3).then_some(n)), None);
        let mut unheard = Train::default();
        unheard.leaves(500);
        assert!(!unheard.complete() && unheard.finding().is_none());
    }
}
