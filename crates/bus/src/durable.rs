//! From "may miss, may repeat" to "each fact once, in order": what a consumer with a cursor in
//! PostgreSQL does with what it hears. Pure: the consumer reads, applies and stores.

use std::time::Duration;

use crate::Incoming;
use crate::event::{Positioned, Published};

/// What to do next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Apply the fact and store its position as the cursor in the same transaction, then call
    /// [`DurableConsumer::applied`].
    Apply(Positioned),
    /// Read the outbox after this position and apply what comes, in order, until nothing comes.
    ReadAfter(u64),
    /// Known already.
    Ignore,
}

/// Where a consumer stands.
///
/// Feed it what the [`crate::Subscriber`] yields and do what it says. Begin with a
/// [`Step::ReadAfter`] of the cursor, and sweep ([`Sweep`]) in case everything else fails.
#[derive(Debug, Clone)]
pub struct DurableConsumer {
    cursor: u64,
}

impl DurableConsumer {
    /// A consumer that has applied everything up to `cursor`, as read from its own table.
    pub const fn new(cursor: u64) -> Self {
        Self { cursor }
    }

    /// The last position applied.
    pub const fn cursor(&self) -> u64 {
        self.cursor
    }

    /// What to do about `incoming`.
    pub fn hear(&self, incoming: Incoming<Published>) -> Step {
        match incoming {
            Incoming::Connected | Incoming::Missed => Step::ReadAfter(self.cursor),
            Incoming::Message(Published::Digest { head }) if head > self.cursor => {
                Step::ReadAfter(self.cursor)
            }
            Incoming::Message(Published::Digest { .. }) => Step::Ignore,
            Incoming::Message(Published::Event(event)) => self.found(event),
        }
    }

    /// What to do about `event`, heard or read: apply the next one, ignore old ones, and read
    /// when one between is missing.
    pub fn found(&self, event: Positioned) -> Step {
        if event.position <= self.cursor {
            Step::Ignore
        } else if event.position == self.cursor + 1 {
            Step::Apply(event)
        } else {
            Step::ReadAfter(self.cursor)
        }
    }

    /// The fact at `position` was applied and committed together with the cursor.
    ///
    /// # Panics
    /// In debug builds, if a position is skipped or repeated: the caller did not follow the steps.
    pub fn applied(&mut self, position: u64) {
        debug_assert_eq!(position, self.cursor + 1, "facts are applied in order");
        self.cursor = position;
    }
}

/// When to read although nothing was heard: every 10 s, give or take a quarter, so that the
/// consumers of a node do not all read at once.
#[derive(Debug, Clone)]
pub struct Sweep(u64);

impl Sweep {
    /// A schedule; different seeds give different pauses.
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// How long to wait for the next sweep: 7.5 to 12.5 s.
    pub fn pause(&mut self) -> Duration {
        // One step of a 64-bit linear congruential generator (Knuth's MMIX constants): spreading
        // pauses needs no better randomness.
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        Duration::from_millis(7_500 + (self.0 >> 33) % 5_001)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Event;

    fn event(position: u64) -> Positioned {
        Positioned {
            position,
            event: Event::SessionEnded {
                session: "01900000-0000-7000-8000-000000000001".parse().expect("id"),
                account: "01900000-0000-7000-8000-000000000002".parse().expect("id"),
            },
        }
    }
    fn heard(position: u64) -> Incoming<Published> {
        Incoming::Message(Published::Event(event(position)))
    }
    fn digest(head: u64) -> Incoming<Published> {
        Incoming::Message(Published::Digest { head })
    }

    #[test]
    fn next_is_applied_old_is_ignored_a_gap_is_read() {
        let mut consumer = DurableConsumer::new(4);
        assert_eq!(consumer.hear(heard(4)), Step::Ignore);
        assert_eq!(consumer.hear(heard(6)), Step::ReadAfter(4));
        assert_eq!(consumer.hear(heard(5)), Step::Apply(event(5)));
        consumer.applied(5);
        assert_eq!(consumer.hear(heard(5)), Step::Ignore);
        assert_eq!(consumer.hear(heard(6)), Step::Apply(event(6)));
    }

    #[test]
    fn a_digest_ahead_a_miss_and_a_new_connection_are_read() {
        let consumer = DurableConsumer::new(4);
        assert_eq!(consumer.hear(digest(4)), Step::Ignore);
        assert_eq!(consumer.hear(digest(3)), Step::Ignore);
        assert_eq!(consumer.hear(digest(5)), Step::ReadAfter(4));
        assert_eq!(consumer.hear(Incoming::Missed), Step::ReadAfter(4));
        assert_eq!(consumer.hear(Incoming::Connected), Step::ReadAfter(4));
    }

    #[test]
    fn sweeps_keep_their_range_and_differ_by_seed() {
        let pauses = |seed| {
            let mut sweep = Sweep::new(seed);
            (0..100).map(|_| sweep.pause()).collect::<Vec<_>>()
        };
        assert!(pauses(1).iter().all(|pause| {
            (Duration::from_millis(7_500)..=Duration::from_millis(12_500)).contains(pause)
        }));
        assert_ne!(pauses(1), pauses(2));
    }
}
