//! Whether a client is heard.

use std::time::{Duration, Instant};

/// How long a connection with media on it may say nothing before it is told as lost. Clients send
/// or report on media every second and check consent every 6 s at most (RFC 7675, section 5.1); the
/// engine, which looks at checks alone, waits for 15 s, and so do we where there are only checks:
/// one of them may be lost.
const SILENCE: Duration = Duration::from_millis(6_500);
/// Media or reports were under way when they came within this time before the last datagram.
const TALKING: Duration = Duration::from_secs(3);

/// When a connection was heard.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Hearing {
    last: Instant,
    /// When something other than a check came last.
    talked: Option<Instant>,
    /// It was told as lost and said nothing but checks since.
    silent: bool,
}

impl Hearing {
    pub(crate) fn new(now: Instant) -> Self {
        Self {
            last: now,
            talked: None,
            silent: false,
        }
    }

    /// A datagram came. True when that ends a silence: checks alone do not, they may be of a path
    /// that is only tried.
    pub(crate) fn hear(&mut self, now: Instant, is_check: bool) -> bool {
        self.last = now;
        if is_check {
            return false;
        }
        self.talked = Some(now);
        std::mem::take(&mut self.silent)
    }

    /// Whether a connection that was up has fallen silent.
    pub(crate) fn falls_silent(&mut self, now: Instant) -> bool {
        let talking = |at| self.last.saturating_duration_since(at) <= TALKING;
        let falls =
            self.talked.is_some_and(talking) && now.saturating_duration_since(self.last) >= SILENCE;
        self.silent |= falls;
        falls
    }

    /// The time passed without anybody reading datagrams: nobody's silence.
    pub(crate) fn excuse(&mut self, now: Instant) {
        self.last = now;
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
    fn only_who_talked_falls_silent() {
        let start = Instant::now();
        let at = |ms| start + Duration::from_millis(ms);
        let mut hearing = Hearing::new(start);
        assert!(
            !hearing.falls_silent(at(60_000)),
            "nothing but checks is due"
        );
        assert!(!hearing.hear(at(60_000), true));
        assert!(!hearing.falls_silent(at(70_000)));

        assert!(!hearing.hear(at(70_000), false));
        assert!(!hearing.hear(at(71_000), true));
        assert!(!hearing.falls_silent(at(77_400)));
        assert!(hearing.falls_silent(at(77_500)));
        assert!(
            !hearing.hear(at(78_000), true),
            "a check may be of another path"
        );
        assert!(hearing.hear(at(78_100), false));
        assert!(!hearing.hear(at(78_200), false), "told once");

        hearing.excuse(at(90_000));
        assert!(
            !hearing.falls_silent(at(97_000)),
            "it was we who did not listen"
        );
    }
}
