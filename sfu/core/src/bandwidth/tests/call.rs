//! A call to one receiver over a [`Link`], on simulated time: an application that sends, the
//! estimator, the path, a receiver that reports, and what was measured.

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

use super::super::Bandwidth;
use super::super::twcc::Feedback;
use super::super::twcc::tests::{Style, feedback};
use super::link::Link;

/// What the application sends. Sizes in bytes, rates in bits per second.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum App {
    /// 30 pictures a second of any size: as much as the estimate allows, up to the desire, with a
    /// key picture of four times the size each five seconds.
    Fluid,
    /// Layers of 150, 500 and 1,700 kbit/s: the best the estimate has room for.
    Ladder,
    /// 15 pictures a second, 20 kbit/s in all.
    Trickle,
    Silent,
}

const LADDER: [f64; 3] = [1_700_000.0, 500_000.0, 150_000.0];
const AUDIO: f64 = 40_000.0;
/// A switch to a better layer waits for a key picture.
const KEYFRAME: u64 = 300_000;

/// What came of one second.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Second {
    pub(super) estimate: f64,
    pub(super) lowest: f64,
    pub(super) highest: f64,
    /// The longest and the mean queue that packets met, in milliseconds.
    pub(super) queue: f64,
    pub(super) mean_queue: f64,
    /// Bits of media and of padding.
    pub(super) media: f64,
    pub(super) padding: f64,
    packets: f64,
}

pub(super) struct Call {
    pub(super) bandwidth: Bandwidth,
    pub(super) link: Link,
    pub(super) app: App,
    pub(super) desire: u64,
    /// Microseconds between two feedbacks, and their own way back.
    pub(super) interval: u64,
    pub(super) back: u64,
    /// Shares of feedbacks that are lost, doubled and late.
    pub(super) feedback_loss: f64,
    pub(super) feedback_doubled: f64,
    pub(super) feedback_late: f64,
    pub(super) no_padding: bool,
    pub(super) seconds: Vec<Second>,
    start: Instant,
    pub(super) now: u64,
    pub(super) seq: u64,
    layer: (f64, u64),
    arriving: VecDeque<(u64, u64)>,
    arrived: BTreeMap<u64, u64>,
    reported: u64,
    report_at: u64,
    reports: BTreeMap<(u64, u64), Vec<u8>>,
    serial: u64,
}

#[expect(
    clippy::disallowed_methods,
    reason = "an origin for a hand-moved clock"
)]
pub(super) fn origin() -> Instant {
    Instant::now()
}

impl Call {
    pub(super) fn new(seed: u64) -> Self {
        let start = origin();
        Self {
            bandwidth: Bandwidth::new(start, 300_000),
            link: Link::new(seed),
            app: App::Fluid,
            desire: 2_500_000,
            interval: 75_000,
            back: 25_000,
            feedback_loss: 0.0,
            feedback_doubled: 0.0,
            feedback_late: 0.0,
            no_padding: false,
            seconds: Vec::new(),
            start,
            now: 0,
            seq: 60_000,
            layer: (0.0, 0),
            arriving: VecDeque::new(),
            arrived: BTreeMap::new(),
            reported: 60_000,
            report_at: 0,
            reports: BTreeMap::new(),
            serial: 0,
        }
    }

    pub(super) fn at(&self, micros: u64) -> Instant {
        self.start + Duration::from_micros(micros)
    }

    pub(super) fn estimate(&self) -> f64 {
        self.bandwidth.estimate() as f64
    }

    /// Seconds from the start.
    pub(super) fn clock(&self) -> f64 {
        self.now as f64 / 1e6
    }

    pub(super) fn run(&mut self, seconds: u64) {
        let end = self.now + seconds * 1_000_000;
        self.run_until(end, |_| false);
    }

    /// Runs until `done`; the seconds from now that took, or none within `most`.
    pub(super) fn run_to(&mut self, most: u64, done: impl Fn(&Self) -> bool) -> Option<f64> {
        let from = self.clock();
        let end = self.now + most * 1_000_000;
        self.run_until(end, done).then(|| self.clock() - from)
    }

    fn run_until(&mut self, end: u64, done: impl Fn(&Self) -> bool) -> bool {
        while self.now < end {
            self.now += 1_000;
            self.step();
            if done(self) {
                return true;
            }
        }
        false
    }

    fn step(&mut self) {
        self.bandwidth.desire(self.desire);
        self.send_media();
        self.receive();
        self.hear();
        let at = self.at(self.now);
        if self.bandwidth.deadline().is_some_and(|due| due <= at) {
            self.bandwidth.timeout(at);
            self.pad();
            let again = self.bandwidth.deadline();
            assert!(
                again.is_none_or(|due| due > at),
                "a deadline that stays due"
            );
        }
        self.measure();
    }

    fn send_media(&mut self) {
        let audio = if self.app == App::Silent { 0.0 } else { AUDIO };
        let (video, rate) = match self.app {
            App::Fluid => (
                ((self.desire as f64).min(self.estimate()) - audio).max(20_000.0),
                30,
            ),
            App::Ladder => (self.rung(), 30),
            App::Trickle => (20_000.0, 15),
            App::Silent => (0.0, 30),
        };
        let millis = self.now / 1_000;
        if audio > 0.0 && self.app != App::Trickle && millis.is_multiple_of(20) {
            self.send(100, false);
        }
        if video > 0.0 && millis.is_multiple_of(1_000 / rate) {
            let key = millis % 5_000 < 1_000 / rate && self.app != App::Trickle;
            let size = video / 8.0 / rate as f64;
            let varied = size * (0.7 + 0.6 * self.link.chance());
            self.send(if key { 4.0 * size } else { 0.97 * varied } as usize, false);
        }
    }

    /// The layer that flows: down at once, up after a key picture and with 10 % to spare.
    fn rung(&mut self) -> f64 {
        let room = self.estimate();
        let fits = |layer: f64, spare: f64| spare * (layer + AUDIO) <= room;
        let (current, since) = self.layer;
        if !fits(current, 1.0) {
            let below = LADDER.iter().find(|layer| fits(**layer, 1.0));
            self.layer = (below.copied().unwrap_or(0.0), self.now);
        } else if let Some(better) = LADDER.iter().find(|layer| fits(**layer, 1.1))
            && *better > current
            && *better <= self.desire as f64
            && self.now > since + KEYFRAME
        {
            self.layer = (*better, self.now);
        }
        self.layer.0
    }

    fn send(&mut self, mut bytes: usize, padding: bool) {
        let at = self.at(self.now);
        while bytes > 0 {
            let size = bytes.min(1_200);
            bytes -= size;
            self.bandwidth.sent(self.seq as u16, at, size);
            let met = self.link.standing(self.now) as f64 / 1_000.0;
            if let Some(arrival) = self.link.send(self.now, size) {
                self.arriving.push_back((arrival, self.seq));
            }
            self.seq += 1;
            let second = self.second();
            second.queue = second.queue.max(met);
            second.packets += 1.0;
            second.mean_queue += (met - second.mean_queue) / second.packets;
            let bits = if padding {
                &mut second.padding
            } else {
                &mut second.media
            };
            *bits += size as f64 * 8.0;
        }
    }

    fn second(&mut self) -> &mut Second {
        let index = (self.now / 1_000_000) as usize;
        let estimate = self.estimate();
        if self.seconds.len() <= index {
            self.seconds.resize(
                index + 1,
                Second {
                    lowest: estimate,
                    highest: estimate,
                    estimate,
                    ..Second::default()
                },
            );
        }
        &mut self.seconds[index]
    }

    fn measure(&mut self) {
        let estimate = self.estimate();
        let second = self.second();
        second.estimate = estimate;
        second.lowest = second.lowest.min(estimate);
        second.highest = second.highest.max(estimate);
    }

    fn receive(&mut self) {
        while let Some((at, seq)) = self.arriving.front().copied()
            && at <= self.now
        {
            self.arriving.pop_front();
            self.arrived.insert(seq, at);
        }
        if self.now < self.report_at {
            return;
        }
        self.report_at = self.now + self.interval;
        let Some((&newest, _)) = self.arrived.last_key_value() else {
            return;
        };
        if newest < self.reported {
            return;
        }
        // The receiver's clock began an hour earlier.
        let arrivals: Vec<Option<u64>> = (self.reported..=newest)
            .map(|seq| self.arrived.get(&seq).map(|at| at + 3_600_000_000))
            .collect();
        let style = [Style::Runs, Style::OneBit, Style::TwoBits][(self.serial % 3) as usize];
        let packet = feedback(self.reported as u16, &arrivals, style);
        self.reported = newest + 1;
        self.arrived.clear();
        self.post(packet);
    }

    fn post(&mut self, packet: Vec<u8>) {
        self.serial += 2;
        if self.link.chance() < self.feedback_loss {
            return;
        }
        let mut at = self.now + self.back;
        if self.link.chance() < self.feedback_late {
            at += 3 * self.interval / 2;
        }
        if self.link.chance() < self.feedback_doubled {
            let again = (at + self.interval, self.serial + 1);
            self.reports.insert(again, packet.clone());
        }
        self.reports.insert((at, self.serial), packet);
    }

    fn hear(&mut self) {
        while let Some(first) = self.reports.first_entry()
            && first.key().0 <= self.now
        {
            let packet = first.remove();
            let report = Feedback::parse(&packet).expect("as written");
            let at = self.at(self.now);
            self.bandwidth.feedback(at, report.packets());
            self.pad();
        }
    }

    fn pad(&mut self) {
        let at = self.at(self.now);
        while let Some(bytes) = self.bandwidth.poll_padding(at) {
            assert!(bytes < 200_000, "{bytes} bytes of padding at once");
            if !self.no_padding {
                self.send(bytes, true);
            }
        }
    }

    /// The seconds `range`, put together.
    pub(super) fn over(&self, range: std::ops::Range<usize>) -> Second {
        let seconds = &self.seconds[range];
        let mut sum = seconds[0];
        for second in &seconds[1..] {
            sum.lowest = sum.lowest.min(second.lowest);
            sum.highest = sum.highest.max(second.highest);
            sum.queue = sum.queue.max(second.queue);
            sum.mean_queue += second.mean_queue;
            sum.estimate += second.estimate;
            sum.media += second.media;
            sum.padding += second.padding;
        }
        let count = seconds.len() as f64;
        sum.mean_queue /= count;
        sum.estimate /= count;
        sum.media /= count;
        sum.padding /= count;
        sum
    }
}
