//! What may be sent again to one receiver.
//!
//! A receiver says itself what it misses, and could say that of everything, again and again. So
//! repairs take at most what its path is believed to carry: while it suddenly carries half, that is
//! what it takes to mend the pictures of that moment. Who goes on asking gets what the media leaves
//! of the path, or a quarter of it where that is more, and no more than the media itself. What is
//! refused is asked for again, or given up for a keyframe.

use std::time::{Duration, Instant};

/// A burst of losses is repaired at once up to what the path carries in this time …
const BURST: Duration = Duration::from_secs(1);
/// … or so many bytes: a key picture of any size.
const LEAST_BURST: u64 = 16_000;
/// After so many bursts it is more than a moment.
const MOMENT: u64 = 4;
/// The estimate where there is none, in bits per second.
const UNKNOWN: u64 = 10_000_000;
/// The part of the path that repairs may take however much the media takes.
const PART: u64 = 4;
/// What the media leaves of the path is judged over so long at least: it comes in pictures.
const PERIOD: Duration = Duration::from_millis(100);

/// The repairs of one connection, as bytes that are not made up for yet.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct RepairBudget {
    /// Made up for by all that the path carries, until `at`.
    spent: u64,
    at: Option<Instant>,
    /// Made up for by what the media leaves of it, until `judged`.
    left: u64,
    /// Made up for by media, until `judged`.
    owed: u64,
    judged: Option<Instant>,
    /// Bytes of media that were sent until then.
    media: u64,
}

impl RepairBudget {
    /// Whether another packet may go, on a path of `estimate` bits per second that `media` bytes
    /// of media were sent on so far.
    pub(crate) fn allows(&mut self, now: Instant, estimate: Option<u64>, media: u64) -> bool {
        let rate = estimate.unwrap_or(UNKNOWN) / 8;
        let passed = now.saturating_duration_since(self.at.replace(now).unwrap_or(now));
        let made_up = carried(rate, passed);
        if made_up == 0 && self.spent > 0 {
            // Too short a time to count is not lost.
            self.at = self.at.and_then(|at| at.checked_sub(passed));
        }
        self.spent = self.spent.saturating_sub(made_up);
        let burst = (rate * BURST.as_secs()).max(LEAST_BURST);
        let moment = burst * MOMENT;
        self.judge(now, rate, media, moment);
        self.spent < burst && self.left.max(self.owed) < moment
    }

    /// Makes up for what went beyond a moment's repairs.
    fn judge(&mut self, now: Instant, rate: u64, media: u64, moment: u64) {
        let passed = now.saturating_duration_since(*self.judged.get_or_insert(now));
        if passed < PERIOD {
            return;
        }
        let carried = carried(rate, passed);
        let fresh = media.saturating_sub(self.media);
        let left = carried.saturating_sub(fresh).max(carried / PART);
        // What a wider path had credit for is forgiven on a narrower one, the last packet is not.
        let most = moment + LEAST_BURST;
        self.left = self.left.min(most).saturating_sub(left);
        self.owed = self.owed.min(most).saturating_sub(fresh);
        (self.judged, self.media) = (Some(now), media);
    }

    /// A packet was sent again.
    pub(crate) fn spend(&mut self, bytes: usize) {
        let bytes = bytes as u64;
        self.spent = self.spent.saturating_add(bytes);
        self.left = self.left.saturating_add(bytes);
        self.owed = self.owed.saturating_add(bytes);
    }
}

/// Bytes that so many a second are in this time.
fn carried(rate: u64, time: Duration) -> u64 {
    let micros = u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
    rate.saturating_mul(micros) / 1_000_000
}

#[cfg(test)]
mod tests {
    use super::*;

    #[expect(
        clippy::disallowed_methods,
        reason = "an origin for a hand-moved clock"
    )]
    fn origin() -> Instant {
        Instant::now()
    }

    /// Bytes repaired in so many seconds for who asks for a packet each millisecond, of media of so
    /// many bits per second.
    fn repaired(estimate: Option<u64>, media: u64, seconds: u64) -> u64 {
        let start = origin();
        let mut budget = RepairBudget::default();
        let mut bytes = 0;
        for ms in 0..seconds * 1_000 {
            let now = start + Duration::from_millis(ms);
            if budget.allows(now, estimate, media * ms / 8_000) {
                budget.spend(1_200);
                bytes += 1_200;
            }
        }
        bytes
    }

    /// Beyond the first moment: what the media leaves, at least a part of the path, at most as much
    /// as the media.
    #[test]
    fn repairs_take_what_is_left_and_no_more_than_the_media() {
        for (estimate, media, share) in [
            (3_000_000, 0, 0),
            (3_000_000, 1_000_000, 1_000_000),
            (3_000_000, 2_000_000, 1_000_000),
            (3_000_000, 2_900_000, 750_000),
            (3_000_000, 9_000_000, 750_000),
            (300_000, 200_000, 100_000),
        ] {
            let case = format!("{media} of {estimate}");
            let moment = MOMENT * (estimate / 8).max(LEAST_BURST);
            let bytes = repaired(Some(estimate), media, 60);
            assert!(bytes <= share / 8 * 61 + moment, "{case}: {bytes}");
            assert!(bytes >= share / 8 * 59 + moment / 2, "{case}: {bytes}");
        }
        let unknown = repaired(Some(UNKNOWN), UNKNOWN, 20);
        assert_eq!(repaired(None, UNKNOWN, 20), unknown);
    }

    /// A moment's losses are mended as fast as the path carries, whatever the media takes.
    #[test]
    fn a_burst_is_repaired_at_once() {
        let (estimate, seconds) = (3_000_000, 2);
        let bytes = repaired(Some(estimate), estimate, seconds);
        assert!(bytes >= estimate / 8 * (seconds + 1) - 1_200, "{bytes}");
    }
}
