//! What a feedback packet brings, packet by packet.

use std::time::{Duration, Instant};

use super::groups::Sample;
use super::history::{Fate, Record};
use super::{Bandwidth, twcc};

/// A gap in feedback longer than this, in packets, is not filled in.
const SKIPPED: u16 = 2_048;

impl Bandwidth {
    /// A transport-wide feedback packet: what became of packets, in sending order, with arrivals
    /// in the receiver's clock, modulo [`twcc::CLOCK`] or not. Linear in their number. Doubled,
    /// reordered and missing feedback is fine.
    pub(crate) fn feedback(
        &mut self,
        now: Instant,
        report: impl Iterator<Item = (u16, Option<Duration>)>,
    ) {
        let now = self.advance(now);
        if self.blind > 0 {
            self.excused = now;
        }
        let mut told = Told::default();
        for (seq, arrival) in report {
            let Some((record, known)) = self.history.settle(seq, arrival.is_some()) else {
                continue;
            };
            if told.packets == 0 {
                told.gap = self.skipped(seq);
            }
            self.next = Some(seq.wrapping_add(1));
            told.packets += 1;
            told.newest = told.newest.max(record.at);
            let last = self.arrivals.last();
            let arrival = arrival.map(|arrival| self.arrivals.unwrap(arrival));
            if let Some(arrival) = arrival {
                told.arrived += 1;
                if told.arrived == 1 {
                    told.between = last.map(|last| (last, arrival));
                }
            }
            self.take(&record, known, arrival);
        }
        if told.packets > 0 {
            self.conclude(now, &told);
        }
    }

    /// Passes a packet's fate to all that learn from it.
    fn take(&mut self, record: &Record, known: Fate, arrival: Option<i64>) {
        if known == Fate::Lost {
            self.loss.mend(record.bytes);
        } else if arrival.is_some() || record.at > self.excused {
            self.loss.count(record.at, record.bytes, arrival.is_none());
            if let Some(part) = record.part {
                self.probes.told(part, record.bytes, record.at, arrival);
            }
        }
        let Some(arrival) = arrival else { return };
        if known != Fate::Assumed {
            self.acknowledged.add(arrival, record.bytes);
        }
        if !record.shadowed {
            let sent = record.at;
            self.detector.add(Sample { sent, arrival });
        }
    }

    fn conclude(&mut self, now: u64, told: &Told) {
        if let Some((from, to)) = told.between {
            let arrived = u64::from(told.gap) * told.arrived / told.packets;
            let arrived = u32::try_from(arrived).unwrap_or(u32::MAX);
            self.acknowledged.fill(from, to, arrived);
        }
        self.newest = self.newest.max(told.newest);
        self.round_trip.heard(now.saturating_sub(told.newest));
        self.heard = true;
        self.unheard = None;
        self.blind = 0;
        self.judge(now);
    }

    /// The bytes between the last packet told of and this one: feedback on them was lost.
    fn skipped(&mut self, seq: u16) -> u32 {
        let Some(next) = self.next else { return 0 };
        let gap = seq.wrapping_sub(next);
        if gap > SKIPPED {
            return 0;
        }
        let sizes = (0..gap).filter_map(|n| self.history.assume(next.wrapping_add(n)));
        sizes.map(u32::from).sum()
    }
}

/// What one feedback has told.
#[derive(Debug, Default)]
struct Told {
    packets: u64,
    arrived: u64,
    /// Sending time of the newest packet.
    newest: u64,
    /// Bytes that it skipped, and the arrivals around the gap.
    gap: u32,
    between: Option<(i64, i64)>,
}

/// The receiver's clock, made to run on where the wire's starts again.
#[derive(Debug, Default)]
pub(super) struct Arrivals {
    /// The last arrival, as told and unwrapped, in microseconds.
    last: Option<(i64, i64)>,
}

impl Arrivals {
    fn last(&self) -> Option<i64> {
        self.last.map(|(_, unwrapped)| unwrapped)
    }

    fn unwrap(&mut self, arrival: Duration) -> i64 {
        let wrap = twcc::CLOCK.as_micros();
        // Below 2^40: the clock is twelve days long.
        let told = (arrival.as_micros() % wrap) as i64;
        let (last, unwrapped) = self.last.unwrap_or((told, told));
        let half = wrap as i64 / 2;
        let moved = (told - last + half).rem_euclid(wrap as i64) - half;
        let unwrapped = unwrapped.saturating_add(moved);
        self.last = Some((told, unwrapped));
        unwrapped
    }
}
