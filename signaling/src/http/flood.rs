//! How many messages one connection may send.
//!
//! The busiest honest client is one that resumes in a full room: an offer, its candidates, and
//! settings for each picture, some 150 messages at once and then a few a second. Ten times that
//! is no client of ours, and is cut before it costs the rooms anything.

use std::time::Duration;

/// Points a connection may have saved up.
const BURST: u32 = 1_000;
/// Points that come back a second.
const PER_SECOND: u32 = 50;
/// Bytes of a message that cost one point more.
const BYTES_PER_POINT: usize = 4 * 1024;

/// What is left of a connection's allowance.
#[derive(Debug)]
pub(super) struct Allowance {
    /// In thousandths, so that short pauses count.
    left: u64,
    at: Duration,
}

impl Allowance {
    /// A full allowance at `now`, time since an arbitrary start.
    pub(super) const fn new(now: Duration) -> Self {
        Self {
            left: BURST as u64 * 1_000,
            at: now,
        }
    }

    /// Takes a message of `bytes` in at `now`. False when it is one too many.
    pub(super) fn take(&mut self, bytes: usize, now: Duration) -> bool {
        let passed = now.saturating_sub(self.at).as_millis();
        let earned = u64::try_from(passed).unwrap_or(u64::MAX);
        let earned = earned.saturating_mul(u64::from(PER_SECOND));
        self.at = self.at.max(now);
        self.left = (self.left.saturating_add(earned)).min(u64::from(BURST) * 1_000);
        let extra = u64::try_from(bytes / BYTES_PER_POINT).unwrap_or(u64::MAX);
        let price = extra.saturating_add(1).saturating_mul(1_000);
        match self.left.checked_sub(price) {
            Some(left) => {
                self.left = left;
                true
            }
            None => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Duration = Duration::from_secs(100);

    #[test]
    fn a_flood_ends_at_the_burst_and_time_gives_it_back() {
        let mut allowance = Allowance::new(START);
        assert!((0..BURST).all(|_| allowance.take(10, START)));
        assert!(!allowance.take(10, START));
        let later = START + Duration::from_secs(1);
        assert!((0..PER_SECOND).all(|_| allowance.take(10, later)));
        assert!(!allowance.take(10, later));
        assert!(allowance.take(10, later + Duration::from_millis(20)));
    }

    #[test]
    fn large_messages_cost_more() {
        let mut allowance = Allowance::new(START);
        let taken = (0..BURST).take_while(|_| allowance.take(256 * 1024, START));
        assert_eq!(taken.count(), 15);
    }

    #[test]
    fn an_honest_pace_goes_on_for_ever_and_saves_no_more_than_a_burst() {
        let mut allowance = Allowance::new(START);
        let mut now = START;
        for _ in 0..10_000 {
            now += Duration::from_millis(25);
            assert!(allowance.take(200, now));
        }
        now += Duration::from_secs(3_600);
        let taken = (0..2 * BURST).take_while(|_| allowance.take(10, now));
        assert_eq!(taken.count(), BURST as usize);
    }
}
