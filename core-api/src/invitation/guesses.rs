//! How many wrong secrets are looked into. A secret cannot be guessed; this keeps whoever tries
//! from filling the audit log.

use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;

/// Wrong secrets that are answered and put on record one by one, before any more in a row.
const BURST: i64 = 60;
/// How often another one is, in milliseconds.
const REFILL_MS: i64 = 1_000;

/// A bucket of tokens for the whole server, because an address says nothing behind a proxy. A
/// right secret never meets it. The lock is held for a few additions.
#[derive(Debug)]
pub(crate) struct Guesses(Mutex<Bucket>);

#[derive(Debug)]
struct Bucket {
    left: i64,
    /// Up to when it has been refilled; none before its first use.
    filled_to: Option<Timestamp>,
}

impl Guesses {
    /// A full bucket.
    pub(crate) const fn new() -> Self {
        Self(Mutex::new(Bucket {
            left: BURST,
            filled_to: None,
        }))
    }

    /// Whether a wrong secret at `now` is looked into; false when there were too many.
    pub(crate) fn take(&self, now: Timestamp) -> bool {
        let mut bucket = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let filled_to = bucket.filled_to.unwrap_or(now);
        let passed = now.duration_since(filled_to).as_millis().max(0);
        let earned = i64::try_from(passed).unwrap_or(i64::MAX) / REFILL_MS;
        let full = bucket.left.saturating_add(earned) >= BURST;
        bucket.left = bucket.left.saturating_add(earned).min(BURST);
        // What is left of a second counts for the next one, and not beyond a full bucket.
        let kept = jiff::SignedDuration::from_millis(earned.saturating_mul(REFILL_MS));
        bucket.filled_to = if full {
            Some(now)
        } else {
            filled_to.checked_add(kept).ok().or(Some(now))
        };
        if bucket.left == 0 {
            return false;
        }
        bucket.left -= 1;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_is_cut_and_a_second_later_one_more_is_looked_into() {
        let (guesses, at) = (Guesses::new(), |ms: i64| {
            Timestamp::from_millisecond(1_000_000 + ms).expect("in range")
        });
        assert_eq!((0..200).filter(|_| guesses.take(at(0))).count(), 60);
        assert!(!guesses.take(at(999)));
        assert!(guesses.take(at(1_000)) && !guesses.take(at(1_001)));
        assert_eq!(
            (0..200).filter(|_| guesses.take(at(1_000_000))).count(),
            60,
            "never more than a burst"
        );
    }
}
