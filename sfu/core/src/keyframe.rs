//! Asking a publisher for keyframes, not more often than it helps.

use std::time::{Duration, Instant};

/// The least time between two requests for one layer. An encoder needs about that long to
/// produce a keyframe and get it here; each costs as much as many ordinary frames.
pub(crate) const INTERVAL: Duration = Duration::from_millis(500);

/// The requests for one layer.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct KeyframeGate {
    last_sent: Option<Instant>,
    held_back: bool,
}

impl KeyframeGate {
    /// Somebody needs a keyframe. True when it is to be asked for now; otherwise it is asked for
    /// when the interval is over, unless one comes before.
    pub(crate) fn request(&mut self, now: Instant) -> bool {
        if self.is_open(now) {
            self.last_sent = Some(now);
            self.held_back = false;
            return true;
        }
        self.held_back = true;
        false
    }

    /// A keyframe came: whoever waited is served.
    pub(crate) fn arrived(&mut self) {
        self.held_back = false;
    }

    /// True when a held-back request is to be sent now.
    pub(crate) fn due(&mut self, now: Instant) -> bool {
        self.held_back && self.request(now)
    }

    fn is_open(&self, now: Instant) -> bool {
        self.last_sent
            .is_none_or(|sent| now.saturating_duration_since(sent) >= INTERVAL)
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
    fn a_crowd_asks_once_an_interval() {
        let start = Instant::now();
        let mut gate = KeyframeGate::default();
        assert!(gate.request(start));
        assert!(!gate.request(start));
        assert!(!gate.due(start + INTERVAL / 2));
        assert!(gate.due(start + INTERVAL));
        assert!(!gate.due(start + INTERVAL * 3));

        assert!(gate.request(start + INTERVAL * 4));
        assert!(!gate.request(start + INTERVAL * 4));
        gate.arrived();
        assert!(!gate.due(start + INTERVAL * 9));
    }
}
