//! Without transport-wide feedback: what receiver reports tell (RFC 3550), and a ceiling from
//! REMB (draft-alvestrand-rmcat-remb).

use std::time::Duration;

use super::capacity::Capacity;

/// Above this share lost the rate falls, below that it grows.
const HEAVY: f64 = 0.10;
const LIGHT: f64 = 0.02;
/// A round trip this much longer than the shortest one is a queue.
const QUEUE: Duration = Duration::from_millis(150);
const BACK_OFF: f64 = 0.85;
/// Growth per second, and near a known limit.
const GROWTH: f64 = 0.08;
const CREEP: f64 = 0.02;
/// It does not grow further above the desire, nor above what is sent, than this: nothing could
/// confirm it. The latter leaves room for the next layer, which nothing else can try.
const ABOVE_DESIRE: f64 = 1.1;
const ABOVE_SENT: f64 = 4.0;
/// Falling this often without losing less shows that the loss is not ours.
const IN_VAIN: u32 = 4;
/// A ceiling holds for this long, in microseconds.
const CEILING: u64 = 10_000_000;

/// One report, and what was known when it came.
#[derive(Debug, Clone, Copy)]
pub(super) struct Report {
    /// Share lost since the report before, 0–1.
    pub(super) lost: f64,
    pub(super) round_trip: Option<Duration>,
    /// Bits per second: the estimate so far, what is sent, what is desired.
    pub(super) estimate: f64,
    pub(super) sent: f64,
    pub(super) desire: f64,
}

/// Follows reports.
#[derive(Debug, Default)]
pub(super) struct Reports {
    capacity: Capacity,
    last: Option<u64>,
    shortest: Option<Duration>,
    /// Falls in a row, and the loss before the first of them.
    falls: u32,
    before: f64,
    ceiling: Option<(f64, u64)>,
}

impl Reports {
    /// The receiver wants no more than this, in bits per second.
    pub(super) fn set_ceiling(&mut self, now: u64, rate: f64) {
        self.ceiling = Some((rate, now + CEILING));
    }

    /// What the receiver allows at `now`.
    pub(super) fn ceiling(&self, now: u64) -> Option<f64> {
        let (rate, until) = self.ceiling?;
        (now < until).then_some(rate)
    }

    /// The estimate after a report.
    pub(super) fn follow(&mut self, now: u64, report: &Report) -> f64 {
        let last = self.last.replace(now).unwrap_or(now);
        let passed = now.saturating_sub(last).min(5_000_000) as f64 / 1e6;
        let estimate = report.estimate;
        let sent = report.sent.min(estimate);
        if self.queued(report.round_trip) {
            self.capacity.found(sent);
            return estimate.min(BACK_OFF * sent);
        }
        if report.lost > HEAVY {
            return self.fall(report.lost, estimate, sent);
        }
        self.falls = 0;
        if report.lost >= LIGHT {
            return estimate;
        }
        self.capacity.carried(report.sent);
        let near = self.capacity.near(estimate).is_some();
        let growth = if near { CREEP } else { GROWTH };
        let grown = estimate * (1.0 + growth * passed);
        let bound = (ABOVE_DESIRE * report.desire).min(ABOVE_SENT * report.sent);
        grown.min(bound).max(estimate)
    }

    fn fall(&mut self, lost: f64, estimate: f64, sent: f64) -> f64 {
        if self.falls == 0 || lost < self.before / 2.0 || lost > self.before + HEAVY {
            self.falls = 0;
            self.before = lost;
        }
        if self.falls >= IN_VAIN {
            return estimate;
        }
        self.falls += 1;
        self.capacity.found(sent * (1.0 - lost));
        estimate.min(sent) * (1.0 - 0.5 * lost)
    }

    fn queued(&mut self, round_trip: Option<Duration>) -> bool {
        let Some(round_trip) = round_trip else {
            return false;
        };
        let shortest = self
            .shortest
            .map_or(round_trip, |known| known.min(round_trip));
        // It creeps up, so that a path that became longer is accepted in the end.
        self.shortest = Some(shortest + Duration::from_millis(2));
        round_trip > shortest + QUEUE
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A report each second for so long; the sender sends what is estimated.
    fn run(seconds: u64, lost: impl Fn(f64) -> f64, queue: impl Fn(f64) -> u64) -> f64 {
        let mut reports = Reports::default();
        let mut estimate = 300_000.0;
        for second in 0..seconds {
            let report = Report {
                lost: lost(estimate),
                round_trip: Some(Duration::from_millis(50 + queue(estimate))),
                estimate,
                sent: estimate,
                desire: 2_000_000.0,
            };
            estimate = reports.follow(second * 1_000_000, &report);
        }
        estimate
    }

    #[test]
    fn it_grows_to_the_desire_and_stops_at_a_limit() {
        assert_eq!(run(60, |_| 0.01, |_| 0), 2_200_000.0);
        let policed = run(60, |rate| (1.0 - 500_000.0 / rate).max(0.0), |_| 0);
        assert!((400_000.0..560_000.0).contains(&policed), "{policed}");
        let queued = run(60, |_| 0.0, |rate| if rate > 500_000.0 { 300 } else { 0 });
        assert!((400_000.0..560_000.0).contains(&queued), "{queued}");
    }

    #[test]
    fn loss_that_is_not_ours_does_not_end_in_nothing() {
        let lossy = run(120, |_| 0.2, |_| 0);
        assert!(lossy > 190_000.0, "{lossy}");
    }

    #[test]
    fn a_ceiling_expires() {
        let mut reports = Reports::default();
        reports.set_ceiling(0, 100_000.0);
        assert_eq!(reports.ceiling(1), Some(100_000.0));
        assert_eq!(reports.ceiling(CEILING), None);
    }
}
