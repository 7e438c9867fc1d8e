//! Does the delay grow? A least-squares line through the delays of the latest groups, judged
//! against a threshold that adapts to how much they vary anyway (draft-ietf-rmcat-gcc-02,
//! section 5.4, with the line in place of the Kalman filter).

use super::groups::Sample;

/// Groups the line is laid through, and how few will do at first.
const WINDOW: usize = 20;
const FEWEST: usize = 8;
/// Share of a new delay in the smoothed one.
const WEIGHT: f64 = 0.15;
/// The slope is multiplied by the number of groups, up to this many …
const MOST_GROUPS: u32 = 60;
/// … and by this, to be compared with the threshold in milliseconds.
const GAIN: f64 = 4.0;
/// The threshold's first value, its bounds, and how fast it rises and falls per millisecond.
const FIRST: f64 = 12.5;
const BOUNDS: (f64, f64) = (6.0, 600.0);
const RISE: f64 = 0.0087;
const FALL: f64 = 0.039;
/// A trend this far above the threshold is an event, and does not move it.
const EVENT: f64 = 15.0;
/// The trend has to hold for this long, in milliseconds of sending time.
const HOLDS: f64 = 10.0;
/// Delays from before a rest this long, in microseconds, make no line with those after it.
const REST: u64 = 5_000_000;

/// What the delays do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Slope {
    /// They stay as they are.
    #[default]
    Level,
    /// They grow: more is sent than passes.
    Rising,
    /// They shrink: a queue empties.
    Falling,
}

/// The line.
#[derive(Debug)]
pub(super) struct Trendline {
    origin: Option<Sample>,
    last: Option<Sample>,
    smoothed: f64,
    /// Arrival and smoothed delay, both in milliseconds since the origin. A ring.
    points: [(f64, f64); WINDOW],
    groups: u32,
    threshold: f64,
    rising_for: f64,
    last_trend: f64,
    slope: Slope,
}

impl Trendline {
    pub(super) fn new() -> Self {
        Self {
            origin: None,
            last: None,
            smoothed: 0.0,
            points: [(0.0, 0.0); WINDOW],
            groups: 0,
            threshold: FIRST,
            rising_for: 0.0,
            last_trend: 0.0,
            slope: Slope::Level,
        }
    }

    /// What the delays do, as far as the groups tell.
    pub(super) fn slope(&self) -> Slope {
        self.slope
    }

    /// Takes a group's sample.
    pub(super) fn add(&mut self, sample: Sample) {
        let rested = |last: Sample| sample.sent.saturating_sub(last.sent) > REST;
        if self.last.is_some_and(rested) {
            let threshold = self.threshold;
            *self = Self::new();
            self.threshold = threshold;
        }
        let origin = *self.origin.get_or_insert(sample);
        let last = self.last.replace(sample).unwrap_or(sample);
        let delay = millis(sample.delay() - origin.delay());
        self.smoothed += WEIGHT * (delay - self.smoothed);
        let index = self.groups as usize % WINDOW;
        self.points[index] = (millis(sample.arrival - origin.arrival), self.smoothed);
        self.groups = self.groups.saturating_add(1);
        if self.groups as usize >= FEWEST {
            let gap = millis(sample.sent.saturating_sub(last.sent) as i64);
            self.judge(gap, millis(sample.arrival - last.arrival));
        }
    }

    fn judge(&mut self, sent_gap: f64, arrival_gap: f64) {
        let trend = self.fit();
        let weighted = trend * f64::from(self.groups.min(MOST_GROUPS)) * GAIN;
        if weighted > self.threshold {
            self.rising_for += sent_gap;
            // One group alone is never enough, and a trend that wanes is ending by itself.
            if self.rising_for > HOLDS && self.rising_for > sent_gap && trend >= self.last_trend {
                self.slope = Slope::Rising;
                self.rising_for = 0.0;
            }
        } else {
            self.rising_for = 0.0;
            self.slope = if weighted < -self.threshold {
                Slope::Falling
            } else {
                Slope::Level
            };
        }
        self.last_trend = trend;
        self.adapt(weighted.abs(), arrival_gap);
    }

    fn adapt(&mut self, weighted: f64, gap: f64) {
        if weighted > self.threshold + EVENT {
            return;
        }
        let rate = if weighted < self.threshold {
            FALL
        } else {
            RISE
        };
        let step = rate * (weighted - self.threshold) * gap.clamp(0.0, 100.0);
        // A long gap must not carry it past what it moves towards.
        let bound = (weighted - self.threshold).abs();
        self.threshold = (self.threshold + step.clamp(-bound, bound)).clamp(BOUNDS.0, BOUNDS.1);
    }

    /// Milliseconds of delay per millisecond.
    fn fit(&self) -> f64 {
        let points = &self.points[..WINDOW.min(self.groups as usize)];
        let count = points.len() as f64;
        let mean_x = points.iter().map(|point| point.0).sum::<f64>() / count;
        let mean_y = points.iter().map(|point| point.1).sum::<f64>() / count;
        let (mut over, mut under) = (0.0, 0.0);
        for (x, y) in points {
            over += (x - mean_x) * (y - mean_y);
            under += (x - mean_x) * (x - mean_x);
        }
        if under > 0.0 { over / under } else { 0.0 }
    }
}

fn millis(micros: i64) -> f64 {
    micros as f64 / 1_000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A group each 20 ms, the n-th `delay(n)` microseconds under way.
    fn run(line: &mut Trendline, groups: std::ops::Range<u64>, delay: impl Fn(u64) -> i64) {
        for n in groups {
            let sent = n * 20_000;
            let arrival = sent as i64 + delay(n) - 77_000_000;
            line.add(Sample { sent, arrival });
        }
    }

    #[test]
    fn growing_delay_rises_and_shrinking_falls() {
        let mut line = Trendline::new();
        run(&mut line, 0..100, |_| 40_000);
        assert_eq!(line.slope(), Slope::Level);
        // 10 % more than passes: 2 ms more for each 20.
        run(&mut line, 100..125, |n| 40_000 + (n as i64 - 100) * 2_000);
        assert_eq!(line.slope(), Slope::Rising);
        run(&mut line, 125..160, |_| 90_000);
        run(&mut line, 160..180, |n| 90_000 - (n as i64 - 160) * 2_500);
        assert_eq!(line.slope(), Slope::Falling);
        run(&mut line, 180..260, |_| 40_000);
        assert_eq!(line.slope(), Slope::Level);
    }

    #[test]
    fn a_rest_leaves_no_trend() {
        let mut line = Trendline::new();
        run(&mut line, 0..60, |n| n as i64 * 3_000);
        assert_eq!(line.slope(), Slope::Rising);
        run(&mut line, 4_000..4_010, |_| 0);
        assert_eq!(line.slope(), Slope::Level);
    }
}
