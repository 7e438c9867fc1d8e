//! Whether the sound a participant receives goes with its redundancy (RED, RFC 2198).
//!
//! Redundancy repeats earlier sound in each packet, for those who lose packets. Where the path is so
//! narrow that it costs a picture, or more than there is, sound goes without: a few gaps are filled
//! by the decoder. It comes back later than it goes, so that it does not swing.

use std::time::{Duration, Instant};

/// It comes back when there was room for it for so long …
const PATIENCE: Duration = Duration::from_secs(5);
/// … and for a quarter more than is needed.
const SPARE: u64 = 4;

/// The redundancy of what one participant hears.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Redundancy {
    left_out: bool,
    room_since: Option<Instant>,
}

impl Redundancy {
    /// What is needed with redundancy has this budget, both in bits per second. True when sound
    /// goes without.
    pub(crate) fn left_out(&mut self, now: Instant, budget: u64, needed: u64) -> bool {
        if budget < needed {
            self.left_out = true;
        }
        let room = budget >= needed + needed / SPARE;
        let since = match room {
            true => Some(*self.room_since.get_or_insert(now)),
            false => None,
        };
        self.room_since = since;
        if since.is_some_and(|since| now.saturating_duration_since(since) >= PATIENCE) {
            self.left_out = false;
        }
        self.left_out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[expect(
        clippy::disallowed_methods,
        reason = "an origin for a hand-moved clock"
    )]
    fn it_goes_at_once_and_comes_back_late() {
        let start = Instant::now();
        let at = |secs| start + Duration::from_secs(secs);
        let mut redundancy = Redundancy::default();
        assert!(!redundancy.left_out(at(0), 200_000, 190_000), "it suffices");
        assert!(redundancy.left_out(at(1), 180_000, 190_000));
        assert!(
            redundancy.left_out(at(2), 200_000, 190_000),
            "no room to spare"
        );
        assert!(redundancy.left_out(at(20), 240_000, 190_000));
        assert!(redundancy.left_out(at(24), 240_000, 190_000));
        assert!(redundancy.left_out(at(24), 230_000, 190_000));
        assert!(redundancy.left_out(at(25), 240_000, 190_000), "anew");
        assert!(!redundancy.left_out(at(30), 240_000, 190_000));
    }
}
