//! How often one person may come in. Each session is two peer connections at the SFU and news for
//! everybody in the room; a client in a loop must cost neither.
//!
//! An honest client in trouble tries some five times in ten seconds and then ever more rarely.

use std::collections::HashMap;
use std::time::Duration;

use domain::AccountId;

use super::Now;

/// Times a person may come in without pause.
const BURST: u32 = 20;
/// How long it takes until there is one time more.
const REFILL: Duration = Duration::from_secs(1);
/// People remembered at most; when there are more, newcomers are let in unremembered.
const MEMORY: usize = 8_192;

/// When everybody's allowance will be whole again: the further ahead, the less is left of it.
#[derive(Debug, Default)]
pub(crate) struct Pace(HashMap<AccountId, Duration>);

impl Pace {
    /// Whether `account` may come in at `now`.
    pub(crate) fn allows(&self, account: AccountId, now: Now) -> bool {
        let whole = self.0.get(&account).copied().unwrap_or_default();
        whole.saturating_sub(now.elapsed) + REFILL <= REFILL * BURST
    }

    /// `account` comes in.
    pub(crate) fn spend(&mut self, account: AccountId, now: Now) {
        if self.0.len() >= MEMORY && !self.0.contains_key(&account) {
            self.0.retain(|_, whole| *whole > now.elapsed);
        }
        if self.0.len() < MEMORY || self.0.contains_key(&account) {
            let whole = self.0.entry(account).or_default();
            *whole = now.elapsed.max(*whole) + REFILL;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::Timestamp;

    fn at(millis: u64) -> Now {
        Now {
            elapsed: Duration::from_secs(100) + Duration::from_millis(millis),
            wall: Timestamp::UNIX_EPOCH,
        }
    }

    fn account(number: usize) -> AccountId {
        format!("01900000-0000-7000-8000-{number:012x}")
            .parse()
            .expect("id")
    }

    /// How often `account` comes in at `now` until it may not.
    fn times(pace: &mut Pace, number: usize, now: Now) -> u32 {
        let mut times = 0;
        while pace.allows(account(number), now) {
            pace.spend(account(number), now);
            times += 1;
        }
        times
    }

    #[test]
    fn a_loop_is_stopped_at_the_burst_and_others_are_not() {
        let mut pace = Pace::default();
        assert_eq!(times(&mut pace, 1, at(0)), BURST);
        assert_eq!(times(&mut pace, 1, at(999)), 0);
        assert_eq!(times(&mut pace, 1, at(3_000)), 3);
        assert_eq!(times(&mut pace, 2, at(3_000)), BURST);
        assert_eq!(
            times(&mut pace, 1, at(3_600_000)),
            BURST,
            "no more is saved"
        );
    }

    #[test]
    fn memory_is_bounded_and_forgets_those_who_rest() {
        let mut pace = Pace::default();
        for number in 0..2 * MEMORY {
            pace.spend(account(number), at(0));
        }
        assert_eq!(pace.0.len(), MEMORY);
        pace.spend(account(0), at(5_000));
        pace.spend(account(2 * MEMORY), at(5_000));
        assert_eq!(pace.0.len(), 2);
    }
}
