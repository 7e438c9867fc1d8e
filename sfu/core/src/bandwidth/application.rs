//! Does the application use what it was given?

/// Time constant of the sent rate, in microseconds.
const MEMORY: f64 = 500_000.0;
/// Shorter stretches are put together: a picture is sent at once.
const STRETCH: u64 = 40_000;
/// Below this share of the estimate the application is the limit …
const BEGINS: f64 = 0.65;
/// … until it uses this share.
const ENDS: f64 = 0.8;

/// The rate that is sent, and whether that is much less than the estimate.
#[derive(Debug, Default)]
pub(super) struct Application {
    /// Bytes ever sent.
    sent: u64,
    counted: u64,
    counted_at: u64,
    rate: f64,
    limited: bool,
}

impl Application {
    #[inline]
    pub(super) fn sent(&mut self, bytes: usize) {
        self.sent += bytes as u64;
    }

    /// Judges what was sent until now against the estimate.
    pub(super) fn assess(&mut self, now: u64, estimate: f64) {
        let passed = now.saturating_sub(self.counted_at);
        if passed < STRETCH {
            return;
        }
        let rate = (self.sent - self.counted) as f64 * 8e6 / passed as f64;
        let weight = 1.0 - (-(passed as f64) / MEMORY).exp();
        self.rate += weight * (rate - self.rate);
        self.counted = self.sent;
        self.counted_at = now;
        let share = if self.limited { ENDS } else { BEGINS };
        self.limited = self.rate < share * estimate;
    }

    /// Much of the estimate is not used.
    pub(super) fn limited(&self) -> bool {
        self.limited
    }

    /// Bits per second sent of late.
    pub(super) fn rate(&self) -> f64 {
        self.rate
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_limited_below_two_thirds_and_until_four_fifths() {
        let mut application = Application::default();
        let mut now = 0;
        let mut send = |rate: usize, seconds: u64| {
            for _ in 0..seconds * 20 {
                now += 50_000;
                application.sent(rate / 160);
                application.assess(now, 1_000_000.0);
            }
            application.limited()
        };
        assert!(!send(1_000_000, 5));
        assert!(!send(700_000, 5));
        assert!(send(600_000, 5));
        assert!(send(700_000, 5));
        assert!(!send(900_000, 5));
        assert!(send(0, 60));
    }
}
