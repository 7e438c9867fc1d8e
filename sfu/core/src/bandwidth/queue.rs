//! How much of the delay is a queue that stands in the path.

/// The least delay is remembered for two to three of these, in microseconds: longer than clocks
/// need to drift noticeably apart would blame the receiver's clock on the path.
const EPOCH: u64 = 10_000_000;
/// A standing queue is what even the luckiest packet of this time …
const MOMENT: u64 = 100_000;
/// … and of this many packets has met: jitter spares some packets, a queue spares none.
const PACKETS: u32 = 5;

/// The least delay over a running time.
#[derive(Debug, Clone, Copy)]
struct Least {
    since: u64,
    packets: u32,
    delay: i64,
}

impl Least {
    fn new(since: u64, delay: i64) -> Self {
        Self {
            since,
            packets: 1,
            delay,
        }
    }

    fn add(&mut self, delay: i64) {
        self.packets += 1;
        self.delay = self.delay.min(delay);
    }
}

/// Splits the delay into the path's own, the queue in front of it, and jitter. All microseconds.
#[derive(Debug, Default)]
pub(super) struct Queue {
    epochs: [Option<Least>; 3],
    moments: [Option<Least>; 2],
    last: Option<i64>,
    jitter: f64,
}

impl Queue {
    /// A packet sent at `sent` was under way for `delay` (the difference of two clocks).
    pub(super) fn add(&mut self, sent: u64, delay: i64) {
        if let Some(last) = self.last.replace(delay) {
            // RFC 3550, section 6.4.1.
            self.jitter += ((delay - last).unsigned_abs() as f64 - self.jitter) / 16.0;
        }
        match &mut self.epochs[0] {
            Some(epoch) if sent.saturating_sub(epoch.since) < EPOCH => epoch.add(delay),
            _ => {
                self.epochs.rotate_right(1);
                self.epochs[0] = Some(Least::new(sent, delay));
            }
        }
        match &mut self.moments[0] {
            Some(moment)
                if sent.saturating_sub(moment.since) < MOMENT || moment.packets < PACKETS =>
            {
                moment.add(delay);
            }
            _ => {
                self.moments.rotate_right(1);
                self.moments[0] = Some(Least::new(sent, delay));
            }
        }
        // A stream that rested has epochs behind it that say nothing any more.
        for epoch in &mut self.epochs[1..] {
            *epoch = epoch.filter(|epoch| sent.saturating_sub(epoch.since) < 4 * EPOCH);
        }
    }

    /// The queue that stands; 0 while nothing is known.
    pub(super) fn standing(&self) -> u64 {
        let least = |all: &[Option<Least>]| all.iter().flatten().map(|least| least.delay).min();
        match (least(&self.moments), least(&self.epochs)) {
            (Some(now), Some(base)) => now.saturating_sub(base).max(0).unsigned_abs(),
            _ => 0,
        }
    }

    /// How much the delay of one packet differs from the next one's, on average.
    pub(super) fn jitter(&self) -> u64 {
        self.jitter as u64
    }

    /// What stands now is the path's own delay: sending less did not shorten it.
    pub(super) fn rebase(&mut self) {
        self.epochs = [self.moments[0], None, None];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jitter_is_no_queue_and_a_queue_is_no_jitter() {
        let mut queue = Queue::default();
        for n in 0..200_u64 {
            queue.add(n * 10_000, 50_000 + (n * 7_919 % 30_000) as i64);
        }
        assert!(queue.standing() < 6_000, "{}", queue.standing());
        assert!((5_000..20_000).contains(&queue.jitter()));
        for n in 200..230_u64 {
            queue.add(n * 10_000, 150_000 + (n * 7_919 % 30_000) as i64);
        }
        assert!(queue.standing() > 99_000, "{}", queue.standing());
        queue.rebase();
        assert_eq!(queue.standing(), 0);
    }

    #[test]
    fn a_longer_path_is_its_own_delay_after_a_while() {
        let mut queue = Queue::default();
        queue.add(0, 10_000);
        for n in 1..4_000_u64 {
            queue.add(n * 10_000, 60_000);
            if n == 1_000 {
                assert_eq!(queue.standing(), 50_000);
            }
        }
        assert_eq!(queue.standing(), 0);
    }
}
