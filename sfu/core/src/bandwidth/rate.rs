//! The rate control: up slowly, down at once (draft-ietf-rmcat-gcc-02, section 5.5).

use super::capacity::Capacity;
use super::{LEAST, MOST, Usage};

/// What is left of the arriving rate after overuse, so that the queue empties …
const BACK_OFF: f64 = 0.85;
/// … and when the queue is longer than [`DEEP`].
const DEEP_BACK_OFF: f64 = 0.7;
const DEEP: u64 = 200_000;
/// An estimate below this share of what passes did not cause the queue: a burst did, say a key
/// picture, and it empties by itself …
const MODEST: f64 = 0.95;
/// … unless it is this long.
const TOLERABLE: u64 = 150_000;
/// Behind a queue this long, in microseconds, the path is busy all the time, so that a short look
/// at what arrives tells its capacity. It is coarse: it counts when it differs by this share.
const BUSY: u64 = 50_000;
const DIFFERS: f64 = 0.75;
/// A queue longer than this and the jitter empties before the rate grows again.
const SHORT: u64 = 25_000;
/// Growth per second with no limit known, below a known one, and near it. Near it, finding more
/// is the probes' business: each overshoot would cost a queue and a step back.
const GROWTH: f64 = 0.08;
const RETURN: f64 = 0.15;
const CREEP: f64 = 0.005;
/// The share of a known capacity up to which the rate returns quickly, also while little is sent:
/// the path was seen to carry it, and the back-off was for the queue.
const SAFE: f64 = 0.93;
/// The rate grows no further than this beyond what arrives: more would be a guess. Nothing is
/// taken away for it.
const AHEAD: f64 = 1.25;
const AHEAD_LEAST: f64 = 10_000.0;
/// After a decrease the next waits for this and a round trip, in microseconds: the first must
/// have been able to show.
const SETTLE: u64 = 200_000;

/// What the rate control looks at.
#[derive(Debug, Clone, Copy)]
pub(super) struct Observation {
    pub(super) usage: Usage,
    /// Bits per second that arrive, over half a second and over a fifth.
    pub(super) arriving: Option<f64>,
    pub(super) recently: Option<f64>,
    /// What is sent, less what is lost: without a queue all of this arrives, even if some feedback
    /// that would tell so does not.
    pub(super) passing: f64,
    /// Microseconds.
    pub(super) queue: u64,
    pub(super) jitter: u64,
    pub(super) round_trip: u64,
    /// So much is lost that growth would have no ground.
    pub(super) lossy: bool,
    /// So little is sent that growth beyond what is known would have no ground.
    pub(super) limited: bool,
}

/// The estimate that follows from delay. Bits per second.
#[derive(Debug)]
pub(super) struct Rate {
    estimate: f64,
    capacity: Capacity,
    updated: u64,
    decreased: Option<u64>,
}

impl Rate {
    pub(super) fn new(first: f64) -> Self {
        Self {
            estimate: first.clamp(LEAST, MOST),
            capacity: Capacity::default(),
            updated: 0,
            decreased: None,
        }
    }

    pub(super) fn estimate(&self) -> f64 {
        self.estimate
    }

    /// Follows an observation; says whether the estimate fell.
    pub(super) fn update(&mut self, now: u64, seen: &Observation) -> bool {
        let passed = now.saturating_sub(self.updated).min(1_000_000) as f64 / 1e6;
        self.updated = now;
        match seen.usage {
            Usage::Overuse => return self.decrease(now, seen),
            Usage::Underuse => return false,
            Usage::Normal => {}
        }
        if let Some(arriving) = seen.arriving {
            self.capacity.carried(arriving);
            if !seen.lossy && seen.queue <= SHORT + seen.jitter {
                self.come_back(passed);
                if !seen.limited {
                    self.increase(passed, arriving.max(seen.passing));
                }
            }
        }
        false
    }

    /// Receiver reports, in place of delay, led to this.
    pub(super) fn set(&mut self, to: f64) {
        self.estimate = to.clamp(LEAST, MOST);
    }

    /// The path is full, or was found to carry `capacity` only.
    pub(super) fn lower(&mut self, now: u64, to: f64, capacity: f64) {
        self.capacity.found(capacity);
        self.estimate = to.clamp(LEAST, self.estimate);
        self.decreased = Some(now);
    }

    /// A probe showed that the path carries `to`; and no more than `capacity`, if it filled it.
    pub(super) fn raise(&mut self, to: f64, capacity: Option<f64>) {
        self.estimate = to.clamp(self.estimate, MOST);
        match capacity {
            Some(capacity) => self.capacity.found(capacity),
            None => self.capacity.forget(),
        }
    }

    fn decrease(&mut self, now: u64, seen: &Observation) -> bool {
        let settled = |last: u64| now >= last + SETTLE + seen.round_trip;
        let Some(arriving) = seen.arriving.or(seen.recently) else {
            return false;
        };
        if !self.decreased.is_none_or(settled) {
            return false;
        }
        let carried = match seen.recently {
            Some(recently) if seen.queue >= BUSY && recently < DIFFERS * arriving => recently,
            _ => arriving,
        };
        if self.estimate <= MODEST * carried && seen.queue < TOLERABLE {
            return false;
        }
        let share = if seen.queue >= DEEP {
            DEEP_BACK_OFF
        } else {
            BACK_OFF
        };
        let target = share * carried;
        if target >= self.estimate {
            return false;
        }
        self.lower(now, target, carried);
        true
    }

    /// What the path was found to carry, if `passed` is much more than that.
    pub(super) fn doubts(&self, passed: f64) -> Option<f64> {
        self.capacity.doubts(passed)
    }

    fn come_back(&mut self, passed: f64) {
        let Some(known) = self.capacity.known() else {
            return;
        };
        let grown = self.estimate * (1.0 + RETURN * passed);
        self.estimate = grown.min(SAFE * known).max(self.estimate);
    }

    fn increase(&mut self, passed: f64, arriving: f64) {
        let growth = match self.capacity.near(self.estimate) {
            None => GROWTH,
            // Comes back by itself.
            Some(known) if self.estimate < SAFE * known => return,
            Some(_) => CREEP,
        };
        let grown = self.estimate * (1.0 + growth * passed);
        let bound = AHEAD * arriving + AHEAD_LEAST;
        self.estimate = grown.min(bound).clamp(self.estimate, MOST);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(usage: Usage, arriving: f64) -> Observation {
        Observation {
            usage,
            arriving: Some(arriving),
            recently: Some(arriving),
            passing: arriving,
            queue: 0,
            jitter: 0,
            round_trip: 50_000,
            lossy: false,
            limited: false,
        }
    }

    #[test]
    fn overuse_backs_off_once_and_memory_makes_the_return_careful() {
        let mut rate = Rate::new(400_000.0);
        assert!(rate.update(1_000_000, &seen(Usage::Overuse, 300_000.0)));
        assert_eq!(rate.estimate(), 255_000.0);
        assert!(
            !rate.update(1_100_000, &seen(Usage::Overuse, 200_000.0)),
            "too soon"
        );
        for second in 2..4 {
            rate.update(second * 1_000_000, &seen(Usage::Normal, 255_000.0));
        }
        assert!(rate.estimate() > 279_000.0, "{}", rate.estimate());
        for second in 4..14 {
            rate.update(second * 1_000_000, &seen(Usage::Normal, 290_000.0));
        }
        assert!(rate.estimate() < 310_000.0, "{}", rate.estimate());
        rate.update(14_000_000, &seen(Usage::Normal, 400_000.0));
        assert!(
            rate.capacity.known().is_some(),
            "a bucketful may have passed"
        );
        rate.update(15_000_000, &seen(Usage::Normal, 500_000.0));
        assert!(rate.capacity.known().is_none(), "refuted");
    }

    #[test]
    fn what_is_known_is_come_back_to_though_little_is_sent() {
        let mut rate = Rate::new(400_000.0);
        let full = Observation {
            queue: DEEP,
            ..seen(Usage::Overuse, 300_000.0)
        };
        assert!(rate.update(1_000_000, &full));
        assert_eq!(rate.estimate(), 210_000.0);
        let little = Observation {
            limited: true,
            ..seen(Usage::Normal, 40_000.0)
        };
        for second in 2..5 {
            rate.update(second * 1_000_000, &little);
        }
        assert_eq!(rate.estimate(), SAFE * 300_000.0);
    }

    #[test]
    fn a_small_sent_rate_bounds_growth_and_takes_nothing_away() {
        let mut rate = Rate::new(1_500_000.0);
        for second in 1..100 {
            rate.update(second * 1_000_000, &seen(Usage::Normal, 20_000.0));
        }
        assert_eq!(rate.estimate(), 1_500_000.0);
    }

    #[test]
    fn it_stays_within_its_bounds() {
        let mut rate = Rate::new(1.0);
        assert_eq!(rate.estimate(), LEAST);
        rate.raise(1e12, None);
        assert_eq!(rate.estimate(), MOST);
        rate.lower(0, 0.0, 0.0);
        assert_eq!(rate.estimate(), LEAST);
    }
}
