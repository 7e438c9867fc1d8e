//! Probes: for a moment more is sent than usual, to see whether it passes.
//!
//! There is no pacer to lean on, and timers are coarse, so a probe is a span of time in which the
//! owner is asked, each [`TICK`], for as much padding as the media it sends anyway leaves to
//! fill. A probe lasts [`SHORTEST`] to [`LONGEST`]: what it can add to a queue is its length times
//! the factor it exceeds the path by. It never aims above what is desired. One that found nothing
//! doubles the next wait up to [`RAREST`]: from [`SOONEST`] at first, when least is known, from
//! [`USUAL`] after a success.
//!
//! So short a probe may pass through the bucket of a shaper. One that contradicts what is known of
//! the path is followed by a proof: it sends more than a bucket holds, and what arrives behind that
//! is measured. A proof ends as soon as a queue grows.

use std::num::NonZeroU8;

use super::BUCKET;
use super::history::Part;
use super::train::{Outcome, Train, bucketful};

/// The owner is asked for padding this often, in microseconds.
const TICK: u64 = 5_000;
/// Less than this is not worth a packet.
const LEAST_PADDING: f64 = 200.0;
/// A probe carries at least so many bytes, which makes at least five packets …
const LEAST_BYTES: f64 = 1_200.0;
/// … and lasts so long, or as many times the jitter, in microseconds.
const SHORTEST: u64 = 30_000;
const LONGEST: u64 = 200_000;
const JITTERS: u64 = 4;
/// A proof aims at this multiple of what is known, or so much above it that a bucketful has passed
/// within 400 ms, whatever is desired, and measures for so long behind that …
const PROOF_AIM: f64 = 2.0;
const PROOF_ABOVE: f64 = BUCKET * 8.0 / 0.4;
const MEASURED: u64 = 100_000;
/// … but lasts no longer than this, and ends when a packet is delayed by so much more than another.
const LONGEST_PROOF: u64 = 600_000;
const TOO_LATE: u64 = 100_000;
/// What follows a probe on its way may stand in the queue that the probe left.
const SHADOW: u64 = 100_000;
/// The first probe's aim, and the later ones', as multiples of the estimate.
const FIRST_AIM: f64 = 3.0;
const AIM: f64 = 2.0;
/// Aiming a little above the desire lets the estimate reach it in spite of rounding.
const ABOVE_DESIRE: f64 = 1.15;
/// The waits between probes: usual, longest, longest when probes pass that later traffic does not
/// (a policer lets a burst through), after the estimate fell, and at least.
const USUAL: u64 = 5_000_000;
const RAREST: u64 = 20_000_000;
const RAREST_BETRAYED: u64 = 80_000_000;
const SETBACK: u64 = 3_000_000;
const SOONEST: u64 = 1_000_000;
/// A probe of which too little was reported is repeated, so often.
const REPEATS: u32 = 3;
/// Reports on a probe are waited for this long beyond its end.
const PATIENCE: u64 = 1_500_000;
/// A success that does not last this long was none.
const LASTS: u64 = 5_000_000;
/// A desire that grows by this factor is a new question.
const NEW_DESIRE: f64 = 1.2;

#[derive(Debug, Clone, Copy)]
struct Probe {
    id: NonZeroU8,
    /// Bits per second.
    aim: f64,
    proof: bool,
    began: u64,
    until: u64,
    asked: Option<u64>,
}

/// Decides when to probe, fills the probe, and gathers what is reported of it.
#[derive(Debug)]
pub(super) struct Probes {
    desire: f64,
    /// The desire grew since the last probe.
    curious: bool,
    /// What is known of the path in bits per second, and the last probe contradicted.
    doubted: Option<f64>,
    probe: Option<Probe>,
    train: Train,
    last_id: NonZeroU8,
    shadow: u64,
    began: Option<u64>,
    next: u64,
    not_before: u64,
    wait: u64,
    unclear: u32,
    raised: Option<u64>,
}

impl Probes {
    pub(super) fn new() -> Self {
        Self {
            desire: 0.0,
            curious: false,
            doubted: None,
            probe: None,
            train: Train::default(),
            last_id: NonZeroU8::MAX,
            shadow: 0,
            began: None,
            next: 0,
            not_before: 0,
            wait: SOONEST,
            unclear: 0,
            raised: None,
        }
    }

    pub(super) fn set_desire(&mut self, desire: f64) {
        self.curious |= desire > NEW_DESIRE * self.desire;
        self.desire = desire;
    }

    pub(super) fn desire(&self) -> f64 {
        self.desire
    }

    /// A packet leaves: its part in a probe, and whether a probe delays it.
    #[inline]
    pub(super) fn leaves(&mut self, at: u64, bytes: usize) -> (Option<Part>, bool) {
        if at >= self.shadow {
            return (None, false);
        }
        match &self.probe {
            Some(probe) if at <= probe.until => {
                let after = self.train.leaves(bytes);
                (
                    Some(Part {
                        of: probe.id,
                        after,
                    }),
                    true,
                )
            }
            _ => (None, true),
        }
    }

    /// A packet of a probe was reported.
    pub(super) fn told(&mut self, part: Part, bytes: u16, sent: u64, arrival: Option<i64>) {
        if self.probe.is_some_and(|probe| probe.id == part.of) {
            self.train.told(part.after, bytes, sent, arrival);
        }
    }

    /// Begins a probe if one is due and the path is `calm`.
    pub(super) fn begin(&mut self, now: u64, estimate: f64, jitter: u64, calm: bool) {
        let due = self.due(estimate);
        if !calm || due.is_none_or(|due| now < due) {
            return;
        }
        let factor = if self.began.is_none() { FIRST_AIM } else { AIM };
        let mut aim = (factor * estimate).min(ABOVE_DESIRE * self.desire);
        let least = (LEAST_BYTES * 8e6 / aim) as u64;
        let mut lasts = SHORTEST.max(least).max(JITTERS * jitter).min(LONGEST);
        self.train = Train::default();
        let doubted = self.doubted.take();
        if let Some(known) = doubted {
            let above = (PROOF_AIM * known).max(known + PROOF_ABOVE);
            aim = above.max(aim);
            let (bytes, micros) = bucketful(aim, known);
            self.train = Train::behind(bytes);
            lasts = (micros + lasts.max(MEASURED)).min(LONGEST_PROOF);
        }
        self.last_id = self.last_id.checked_add(1).unwrap_or(NonZeroU8::MIN);
        self.probe = Some(Probe {
            id: self.last_id,
            aim,
            proof: doubted.is_some(),
            began: now,
            until: now + lasts,
            asked: None,
        });
        self.shadow = now + lasts + SHADOW;
        self.began = Some(now);
        self.curious = false;
    }

    /// The padding that is missing now, in bytes. Each tick asks once, whatever is sent.
    pub(super) fn padding(&mut self, now: u64) -> Option<usize> {
        let probe = self.probe.as_mut()?;
        if probe.proof && self.train.delayed() > TOO_LATE {
            probe.until = probe.until.min(now);
            return None;
        }
        if now > probe.until || probe.asked.is_some_and(|asked| now < asked + TICK) {
            return None;
        }
        probe.asked = Some(now);
        let due = probe.aim * (now - probe.began + TICK) as f64 / 8e6;
        let missing = due - f64::from(self.train.bytes());
        (missing >= LEAST_PADDING).then_some(missing as usize)
    }

    /// Ends the probe when all is known that will be: `newest` is the sending time of the newest
    /// packet reported so far.
    pub(super) fn conclude(&mut self, now: u64, newest: u64) -> Option<Outcome> {
        let probe = self.probe?;
        let told = now > probe.until && (self.train.complete() || newest > probe.until);
        if !told && now < probe.until + PATIENCE {
            return None;
        }
        self.probe = None;
        Some(Outcome {
            aim: probe.aim,
            proof: probe.proof,
            late: probe.proof && self.train.delayed() > TOO_LATE,
            finding: self.train.finding(),
        })
    }

    /// The probe showed more than the path was `known` to carry: the next is to prove it.
    pub(super) fn prove(&mut self, now: u64, known: f64) {
        self.doubted = Some(known);
        self.next = now;
    }

    /// The probe told nothing.
    pub(super) fn unclear(&mut self, now: u64) {
        self.unclear += 1;
        if self.unclear > REPEATS {
            self.judged(now, false, false);
        } else {
            self.next = now + SOONEST;
        }
    }

    /// The probe was worth it, or not: the next comes at once (`further`), or after a wait.
    pub(super) fn judged(&mut self, now: u64, raised: bool, further: bool) {
        self.unclear = 0;
        if self.raised.is_some_and(|raised| now >= raised + LASTS) {
            self.raised = None;
            self.wait = USUAL;
        }
        if raised && further {
            self.raised = Some(now);
            self.next = now;
            return;
        }
        if !raised {
            self.wait = self.wait.max((2 * self.wait).min(RAREST));
        }
        self.next = now + self.wait;
    }

    /// The estimate fell.
    pub(super) fn setback(&mut self, now: u64) {
        if self
            .raised
            .take()
            .is_some_and(|raised| now < raised + LASTS)
        {
            self.wait = (2 * self.wait).min(RAREST_BETRAYED);
            self.next = now + self.wait;
        }
        self.doubted = None;
        self.not_before = now + SETBACK;
    }

    /// When the next probe is due; none while the estimate covers the desire.
    fn due(&self, estimate: f64) -> Option<u64> {
        if self.probe.is_some() || estimate >= self.desire {
            return None;
        }
        let curious = self.began.map_or(0, |at| at + SOONEST.max(self.wait / 4));
        let due = if self.curious {
            self.next.min(curious)
        } else {
            self.next
        };
        Some(due.max(self.not_before))
    }

    /// When this has something to do.
    pub(super) fn deadline(&self, estimate: f64) -> Option<u64> {
        let Some(probe) = &self.probe else {
            return self.due(estimate);
        };
        let tick = probe.asked.map_or(probe.began, |asked| asked + TICK);
        Some(if tick <= probe.until {
            tick
        } else {
            probe.until + PATIENCE
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: u64 = 1_000_000;

    /// Runs a probe to its end for an owner who sends what it is asked for; the bytes it took.
    fn fill(probes: &mut Probes, from: u64) -> usize {
        let mut total = 0;
        for now in (from..from + 300_000).step_by(1_000) {
            while let Some(bytes) = probes.padding(now) {
                probes.leaves(now, bytes);
                total += bytes;
            }
        }
        total
    }

    #[test]
    fn a_probe_is_as_long_as_it_must_and_no_larger_than_desired() {
        let mut probes = Probes::new();
        probes.set_desire(2_000_000.0);
        probes.begin(SECOND, 300_000.0, 0, true);
        let bytes = fill(&mut probes, SECOND);
        assert!(
            (3_300..4_100).contains(&bytes),
            "900 kbit/s for 30 ms: {bytes}"
        );
        assert!(probes.conclude(SECOND + 100_000, 0).is_none());
        let outcome = probes.conclude(SECOND + 100_000, SECOND + 90_000);
        assert_eq!(outcome.expect("over").aim, 900_000.0);

        probes.judged(2 * SECOND, true, true);
        probes.begin(2 * SECOND, 1_500_000.0, 20_000, true);
        assert_eq!(probes.probe.expect("began").aim.round(), 2_300_000.0);
        assert_eq!(probes.probe.expect("began").until, 2 * SECOND + 80_000);
    }

    #[test]
    fn a_proof_outlasts_a_bucket_and_ends_at_a_queue() {
        for queue in [false, true] {
            let mut probes = Probes::new();
            probes.set_desire(2_000_000.0);
            probes.begin(SECOND, 250_000.0, 0, true);
            fill(&mut probes, SECOND);
            probes.conclude(2 * SECOND, 2 * SECOND).expect("over");
            probes.prove(2 * SECOND, 300_000.0);
            probes.begin(2 * SECOND, 250_000.0, 0, true);
            let (mut bytes, mut arrival) = (0, 0);
            for now in (2 * SECOND..3 * SECOND).step_by(1_000) {
                while let Some(padding) = probes.padding(now) {
                    let (part, _) = probes.leaves(now, padding);
                    bytes += padding;
                    let rate = if queue { 300 } else { 600 };
                    arrival = arrival.max(now as i64) + padding as i64 * 8_000 / rate;
                    probes.told(
                        part.expect("of the probe"),
                        padding as u16,
                        now,
                        Some(arrival),
                    );
                }
            }
            let outcome = probes.conclude(3 * SECOND, 3 * SECOND).expect("over");
            assert!(outcome.proof && outcome.aim == 600_000.0);
            assert_eq!(outcome.late, queue);
            // Twice the bucket at twice the rate, and a bit to measure; half of that at most.
            let expected = if queue { 6_000..18_000 } else { 22_000..25_000 };
            assert!(expected.contains(&bytes), "{queue}: {bytes}");
        }
    }

    #[test]
    fn an_owner_without_padding_is_asked_a_bounded_number_of_times() {
        let mut probes = Probes::new();
        probes.set_desire(2_000_000.0);
        probes.begin(SECOND, 300_000.0, 0, true);
        let mut asked = 0;
        for now in (SECOND..3 * SECOND).step_by(1_000) {
            while probes.padding(now).is_some() {
                asked += 1;
            }
        }
        assert!((1..10).contains(&asked), "{asked}");
        let outcome = probes.conclude(3 * SECOND, 0).expect("given up");
        assert_eq!(outcome.finding, None);
    }

    #[test]
    fn failures_make_probes_rare_and_a_covered_desire_ends_them() {
        let mut probes = Probes::new();
        probes.set_desire(2_000_000.0);
        let mut began = Vec::new();
        for now in (0..200 * SECOND).step_by(100_000) {
            probes.begin(now, 300_000.0, 0, true);
            if probes.conclude(now, u64::MAX).is_some() {
                began.push(now / SECOND);
                probes.judged(now, false, false);
            }
        }
        assert!((13..16).contains(&began.len()), "{began:?}");
        assert_eq!(probes.deadline(2_000_000.0), None);
        probes.begin(1_000 * SECOND, 2_000_000.0, 0, true);
        assert!(probes.probe.is_none());
    }
}
