//! What may be sent again to one receiver.
//!
//! A receiver says itself what it misses, and could say that of everything, again and again. So
//! repairs take at most what its path is believed to carry: while it suddenly carries half, that is
//! what it takes to mend the pictures of that moment. What is refused is asked for again, or given
//! up for a keyframe.

use std::time::{Duration, Instant};

/// A burst of losses is repaired at once up to what the path carries in this time …
const BURST: Duration = Duration::from_secs(1);
/// … or so many bytes: a key picture of any size.
const LEAST_BURST: u64 = 16_000;
/// The estimate where there is none, in bits per second.
const UNKNOWN: u64 = 10_000_000;

/// The repairs of one connection.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct RepairBudget {
    /// Bytes spent that are not made up for yet.
    spent: u64,
    at: Option<Instant>,
}

impl RepairBudget {
    /// Whether another packet may go, on a path of `estimate` bits per second.
    pub(crate) fn allows(&mut self, now: Instant, estimate: Option<u64>) -> bool {
        let rate = estimate.unwrap_or(UNKNOWN) / 8;
        let passed = now.saturating_duration_since(self.at.replace(now).unwrap_or(now));
        let micros = u64::try_from(passed.as_micros()).unwrap_or(u64::MAX);
        let made_up = rate.saturating_mul(micros) / 1_000_000;
        if made_up == 0 && self.spent > 0 {
            // Too short a time to count is not lost.
            self.at = self.at.and_then(|at| at.checked_sub(passed));
        }
        self.spent = self.spent.saturating_sub(made_up);
        let burst = u64::try_from(BURST.as_millis()).unwrap_or(0) * rate / 1_000;
        self.spent < burst.max(LEAST_BURST)
    }

    /// A packet was sent again.
    pub(crate) fn spend(&mut self, bytes: usize) {
        self.spent = self.spent.saturating_add(bytes as u64);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bytes repaired in so many seconds for who asks for a packet each millisecond.
    fn repaired(estimate: Option<u64>, seconds: u64) -> u64 {
        #[expect(
            clippy::disallowed_methods,
            reason = "an origin for a hand-moved clock"
        )]
        let start = Instant::now();
        let mut budget = RepairBudget::default();
        let mut bytes = 0;
        for ms in 0..seconds * 1_000 {
            if budget.allows(start + Duration::from_millis(ms), estimate) {
                budget.spend(1_200);
                bytes += 1_200;
            }
        }
        bytes
    }

    #[test]
    fn repairs_take_what_the_path_carries_at_most() {
        for estimate in [30_000, 300_000, 3_000_000] {
            let rate = estimate / 8;
            let burst = rate.max(LEAST_BURST);
            let bytes = repaired(Some(estimate), 20);
            assert!(bytes <= rate * 20 + burst + 1_200, "{estimate}: {bytes}");
            assert!(bytes >= rate * 19, "{estimate}: {bytes}");
        }
        assert_eq!(repaired(None, 20), repaired(Some(UNKNOWN), 20));
    }
}
