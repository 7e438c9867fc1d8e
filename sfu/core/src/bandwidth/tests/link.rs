//! A path with a bottleneck: rate, drop-tail queue, delay, jitter, loss. Seeded; microseconds.

use crate::random::Random;

/// Loss in bursts: two states, good and bad (Gilbert).
#[derive(Debug, Clone, Copy)]
pub(super) struct Bursts {
    /// Mean packets in the good state, and in the bad one, where all is lost.
    pub(super) good: f64,
    pub(super) bad: f64,
}

#[derive(Debug)]
pub(super) struct Link {
    /// Bits per second; none = any number.
    pub(super) rate: Option<u64>,
    /// The longest queue.
    pub(super) queue: u64,
    /// Bytes that pass at once after a rest (a shaper's token bucket).
    pub(super) bucket: u64,
    /// A token bucket in place of the queue: what exceeds the rate beyond so many bytes is lost.
    pub(super) policer: Option<f64>,
    pub(super) delay: u64,
    /// Up to this much more for each packet; they keep their order.
    pub(super) jitter: u64,
    /// Share lost at random.
    pub(super) loss: f64,
    pub(super) bursts: Option<Bursts>,
    /// Nothing passes, and nothing is lost: it waits until then.
    pub(super) stalled: u64,
    busy: u64,
    tokens: (f64, u64),
    last: u64,
    bad: bool,
    random: Random,
}

impl Link {
    /// 25 ms, nothing lost, any number of bytes.
    pub(super) fn new(seed: u64) -> Self {
        Self {
            rate: None,
            queue: 400_000,
            bucket: 0,
            policer: None,
            delay: 25_000,
            jitter: 0,
            loss: 0.0,
            bursts: None,
            stalled: 0,
            busy: 0,
            tokens: (0.0, 0),
            last: 0,
            bad: false,
            random: Random::new(seed),
        }
    }

    pub(super) fn chance(&mut self) -> f64 {
        (self.random.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// The queue a packet meets now.
    pub(super) fn standing(&self, now: u64) -> u64 {
        self.busy.saturating_sub(now)
    }

    /// When the packet arrives; none = never.
    pub(super) fn send(&mut self, now: u64, bytes: usize) -> Option<u64> {
        let out = self.pass(now, bytes)?;
        if self.lose() {
            return None;
        }
        let jitter = (self.chance() * self.jitter as f64) as u64;
        self.last = self.last.max(out + self.delay + jitter).max(self.stalled);
        Some(self.last)
    }

    fn pass(&mut self, now: u64, bytes: usize) -> Option<u64> {
        let Some(rate) = self.rate else {
            return Some(now);
        };
        if let Some(depth) = self.policer {
            let (tokens, at) = self.tokens;
            let filled = (tokens + (now - at) as f64 * rate as f64 / 8e6).min(depth);
            let left = filled - bytes as f64;
            self.tokens = (if left < 0.0 { filled } else { left }, now);
            return (left >= 0.0).then_some(now);
        }
        if self.standing(now) > self.queue {
            return None;
        }
        let takes = |bytes: u64| bytes * 8_000_000 / rate;
        let full = now.saturating_sub(takes(self.bucket));
        self.busy = self.busy.max(full) + takes(bytes as u64);
        Some(self.busy.max(now))
    }

    fn lose(&mut self) -> bool {
        if let Some(bursts) = self.bursts {
            let stays = if self.bad { bursts.bad } else { bursts.good };
            if self.chance() < 1.0 / stays {
                self.bad = !self.bad;
            }
        }
        self.bad || self.chance() < self.loss
    }
}
