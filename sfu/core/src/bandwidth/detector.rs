//! Is more sent than passes? The trend of the delay says it early, the queue that stands in the
//! path proves it.
//!
//! The trend alone errs: on a busy machine, or for a stream of few packets, jitter looks like
//! growth. So it is believed only together with a queue that spares no packet. A stream that
//! leaves most of the estimate unused has to prove more: it hardly can overfill a path that
//! carried much more a moment ago.

use super::Usage;
use super::groups::{Groups, Sample};
use super::queue::Queue;
use super::trendline::{Slope, Trendline};

/// The queue that makes a rising trend believed, in microseconds.
const PROOF: u64 = 15_000;
/// The same for an application-limited stream …
const LIMITED_PROOF: u64 = 50_000;
/// … whose queue also has to grow by this from one [`MARK`] to the next, twice, or which has to be
/// starved for so long: a path that became longer makes one step, and then all arrives again.
const LIMITED_GROWTH: u64 = 12_000;
const STARVES: u64 = 450_000;
/// A queue this long, in microseconds, is too long even when it does not grow.
const LONG: u64 = 80_000;
/// A queue this much shorter than at the mark before is emptying.
const EMPTYING: u64 = 10_000;
/// How often a queue is compared with itself.
const MARK: u64 = 400_000;
/// Sending less this often without effect means that the delay is not ours.
const PATIENCE: u32 = 2;
/// The delay cannot change by more than this from one packet to the next, in microseconds: a
/// clock jumped.
const JUMP: u64 = 10_000_000;

/// The queue as it was some time ago.
#[derive(Debug, Clone, Copy)]
struct Mark {
    at: u64,
    queue: u64,
    /// Marks in a row at which it had grown.
    grown: u32,
    /// Marks in a row at which it was long and not shorter.
    stuck: u32,
}

/// Watches the delay of one path.
#[derive(Debug)]
pub(super) struct Detector {
    groups: Groups,
    trend: Trendline,
    queue: Queue,
    mark: Option<Mark>,
    starved: Option<u64>,
    last_delay: Option<i64>,
}

impl Detector {
    pub(super) fn new() -> Self {
        Self {
            groups: Groups::default(),
            trend: Trendline::new(),
            queue: Queue::default(),
            mark: None,
            starved: None,
            last_delay: None,
        }
    }

    /// Takes a packet that arrived.
    pub(super) fn add(&mut self, packet: Sample) {
        let delay = packet.delay();
        if self
            .last_delay
            .is_some_and(|last| delay.abs_diff(last) > JUMP)
        {
            *self = Self::new();
        }
        self.last_delay = Some(delay);
        self.queue.add(packet.sent, delay);
        if let Some(sample) = self.groups.add(packet) {
            self.trend.add(sample);
        }
    }

    /// The queue that stands in the path, in microseconds.
    pub(super) fn queue(&self) -> u64 {
        self.queue.standing()
    }

    /// How much the delay differs from packet to packet, in microseconds.
    pub(super) fn jitter(&self) -> u64 {
        self.queue.jitter()
    }

    /// How the path is used. `limited`: the application leaves much of the estimate unused; is
    /// even of that little only a part arriving?
    pub(super) fn assess(&mut self, now: u64, limited: Option<bool>) -> Usage {
        let queue = self.queue();
        let (stuck, growing) = self.compare(now, queue);
        let slope = self.trend.slope();
        let starves = limited == Some(true) && queue >= LIMITED_PROOF;
        self.starved = starves.then(|| self.starved.unwrap_or(now));
        let starved = self.starved.is_some_and(|since| now >= since + STARVES);
        if limited.is_some() {
            return match slope {
                Slope::Falling => Usage::Underuse,
                _ if starved => Usage::Overuse,
                Slope::Rising if queue >= LIMITED_PROOF && growing => Usage::Overuse,
                _ => Usage::Normal,
            };
        }
        match slope {
            Slope::Rising if queue >= PROOF => Usage::Overuse,
            _ if stuck => Usage::Overuse,
            Slope::Falling => Usage::Underuse,
            _ => Usage::Normal,
        }
    }

    /// Compares the queue with the mark: is it long and not emptying (told once a mark), has it
    /// grown twice in a row?
    fn compare(&mut self, now: u64, queue: u64) -> (bool, bool) {
        let mark = self.mark.get_or_insert(Mark {
            at: now,
            queue,
            grown: 0,
            stuck: 0,
        });
        let mut stuck = false;
        if now.saturating_sub(mark.at) >= MARK {
            stuck = mark.queue.min(queue) >= LONG && queue + EMPTYING > mark.queue;
            let grown = queue >= mark.queue + LIMITED_GROWTH;
            *mark = Mark {
                at: now,
                queue,
                grown: if grown { mark.grown + 1 } else { 0 },
                stuck: if stuck { mark.stuck + 1 } else { 0 },
            };
        }
        let growing = mark.grown >= 2;
        if mark.stuck > PATIENCE {
            self.queue.rebase();
            self.mark = None;
            stuck = false;
        }
        (stuck, growing)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A packet each 20 ms from `from`, `delay(ms since then)` milliseconds under way; what the
    /// detector thought at most.
    fn run(
        detector: &mut Detector,
        from: u64,
        to: u64,
        limited: Option<bool>,
        delay: impl Fn(u64) -> u64,
    ) -> u32 {
        let mut overuses = 0;
        for at in (from..to).step_by(20) {
            let sent = at * 1_000;
            let arrival = (sent + delay(at - from) * 1_000) as i64;
            detector.add(Sample { sent, arrival });
            if at % 100 == 0 && detector.assess(sent, limited) == Usage::Overuse {
                overuses += 1;
            }
        }
        overuses
    }

    #[test]
    fn growth_is_overuse_at_once_or_after_more_proof() {
        for limited in [None, Some(false), Some(true)] {
            let mut detector = Detector::new();
            assert_eq!(run(&mut detector, 0, 5_000, limited, |_| 30), 0);
            let seen = run(&mut detector, 5_000, 7_000, limited, |at| 30 + at / 5);
            let least = if limited.is_some() { 6 } else { 14 };
            assert!(seen >= least, "{limited:?}: {seen}");
        }
    }

    #[test]
    fn a_longer_path_is_accepted() {
        let mut detector = Detector::new();
        run(&mut detector, 0, 5_000, None, |_| 30);
        let seen = run(&mut detector, 5_000, 8_000, None, |_| 180);
        assert!((1..8).contains(&seen), "{seen}");
        assert_eq!(run(&mut detector, 8_000, 60_000, None, |_| 180), 0);

        let mut limited = Detector::new();
        run(&mut limited, 0, 5_000, Some(false), |_| 30);
        assert_eq!(run(&mut limited, 5_000, 60_000, Some(false), |_| 180), 0);
    }

    #[test]
    fn a_clock_that_jumps_starts_anew() {
        let mut detector = Detector::new();
        run(&mut detector, 0, 5_000, None, |_| 30);
        assert_eq!(run(&mut detector, 5_000, 9_000, None, |_| 3_600_000), 0);
        assert!(detector.queue() < 1_000);
    }
}
