//! What each user takes: allocations, and bytes per second each way.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How much may come at once, as the time the rate would take for it: a keyframe of every layer
/// passes, a flood does not.
const BURST: Duration = Duration::from_secs(2);

/// Which way bytes go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Direction {
    ToPeer,
    ToClient,
}

/// Usage of everybody who has an allocation.
pub(super) struct Usage {
    users: HashMap<Arc<str>, User>,
    per_user: usize,
    bytes_per_second: u64,
}

struct User {
    allocations: usize,
    to_peer: Bucket,
    to_client: Bucket,
}

impl Usage {
    pub(super) fn new(per_user: usize, bytes_per_second: u64) -> Self {
        Self {
            users: HashMap::new(),
            per_user,
            bytes_per_second: bytes_per_second.max(1),
        }
    }

    /// Counts one allocation more, unless `user` has as many as allowed.
    pub(super) fn begin(&mut self, user: &Arc<str>, now: Instant) -> bool {
        let entry = self.users.entry(Arc::clone(user));
        let counted = entry.or_insert(User {
            allocations: 0,
            to_peer: Bucket { full: now },
            to_client: Bucket { full: now },
        });
        let allowed = counted.allocations < self.per_user;
        if allowed {
            counted.allocations += 1;
        }
        allowed
    }

    /// Counts one less; with the last the user is forgotten.
    pub(super) fn end(&mut self, user: &str) {
        if let Some(counted) = self.users.get_mut(user) {
            counted.allocations = counted.allocations.saturating_sub(1);
            if counted.allocations == 0 {
                self.users.remove(user);
            }
        }
    }

    /// Whether `user` may send `bytes` more that way at `now`.
    pub(super) fn spend(
        &mut self,
        user: &str,
        direction: Direction,
        bytes: usize,
        now: Instant,
    ) -> bool {
        let Some(counted) = self.users.get_mut(user) else {
            return false;
        };
        let bucket = match direction {
            Direction::ToPeer => &mut counted.to_peer,
            Direction::ToClient => &mut counted.to_client,
        };
        bucket.spend(bytes, self.bytes_per_second, now)
    }

    pub(super) fn users(&self) -> usize {
        self.users.len()
    }
}

/// A token bucket, kept as the moment at which it is full again.
struct Bucket {
    full: Instant,
}

impl Bucket {
    fn spend(&mut self, bytes: usize, rate: u64, now: Instant) -> bool {
        let nanos = (bytes as u64).saturating_mul(1_000_000_000) / rate;
        let full_again = self.full.max(now) + Duration::from_nanos(nanos);
        let allowed = full_again.saturating_duration_since(now) <= BURST;
        if allowed {
            self.full = full_again;
        }
        allowed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[expect(
        clippy::disallowed_methods,
        reason = "an arbitrary origin of a hand-moved clock"
    )]
    fn the_rate_holds_and_a_burst_passes() {
        let start = Instant::now();
        let user: Arc<str> = "ada".into();
        let mut usage = Usage::new(1, 1_000);
        assert!(
            !usage.spend("ada", Direction::ToPeer, 1, start),
            "nobody yet"
        );
        assert!(usage.begin(&user, start));
        assert!(!usage.begin(&user, start), "one is all");
        let mut spent = 0;
        for tenth in 0..100 {
            let now = start + Duration::from_millis(tenth * 100);
            while usage.spend("ada", Direction::ToPeer, 100, now) {
                spent += 100;
            }
        }
        // Ten seconds at the rate but the last tenth, and the burst.
        assert_eq!(spent, 9_900 + 2_000);
        assert!(
            usage.spend("ada", Direction::ToClient, 2_000, start),
            "each way has its own"
        );
        usage.end("ada");
        assert_eq!(usage.users(), 0);
    }
}
