//! The conclusions: what the parts say together.

use super::loss::{Circumstances, Verdict};
use super::rate::Observation;
use super::train::Outcome;
use super::{Bandwidth, QUEUED};

/// A probe that arrives at less than this share of its pace, or loses more than so much on top of
/// the usual, has filled the path.
const FILLED: f64 = 0.85;
const FILLED_LOSS: f64 = 0.15;
/// The share of a full path's measured rate that is safe to use.
const SAFE: f64 = 0.95;
/// Less than this share of what is sent arrives: a path cannot take it, or has become longer.
const STARVED: f64 = 0.85;

impl Bandwidth {
    /// Draws the conclusions of what a feedback brought.
    pub(super) fn judge(&mut self, now: u64) {
        let before = self.rate.estimate();
        self.application.assess(now, before);
        let limited = self.application.limited();
        let arriving = self.acknowledged.rate();
        let starved = arriving.is_some_and(|rate| rate < STARVED * self.application.rate());
        self.usage = self.detector.assess(now, limited.then_some(starved));
        let verdict = self.loss.update(
            now,
            Circumstances {
                estimate: before,
                sent: self.application.rate(),
                queued: self.detector.queue() >= QUEUED,
            },
        );
        if let Some(Verdict::Ours { rate, capacity }) = verdict {
            self.rate.lower(now, rate, capacity);
        }
        self.rate.update(
            now,
            &Observation {
                usage: self.usage,
                arriving,
                passing: self.application.rate() * (1.0 - self.loss.share()),
                recently: self.acknowledged.recent(),
                queue: self.detector.queue(),
                jitter: self.detector.jitter(),
                round_trip: self.round_trip.control(),
                lossy: self.loss.some(now),
                limited,
            },
        );
        if self.rate.estimate() < before {
            self.probes.setback(now);
            self.loss.excuse(now);
        }
        if let Some(outcome) = self.probes.conclude(now, self.newest) {
            self.learn(now, &outcome);
        }
    }

    /// Follows what a probe showed.
    pub(super) fn learn(&mut self, now: u64, outcome: &Outcome) {
        let Some(finding) = outcome.finding else {
            return match outcome.late {
                true => self.probes.judged(now, false, false),
                false => self.probes.unclear(now),
            };
        };
        let estimate = self.rate.estimate();
        let full = finding.arrived < FILLED * finding.sent
            || finding.surely_lost > self.loss.share() + FILLED_LOSS;
        // A burst of media that outran the probe proves nothing about a steady rate.
        let passed = finding.arrived.min(finding.sent).min(outcome.aim);
        if let (false, false, Some(known)) = (full, outcome.proof, self.rate.doubts(passed)) {
            return self.probes.prove(now, known);
        }
        let capacity = full.then_some(passed * (1.0 - finding.lost));
        let carried = capacity.map_or(passed, |capacity| SAFE * capacity);
        let raised = carried > 1.05 * estimate;
        if carried > estimate {
            self.rate.raise(carried, capacity);
        }
        self.probes.judged(now, raised, !full);
    }
}
