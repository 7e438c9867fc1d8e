//! Asking a publisher for keyframes, not more often than it helps.
//!
//! A keyframe costs as much as many ordinary frames, and everyone who watches can ask for one. So
//! requests for one layer are put together while an answer is due, and a flood of them reaches the
//! publisher at a bounded rate. Whoever comes shortly after a keyframe needs no other: see `replay`.

use std::time::{Duration, Instant};

/// The least time between two requests for one layer. Browsers ignore what comes within 300 ms of
/// the request they heeded; some requests are quicker on their way than the one before.
pub(crate) const INTERVAL: Duration = Duration::from_millis(330);
/// A request is unanswered for a round trip, and for as long as an encoder takes.
const ENCODING: Duration = Duration::from_millis(100);
/// No answer is waited for longer, whatever the publisher claims its round trip to be.
const PATIENCE: Duration = Duration::from_secs(2);
/// In the long run a layer is asked once in this time …
const SUSTAINED: Duration = Duration::from_millis(500);
/// … but so often in a row, as people join, before that counts.
const IN_A_ROW: u32 = 4;

/// The requests for one layer.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct KeyframeGate {
    last_sent: Option<Instant>,
    /// No keyframe came since.
    unanswered: bool,
    held_back: bool,
    /// When all requests so far are paid for at the sustained rate.
    paid: Option<Instant>,
}

impl KeyframeGate {
    /// Somebody needs a keyframe of a publisher this far away. True when it is to be asked for
    /// now; otherwise it is asked for as soon as that helps, unless one comes before.
    pub(crate) fn request(&mut self, now: Instant, round_trip: Duration) -> bool {
        self.held_back = !self.is_open(now, round_trip);
        if !self.held_back {
            self.last_sent = Some(now);
            self.unanswered = true;
            self.paid = Some(self.paid.unwrap_or(now).max(now) + SUSTAINED);
        }
        !self.held_back
    }

    /// A keyframe came: whoever waited is served.
    pub(crate) fn arrived(&mut self) {
        self.unanswered = false;
        self.held_back = false;
    }

    /// Whether a request waits for its time.
    pub(crate) fn holds_back(&self) -> bool {
        self.held_back
    }

    /// True when a held-back request is to be sent now.
    pub(crate) fn due(&mut self, now: Instant, round_trip: Duration) -> bool {
        self.held_back && self.request(now, round_trip)
    }

    fn is_open(&self, now: Instant, round_trip: Duration) -> bool {
        let interval = match self.unanswered {
            true => INTERVAL.max((round_trip + ENCODING).min(PATIENCE)),
            false => INTERVAL,
        };
        let since = |at: Instant| now.saturating_duration_since(at);
        let ahead = |paid: Instant| paid.saturating_duration_since(now);
        self.last_sent.is_none_or(|sent| since(sent) >= interval)
            && self
                .paid
                .is_none_or(|paid| ahead(paid) <= SUSTAINED * (IN_A_ROW - 1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NEAR: Duration = Duration::from_millis(20);

    #[expect(
        clippy::disallowed_methods,
        reason = "an origin for a hand-moved clock"
    )]
    fn origin() -> Instant {
        Instant::now()
    }

    #[test]
    fn a_crowd_asks_once_an_interval() {
        let start = origin();
        let mut gate = KeyframeGate::default();
        assert!(gate.request(start, NEAR));
        assert!(!gate.request(start, NEAR));
        assert!(!gate.due(start + INTERVAL / 2, NEAR));
        assert!(gate.due(start + INTERVAL, NEAR));
        assert!(!gate.due(start + INTERVAL * 3, NEAR));

        assert!(gate.request(start + INTERVAL * 4, NEAR));
        assert!(!gate.request(start + INTERVAL * 4, NEAR));
        gate.arrived();
        assert!(!gate.due(start + INTERVAL * 9, NEAR));
    }

    #[test]
    fn an_answer_under_way_is_waited_for() {
        let start = origin();
        let far = Duration::from_millis(600);
        let mut gate = KeyframeGate::default();
        assert!(gate.request(start, far));
        assert!(!gate.request(start + INTERVAL * 2, far));
        assert!(gate.due(start + far + ENCODING, far));
        gate.arrived();
        assert!(gate.request(start + far + ENCODING + INTERVAL, far));
        let endless = Duration::from_secs(1_000);
        assert!(gate.request(start + PATIENCE * 2, endless));
    }

    #[test]
    fn a_flood_is_let_through_at_a_bounded_rate() {
        let start = origin();
        let mut gate = KeyframeGate::default();
        let mut sent = Vec::new();
        for ms in 0..20_000 {
            let now = start + Duration::from_millis(ms);
            if gate.request(now, NEAR) {
                sent.push(ms);
                gate.arrived();
            }
        }
        assert!(sent[..4].windows(2).all(|two| two[1] - two[0] == 330));
        let most = 20_000 / SUSTAINED.as_millis() as usize + IN_A_ROW as usize;
        assert!((most - 3..=most).contains(&sent.len()), "{}", sent.len());
    }
}
