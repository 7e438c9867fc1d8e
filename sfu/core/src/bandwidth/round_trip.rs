//! The time to the receiver and back.

use std::time::Duration;

/// Share of a new measurement.
const WEIGHT: f64 = 0.125;
/// A measurement from sender reports is the better one for this long, in microseconds.
const FRESH: u64 = 10_000_000;

/// The smoothed round trip.
#[derive(Debug, Default)]
pub(super) struct RoundTrip {
    /// Microseconds, from transport-wide feedback: the receiver sits on it for a while, so this
    /// is an upper bound. It is what control has to wait for.
    feedback: Option<f64>,
    reported: Option<(f64, u64)>,
}

impl RoundTrip {
    /// The newest packet that a feedback reports was sent so long ago.
    pub(super) fn heard(&mut self, micros: u64) {
        let known = self.feedback.unwrap_or(micros as f64);
        self.feedback = Some(known + WEIGHT * (micros as f64 - known));
    }

    /// RTCP reports tell it (RFC 3550, section 6.4.1).
    pub(super) fn reported(&mut self, now: u64, round_trip: Duration) {
        let micros = round_trip.as_secs_f64().min(60.0) * 1e6;
        let known = self.reported.map_or(micros, |(known, _)| known);
        self.reported = Some((known + WEIGHT * (micros - known), now));
    }

    /// Microseconds until a change of ours shows in a report.
    pub(super) fn control(&self) -> u64 {
        let known = self.feedback.or(self.reported.map(|(micros, _)| micros));
        known.unwrap_or(100_000.0) as u64
    }

    /// The best that is known at `now`.
    pub(super) fn best(&self, now: u64) -> Option<Duration> {
        let reported = self
            .reported
            .filter(|(_, at)| now < at + FRESH || self.feedback.is_none());
        let micros = reported.map(|(micros, _)| micros).or(self.feedback)?;
        Some(Duration::from_micros(micros as u64))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reports_are_better_while_they_are_fresh() {
        let mut round_trip = RoundTrip::default();
        assert_eq!(round_trip.best(0), None);
        round_trip.heard(90_000);
        round_trip.reported(0, Duration::from_millis(50));
        assert_eq!(round_trip.best(1), Some(Duration::from_millis(50)));
        assert_eq!(round_trip.control(), 90_000);
        assert_eq!(round_trip.best(FRESH), Some(Duration::from_millis(90)));
    }
}
