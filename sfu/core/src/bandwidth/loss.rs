//! Loss, and whether it is ours.
//!
//! A few per cent are life on Wi-Fi. More may be a path that drops what exceeds it without ever
//! queueing (a policer, a short buffer), or a path that loses as much whatever is sent. Only
//! sending less for a moment tells the two apart: loss that stays is not ours, and lowering the
//! rate further for it would end in nothing for nothing.

/// A share above this for [`LASTS`] is put to the trial.
const HEAVY: f64 = 0.10;
const LASTS: u64 = 600_000;
/// A share above this speaks against growth, for so long.
const SOME: f64 = 0.02;
const REMEMBERED: u64 = 1_500_000;
/// A share is judged over this many packets and this long, in microseconds …
const PACKETS: u32 = 20;
const SPAN: u64 = 200_000;
/// … or over what came in this time.
const PATIENCE: u64 = 3_000_000;
/// During a trial this much of what arrived before is sent.
const TRIAL_SHARE: f64 = 0.85;
/// The sender gets this long to lower its rate; then the trial counts.
const COMPLY: u64 = 300_000;
/// A trial counts for this long, and this many packets …
const TRIAL_SPAN: u64 = 1_000_000;
const TRIAL_PACKETS: u32 = 30;
/// … but ends in any case.
const TRIAL_LONGEST: u64 = 5_000_000;
/// Loss that was ours falls below this share of what it was.
const RELIEF: f64 = 1.0 / 3.0;
/// Share of a new window in the smoothed loss, and of that in the loss that is not ours. The
/// latter only sinks: if it could grow with what is seen, it would excuse anything in the end.
const WEIGHT: f64 = 0.3;
const SINKS: f64 = 0.05;

/// What is sent for so long after the rate was lowered still meets the queue of before.
const EMPTIES: u64 = 1_000_000;

/// Packets counted.
#[derive(Debug, Clone, Copy, Default)]
struct Count {
    lost: u32,
    total: u32,
    lost_bytes: u64,
    bytes: u64,
}

impl Count {
    fn add(&mut self, bytes: u16, lost: bool) {
        self.total += 1;
        self.bytes += u64::from(bytes);
        if lost {
            self.lost += 1;
            self.lost_bytes += u64::from(bytes);
        }
    }

    fn join(&mut self, other: Self) {
        self.lost += other.lost;
        self.total += other.total;
        self.lost_bytes += other.lost_bytes;
        self.bytes += other.bytes;
    }

    fn share(self) -> f64 {
        f64::from(self.lost) / f64::from(self.total.max(1))
    }

    /// The share of bytes that arrived: a path that drops what exceeds it spares small packets.
    fn arrived_bytes(self) -> f64 {
        1.0 - self.lost_bytes as f64 / self.bytes.max(1) as f64
    }

    /// The share that chance, of so many standard deviations, does not explain away.
    fn sure(self, deviations: f64) -> f64 {
        let share = self.share();
        let variance = share * (1.0 - share) / f64::from(self.total.max(1));
        share - deviations * variance.sqrt()
    }
}

/// Sending less to see whether less is lost.
#[derive(Debug)]
struct Trial {
    limit: f64,
    /// The loss before, and what arrived in spite of it in bits per second.
    before: f64,
    arrived: f64,
    /// Packets sent from here on count.
    begins: u64,
    count: Count,
}

/// What a trial showed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Verdict {
    /// Less sent, less lost: the path carries `capacity`, and `rate` is safe.
    Ours { rate: f64, capacity: f64 },
    /// As much is lost as before.
    NotOurs,
}

/// What the loss is judged with.
#[derive(Debug, Clone, Copy)]
pub(super) struct Circumstances {
    /// The estimate and the rate that is sent, in bits per second.
    pub(super) estimate: f64,
    pub(super) sent: f64,
    /// A queue stands in the path: it explains the loss, and the delay tells what to do.
    pub(super) queued: bool,
}

/// Counts what is lost and judges it.
#[derive(Debug, Default)]
pub(super) struct Loss {
    window: Count,
    opened: Option<u64>,
    smoothed: f64,
    /// The share that is lost whatever is sent.
    inherent: f64,
    /// Windows in a row that were heavy, put together, and when the first opened.
    heavy: Option<(Count, u64)>,
    /// What was sent until here was sent at a rate that was lowered since.
    excused: u64,
    /// When more was lost than a growing rate should see.
    some: Option<u64>,
    trial: Option<Trial>,
}

impl Loss {
    /// A packet sent at `sent` was reported for the first time.
    pub(super) fn count(&mut self, sent: u64, bytes: u16, lost: bool) {
        if sent < self.excused {
            return;
        }
        self.window.add(bytes, lost);
        if let Some(trial) = &mut self.trial
            && sent >= trial.begins
        {
            trial.count.add(bytes, lost);
        }
    }

    /// The rate was lowered at `now`: what was lost before is answered by that, and what is lost
    /// while the queue empties and losses are repaired says nothing of the new rate.
    pub(super) fn excuse(&mut self, now: u64) {
        self.excused = now + EMPTIES;
        self.window = Count::default();
        self.heavy = None;
    }

    /// A packet that was reported lost came after all.
    pub(super) fn mend(&mut self, bytes: u16) {
        self.window.lost = self.window.lost.saturating_sub(1);
        self.window.lost_bytes = self.window.lost_bytes.saturating_sub(u64::from(bytes));
    }

    /// A receiver report told the share lost since the one before.
    pub(super) fn reported(&mut self, share: f64) {
        self.smoothed += WEIGHT * (share - self.smoothed);
    }

    /// The smoothed share, 0–1.
    pub(super) fn share(&self) -> f64 {
        self.smoothed
    }

    /// More is lost of late than a growing rate should see.
    pub(super) fn some(&self, now: u64) -> bool {
        self.some.is_some_and(|at| now < at + REMEMBERED) || self.trial.is_some()
    }

    /// So much is lost that a probe would only add to it.
    pub(super) fn heavy(&self) -> bool {
        self.heavy.is_some() || self.trial.is_some()
    }

    /// What may be sent while a trial runs.
    pub(super) fn limit(&self) -> Option<f64> {
        self.trial.as_ref().map(|trial| trial.limit)
    }

    /// Judges what was counted until now.
    pub(super) fn update(&mut self, now: u64, around: Circumstances) -> Option<Verdict> {
        if self.window.total == 0 {
            return None;
        }
        let open = now.saturating_sub(*self.opened.get_or_insert(now));
        if (self.window.total >= PACKETS && open >= SPAN) || open >= PATIENCE {
            self.close(now, around);
        }
        self.verdict(now)
    }

    fn close(&mut self, now: u64, around: Circumstances) {
        let window = std::mem::take(&mut self.window);
        let opened = self.opened.replace(now).unwrap_or(now);
        let share = window.share();
        self.smoothed += WEIGHT * (share - self.smoothed);
        self.inherent += SINKS * (self.smoothed - self.inherent).min(0.0);
        if window.sure(1.0) - self.inherent > SOME {
            self.some = Some(now);
        }
        // Few packets scatter: a stretch of heavy loss begins above the bar, and ends well below.
        let excess = share - self.inherent;
        let bar = if self.heavy.is_some() {
            HEAVY / 2.0
        } else {
            HEAVY
        };
        if excess <= bar || around.queued || self.trial.is_some() {
            self.heavy = None;
            return;
        }
        let (heavy, since) = self.heavy.get_or_insert((Count::default(), opened));
        heavy.join(window);
        let (heavy, since) = (*heavy, *since);
        if now.saturating_sub(since) >= LASTS && heavy.sure(2.0) - self.inherent > HEAVY {
            self.heavy = None;
            let arrived = around.sent.min(around.estimate) * heavy.arrived_bytes();
            self.trial = Some(Trial {
                limit: TRIAL_SHARE * arrived,
                before: heavy.share(),
                arrived,
                begins: now + COMPLY,
                count: Count::default(),
            });
        }
    }

    fn verdict(&mut self, now: u64) -> Option<Verdict> {
        let trial = self.trial.as_ref()?;
        let counted = now.saturating_sub(trial.begins);
        let enough = counted >= TRIAL_SPAN && trial.count.total >= TRIAL_PACKETS;
        if !enough && counted < TRIAL_LONGEST {
            return None;
        }
        let trial = self.trial.take()?;
        let after = trial.count.share();
        if enough && after < RELIEF * trial.before {
            return Some(Verdict::Ours {
                rate: trial.limit,
                capacity: trial.arrived,
            });
        }
        self.inherent = self.inherent.max(after);
        Some(Verdict::NotOurs)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 100 packets a second for so long, of which `lost(estimate or limit)` of a hundred go.
    fn run(
        loss: &mut Loss,
        seconds: std::ops::Range<u64>,
        lost: impl Fn(f64) -> u64,
    ) -> Vec<Verdict> {
        let mut verdicts = Vec::new();
        for n in seconds.start * 100..seconds.end * 100 {
            let now = n * 10_000;
            let sent = loss.limit().unwrap_or(1_000_000.0);
            loss.count(now, 1_000, n * 37 % 100 < lost(sent));
            if n % 10 == 0 {
                verdicts.extend(loss.update(
                    now,
                    Circumstances {
                        estimate: 1_000_000.0,
                        sent,
                        queued: false,
                    },
                ));
            }
        }
        verdicts
    }

    #[test]
    fn a_few_per_cent_are_life() {
        let mut loss = Loss::default();
        assert_eq!(run(&mut loss, 0..30, |_| 2), []);
        assert!((0.0..0.05).contains(&loss.share()) && !loss.heavy());
        assert_eq!(run(&mut loss, 30..60, |_| 8), []);
    }

    #[test]
    fn a_policer_is_found_and_random_loss_is_left_alone() {
        let mut policed = Loss::default();
        let verdicts = run(
            &mut policed,
            0..5,
            |sent| if sent > 600_000.0 { 40 } else { 0 },
        );
        let Some(Verdict::Ours { rate, capacity }) = verdicts.first() else {
            panic!("{verdicts:?}");
        };
        assert!((550_000.0..650_000.0).contains(capacity) && *rate < 0.9 * capacity);

        let mut random = Loss::default();
        let verdicts = run(&mut random, 0..60, |_| 20);
        assert_eq!(verdicts, [Verdict::NotOurs]);
        assert!(random.limit().is_none());
        // What comes on top is judged again.
        let more = run(
            &mut random,
            60..65,
            |sent| if sent > 800_000.0 { 60 } else { 20 },
        );
        assert!(matches!(more[..], [Verdict::Ours { .. }, ..]), "{more:?}");
    }
}
