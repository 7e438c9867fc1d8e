//! How much the path to one receiver carries: a send-side estimate in the spirit of
//! draft-ietf-rmcat-gcc-02, from transport-wide feedback (`twcc`) or, without it, from receiver
//! reports.
//!
//! A router has no queue and no pacer of its own: it sends on what publishers have paced. What it
//! sends is chosen from layers, so most of the time the application, not the path, is the limit.
//! The design follows from these two:
//! - delay is looked at through the luckiest packets of a burst (`groups`, `queue`), since the
//!   others wait for their neighbours;
//! - a trend of the delay is believed only with a queue behind it, the more so the less is sent
//!   (`detector`): noise on a thin stream must not cost an estimate that nothing refutes;
//! - what is not sent is not estimated down (`rate`), and what cannot be seen because it is not
//!   sent is probed for, within bounds (`probes`);
//! - a path that was full at some rate is believed to carry more only when more passes than the
//!   bucket of a shaper could hold (`capacity`, `probes`);
//! - loss is lowered for only if lowering helps (`loss`).
//!
//! All of it is arithmetic on times that are passed in. Nothing here fails, whatever a receiver
//! claims; what it claims about packets that were not sent is ignored.

mod acknowledged;
mod application;
mod capacity;
mod detector;
mod groups;
mod history;
mod intake;
mod judge;
mod loss;
mod probes;
mod queue;
mod rate;
mod reports;
mod round_trip;
mod train;
mod trendline;
pub(crate) mod twcc;

use std::time::{Duration, Instant};

use acknowledged::Acknowledged;
use application::Application;
use detector::Detector;
use history::History;
use intake::Arrivals;
use loss::Loss;
use probes::Probes;
use rate::Rate;
use reports::{Report, Reports};
use round_trip::RoundTrip;

/// The estimate's bounds, in bits per second.
const LEAST: f64 = 30_000.0;
const MOST: f64 = 100_000_000.0;
/// Behind a queue this long, in microseconds, nobody probes, and loss is the queue's.
const QUEUED: u64 = 50_000;
/// What a shaper lets pass at line speed after a rest (the bucket of `tc-tbf`), in bytes: most have
/// less. So much on top of a rate says nothing of the rate.
const BUCKET: f64 = 8_000.0;
/// Packets that nobody reports on for this long, in microseconds, make the sender blind …
const UNHEARD: u64 = 1_000_000;
/// … and it lowers what it believes by this factor each [`BLIND_STEP`].
const BLIND_FACTOR: f64 = 0.8;
const BLIND_STEP: u64 = 500_000;
/// Receiver reports decide when transport-wide feedback has been absent for so long.
const REPORTS_DECIDE: u64 = 5_000_000;

/// How the path is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Usage {
    /// The delay stays as it is.
    #[default]
    Normal,
    /// A queue grows.
    Overuse,
    /// A queue empties.
    Underuse,
}

/// The estimator of one receiving connection.
///
/// The owner calls [`sent`](Self::sent) for each packet with a transport-wide sequence number,
/// [`feedback`](Self::feedback) for each feedback packet, [`timeout`](Self::timeout) at
/// [`deadline`](Self::deadline), and after each of the latter two
/// [`poll_padding`](Self::poll_padding) until it gives none. Sizes and rates are in the same
/// unit: whatever bytes the owner counts for a packet, the estimate is in these.
#[derive(Debug)]
pub(crate) struct Bandwidth {
    start: Instant,
    history: History,
    application: Application,
    acknowledged: Acknowledged,
    detector: Detector,
    loss: Loss,
    rate: Rate,
    probes: Probes,
    reports: Reports,
    round_trip: RoundTrip,
    arrivals: Arrivals,
    usage: Usage,
    /// Transport-wide feedback comes; the first packet sent since it came last.
    heard: bool,
    unheard: Option<u64>,
    /// The packet after the last one told of.
    next: Option<u16>,
    /// Sending time of the newest packet reported.
    newest: u64,
    /// How often what is believed was lowered for the receiver's silence.
    blind: u32,
    /// What was sent until here and lost was lost because there was no path.
    excused: u64,
    now: u64,
}

impl Bandwidth {
    /// An estimator that believes in `first` bits per second until it knows better.
    pub(crate) fn new(now: Instant, first: u64) -> Self {
        Self {
            start: now,
            history: History::new(),
            application: Application::default(),
            acknowledged: Acknowledged::new(),
            detector: Detector::new(),
            loss: Loss::default(),
            rate: Rate::new(first as f64),
            probes: Probes::new(),
            reports: Reports::default(),
            round_trip: RoundTrip::default(),
            arrivals: Arrivals::default(),
            usage: Usage::Normal,
            heard: false,
            unheard: None,
            next: None,
            newest: 0,
            blind: 0,
            excused: 0,
            now: 0,
        }
    }

    /// A packet leaves, media or padding. Sequence numbers follow each other, modulo 2^16. Writes
    /// one record; allocates only while the packet rate grows beyond what was seen before.
    #[inline]
    pub(crate) fn sent(&mut self, seq: u16, at: Instant, bytes: usize) {
        let at = self.micros(at);
        self.application.sent(bytes);
        if self.unheard.is_none() {
            self.unheard = Some(at);
        }
        let (part, shadowed) = self.probes.leaves(at, bytes);
        self.history.push(seq, at, bytes, part, shadowed);
    }

    /// A receiver report: the share lost since the last (0–1), and the round trip if it tells
    /// one. Without transport-wide feedback this moves the estimate.
    pub(crate) fn receiver_report(
        &mut self,
        now: Instant,
        fraction_lost: f32,
        round_trip: Option<Duration>,
    ) {
        let now = self.advance(now);
        if let Some(round_trip) = round_trip {
            self.round_trip.reported(now, round_trip);
        }
        let absent = |unheard| now >= unheard + REPORTS_DECIDE;
        if self.heard && !self.unheard.is_some_and(absent) {
            return;
        }
        self.heard = false;
        self.blind = 0;
        self.application.assess(now, self.rate.estimate());
        let lost = if fraction_lost > 0.0 {
            f64::from(fraction_lost.min(1.0))
        } else {
            0.0
        };
        self.loss.reported(lost);
        let estimate = self.reports.follow(
            now,
            &Report {
                lost,
                round_trip,
                estimate: self.rate.estimate(),
                sent: self.application.rate(),
                desire: self.probes.desire(),
            },
        );
        self.rate.set(estimate);
    }

    /// A REMB: the receiver wants no more than `bps`. Holds for ten seconds.
    pub(crate) fn remb(&mut self, now: Instant, bps: u64) {
        let now = self.advance(now);
        self.reports.set_ceiling(now, bps as f64);
    }

    /// What would be sent if there were room, in bits per second. Probes aim at most 15 % above
    /// it, and end when the estimate covers it.
    pub(crate) fn desire(&mut self, bps: u64) {
        self.probes.set_desire((bps as f64).min(MOST));
    }

    /// Padding to send now, in bytes, in as many packets as it takes; the last may exceed it. The
    /// packets are passed to [`sent`](Self::sent) like any other. An owner that has nothing to
    /// pad with sends none: it is asked a bounded number of times.
    pub(crate) fn poll_padding(&mut self, now: Instant) -> Option<usize> {
        let now = self.advance(now);
        let calm = self.heard
            && self.blind == 0
            && self.usage == Usage::Normal
            && self.detector.queue() < QUEUED
            && !self.loss.heavy();
        let estimate = self.rate.estimate();
        self.probes
            .begin(now, estimate, self.detector.jitter(), calm);
        self.probes.padding(now)
    }

    /// Time passes.
    pub(crate) fn timeout(&mut self, now: Instant) {
        let now = self.advance(now);
        if let Some(outcome) = self.probes.conclude(now, self.newest) {
            self.learn(now, &outcome);
        }
        if let Some(due) = self.blind_at()
            && now >= due
        {
            self.blind = self.blind.saturating_add(1);
        }
    }

    /// When [`timeout`](Self::timeout) and [`poll_padding`](Self::poll_padding) want to be called
    /// next, if nothing else happens.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        // A probe that is due while the path is not calm waits for feedback, not for time.
        let probe = self.probes.deadline(self.rate.estimate());
        let probe = probe.filter(|at| *at > self.now);
        let next = probe.into_iter().chain(self.blind_at()).min()?;
        Some(self.start + Duration::from_micros(next))
    }

    /// Bits per second that the path is believed to carry: 30 kbit/s to 100 Mbit/s.
    pub(crate) fn estimate(&self) -> u64 {
        let mut estimate = self.rate.estimate() * BLIND_FACTOR.powf(f64::from(self.blind));
        for limit in [self.loss.limit(), self.reports.ceiling(self.now)] {
            estimate = estimate.min(limit.unwrap_or(MOST));
        }
        estimate.max(LEAST) as u64
    }

    /// The smoothed share of packets lost, 0–1.
    pub(crate) fn loss(&self) -> f32 {
        self.loss.share() as f32
    }

    /// The smoothed round trip.
    pub(crate) fn rtt(&self) -> Option<Duration> {
        self.round_trip.best(self.now)
    }

    /// When the silence of the receiver says more.
    fn blind_at(&self) -> Option<u64> {
        let unheard = self.unheard.filter(|_| self.heard)?;
        let steps = u64::from(self.blind) * BLIND_STEP;
        Some(unheard + UNHEARD + self.round_trip.control() + steps)
    }

    fn advance(&mut self, now: Instant) -> u64 {
        self.now = self.now.max(self.micros(now));
        self.now
    }

    /// Microseconds since this began.
    #[inline]
    fn micros(&self, at: Instant) -> u64 {
        let since = at.saturating_duration_since(self.start);
        since.as_secs() * 1_000_000 + u64::from(since.subsec_micros())
    }
}

#[cfg(test)]
mod tests;
