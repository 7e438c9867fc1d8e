//! What media did in a minute, for the record of a visit.

use std::time::{Duration, Instant};

use crate::packet::Packet;

/// A period of a report.
pub(crate) const PERIOD: Duration = Duration::from_secs(60);

/// Expected media that does not come for longer than this has stopped.
const STOP: Duration = Duration::from_millis(500);

/// What one participant's media did in a period: each full minute of the session, and once more
/// at its end for the rest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct MediaReport {
    /// The length of the period.
    pub period: Duration,
    /// The round trip at its end; none when it was not measured.
    pub rtt: Option<Duration>,
    /// From the participant to us.
    pub up: Flows,
    /// From us to the participant.
    pub down: Flows,
}

/// One direction of a [`MediaReport`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Flows {
    /// All audio tracks together.
    pub audio: FlowReport,
    /// All video tracks together.
    pub video: FlowReport,
    /// What the network was estimated to carry at the end of the period, in bits per second.
    pub estimate: Option<u64>,
}

/// Media of one kind in one direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct FlowReport {
    /// Packets that arrived, repaired ones included.
    pub packets: u64,
    /// Packets that were sent and never arrived.
    pub lost: u64,
    /// Payload bytes of the packets that arrived.
    pub bytes: u64,
    /// Interarrival jitter (RFC 3550, section 6.4.1), that of the worst track.
    pub jitter: Option<Duration>,
    /// How often media that was expected stopped for more than 500 ms.
    pub freezes: u32,
    /// How long such stops lasted in all.
    pub frozen: Duration,
}

impl FlowReport {
    pub(crate) fn add(&mut self, other: &Self) {
        self.packets += other.packets;
        self.lost += other.lost;
        self.bytes += other.bytes;
        self.jitter = self.jitter.max(other.jitter);
        self.freezes += other.freezes;
        self.frozen += other.frozen;
    }
}

impl Flows {
    pub(crate) fn of(&mut self, video: bool) -> &mut FlowReport {
        if video {
            &mut self.video
        } else {
            &mut self.audio
        }
    }
}

/// How the packets of one source arrive (RFC 3550, section 6.4.1 and appendix A.8).
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Reception {
    source: u32,
    newest: u64,
    /// Packets expected and received since the last report.
    expected: u64,
    received: u64,
    bytes: u64,
    transit: Option<i64>,
    /// In ticks of the source's clock.
    jitter: f64,
    clock_rate: u32,
}

impl Reception {
    /// A packet came; `epoch` is any fixed moment before it.
    pub(crate) fn observe(&mut self, packet: &Packet, clock_rate: u32, epoch: Instant) {
        if self.received == 0 && self.newest == 0 || self.source != *packet.ssrc {
            self.source = *packet.ssrc;
            self.newest = packet.seq.wrapping_sub(1);
            self.transit = None;
        }
        self.received += 1;
        self.bytes += packet.payload.len() as u64;
        if packet.seq <= self.newest {
            return;
        }
        self.expected += packet.seq - self.newest;
        self.newest = packet.seq;
        self.clock_rate = clock_rate;
        let arrived = packet.arrived.saturating_duration_since(epoch).as_micros();
        let ticks = arrived * u128::from(clock_rate) / 1_000_000;
        // Both count modulo 2³²; only differences of them mean anything.
        let transit = i64::from((ticks as u32).wrapping_sub(packet.timestamp));
        if let Some(before) = self.transit {
            let step = (transit as u32).wrapping_sub(before as u32) as i32;
            self.jitter += (f64::from(step.unsigned_abs()) - self.jitter) / 16.0;
        }
        self.transit = Some(transit);
    }

    /// What came since the last call.
    pub(crate) fn take(&mut self) -> FlowReport {
        let received = std::mem::take(&mut self.received);
        let expected = std::mem::take(&mut self.expected);
        let jitter = self.jitter / f64::from(self.clock_rate.max(1));
        FlowReport {
            packets: received,
            // What came late from the period before counts for this one.
            lost: expected.saturating_sub(received),
            bytes: std::mem::take(&mut self.bytes),
            jitter: (received > 0).then(|| Duration::from_secs_f64(jitter)),
            ..FlowReport::default()
        }
    }
}

/// Notices when media stops that was expected to flow.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Watch {
    /// When something came last, or counting began; none while nothing is expected.
    last: Option<Instant>,
    /// The present stop was counted.
    stopped: bool,
    freezes: u32,
    frozen: Duration,
}

impl Watch {
    /// Something came.
    pub(crate) fn flows(&mut self, now: Instant) {
        if self.last.is_some() {
            self.settle(now);
        }
        self.last = Some(now);
        self.stopped = false;
    }

    /// Something came; whether more is expected.
    pub(crate) fn comes(&mut self, now: Instant, more: bool) {
        match more {
            true => self.flows(now),
            false => self.rest(now),
        }
    }

    /// Nothing is expected until something comes again.
    pub(crate) fn rest(&mut self, now: Instant) {
        if self.last.is_some() {
            self.settle(now);
        }
        self.last = None;
        self.stopped = false;
    }

    /// The stops since the last call, a present one as far as it went.
    pub(crate) fn take(&mut self, now: Instant) -> FlowReport {
        self.settle(now);
        FlowReport {
            freezes: std::mem::take(&mut self.freezes),
            frozen: std::mem::take(&mut self.frozen),
            ..FlowReport::default()
        }
    }

    /// Counts the present stop up to `now`.
    fn settle(&mut self, now: Instant) {
        let Some(last) = self.last else {
            return;
        };
        let gap = now.saturating_duration_since(last);
        if self.stopped {
            self.frozen += gap;
            self.last = Some(now);
        } else if gap > STOP {
            self.freezes += 1;
            self.frozen += gap;
            self.last = Some(now);
            self.stopped = true;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::packet::Extensions;
    use crate::scalability::Position;

    #[expect(
        clippy::disallowed_methods,
        reason = "an origin for a hand-moved clock"
    )]
    fn origin() -> Instant {
        Instant::now()
    }

    const fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    #[test]
    fn stops_are_counted_once_and_as_long_as_they_last() {
        let start = origin();
        let mut watch = Watch::default();
        assert_eq!(watch.take(start + ms(9_000)), FlowReport::default());
        for at in [0, 20, 40] {
            watch.flows(start + ms(at));
        }
        watch.flows(start + ms(440));
        watch.flows(start + ms(1_440));
        let first = watch.take(start + ms(1_500));
        assert_eq!((first.freezes, first.frozen), (1, ms(1_000)));
        // A stop over the end of the period counts in both, but is one.
        let second = watch.take(start + ms(2_440));
        assert_eq!((second.freezes, second.frozen), (1, ms(1_000)));
        watch.flows(start + ms(3_440));
        let third = watch.take(start + ms(3_450));
        assert_eq!((third.freezes, third.frozen), (0, ms(1_000)));
        // Whoever mutes is not frozen.
        watch.rest(start + ms(3_460));
        watch.flows(start + ms(9_000));
        assert_eq!(watch.take(start + ms(9_010)), FlowReport::default());
    }

    fn packet(ssrc: u32, seq: u64, timestamp: u32, arrived: Instant) -> Packet {
        Packet {
            mid: "0".into(),
            rid: None,
            ssrc: ssrc.into(),
            pt: 96.into(),
            seq,
            timestamp,
            marker: false,
            payload: [0; 10].into(),
            extensions: Extensions::default(),
            arrived,
            position: Position::default(),
            clock: None,
        }
    }

    #[test]
    fn losses_and_jitter_are_those_of_the_network() {
        let start = origin();
        let mut reception = Reception::default();
        let at = |reception: &mut Reception, seq: u64, late: u64| {
            let timestamp = (u32::MAX - 5_000).wrapping_add(seq as u32 * 960);
            let packet = packet(7, seq, timestamp, start + ms(seq * 20 + late));
            reception.observe(&packet, 48_000, start);
        };
        for seq in 100..200 {
            if seq % 10 != 3 {
                at(&mut reception, seq, 0);
            }
        }
        at(&mut reception, 153, 3_000);
        let report = reception.take();
        assert_eq!((report.packets, report.lost, report.bytes), (91, 9, 910));
        assert_eq!(report.jitter, Some(Duration::ZERO));
        for seq in 200..300 {
            at(&mut reception, seq, seq % 2 * 8);
        }
        let report = reception.take();
        assert_eq!((report.packets, report.lost), (100, 0));
        assert!(
            report.jitter.is_some_and(|j| j > ms(7) && j < ms(9)),
            "{report:?}"
        );
        assert_eq!(reception.take(), FlowReport::default());

        // Another source starts anew.
        reception.observe(&packet(8, 5, 0, start), 48_000, start);
        assert_eq!(reception.take().lost, 0);
    }
}
