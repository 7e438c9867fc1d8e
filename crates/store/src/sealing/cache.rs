//! Keys that were unwrapped, for a little while.

use std::collections::HashMap;
use std::hash::Hash;

use jiff::{SignedDuration, Timestamp};

/// For how long an unwrapped key, and which key seals now, is taken for granted: a rotation or a
/// destruction elsewhere counts here after so long.
pub(super) const STALE: SignedDuration = SignedDuration::from_secs(10);
/// Entries at most, some 1 KB each.
const BOUND: usize = 16_384;

/// A bounded map whose entries go stale.
pub(super) struct Cache<K, V>(HashMap<K, (Timestamp, V)>);

impl<K: Hash + Eq, V: Clone> Cache<K, V> {
    pub(super) fn new() -> Self {
        Self(HashMap::new())
    }

    pub(super) fn get(&self, key: &K, now: Timestamp) -> Option<V> {
        let (at, value) = self.0.get(key)?;
        is_fresh(*at, now).then(|| value.clone())
    }

    pub(super) fn put(&mut self, key: K, value: V, now: Timestamp) {
        if self.0.len() >= BOUND {
            self.0.retain(|_, (at, _)| is_fresh(*at, now));
            if self.0.len() >= BOUND {
                // Rare, and cheaper than keeping an order for it.
                self.0.clear();
            }
        }
        self.0.insert(key, (now, value));
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }
}

fn is_fresh(at: Timestamp, now: Timestamp) -> bool {
    // A clock that was set back must not keep a key for ever.
    at <= now && now.duration_since(at) < STALE
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(seconds).expect("in range")
    }

    #[test]
    fn entries_go_stale_also_when_the_clock_goes_back() {
        let mut cache = Cache::new();
        cache.put(1, 'a', at(100));
        assert_eq!(cache.get(&1, at(109)), Some('a'));
        assert_eq!(cache.get(&1, at(110)), None);
        assert_eq!(cache.get(&1, at(99)), None);
        assert_eq!(cache.get(&2, at(100)), None);
    }

    #[test]
    fn it_never_holds_more_than_its_bound() {
        let mut cache = Cache::new();
        for n in 0..=BOUND {
            cache.put(n, (), at(100));
        }
        assert!(cache.0.len() <= BOUND);
        assert_eq!(cache.get(&BOUND, at(100)), Some(()));
    }
}
