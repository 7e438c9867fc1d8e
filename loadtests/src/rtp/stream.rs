//! What one receiver gets of one stream.

use super::camera::begins_keyframe;
use super::header::Header;
use super::rtcp::Reception;

/// The base leaves room for packets that were overtaken before the first one came.
const BASE: u64 = 1 << 16;
/// Ticks of the RTP clock of video a second.
const CLOCK: u64 = 90_000;

/// Counts packets by their extended sequence number (RFC 3550, appendix A.1), each once.
#[derive(Debug, Default)]
pub(crate) struct Stream {
    pub(crate) ssrc: u32,
    first: Option<u64>,
    highest: u64,
    /// One bit a number since `first`.
    seen: Vec<u64>,
    received: u64,
    /// Expected and received when counting began.
    marked: (u64, u64),
    /// Expected and received at the last report.
    reported: (u64, u64),
    /// Ticks, times 16 (RFC 3550, appendix A.8), and the transit time of the newest packet.
    jitter: u64,
    transit: Option<u32>,
    /// The middle of the newest sender report's NTP time, and when it came.
    clock: Option<(u32, u64)>,
    /// The next number of a keyframe under way.
    expected: Option<u64>,
    /// When the first keyframe was complete.
    first_frame: Option<u64>,
    /// When the newest packet came, and the longest time without any since counting began.
    newest: u64,
    gap: u64,
}

/// What came of a stream since counting began.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Tally {
    pub(crate) received: u64,
    pub(crate) lost: u64,
}

impl Stream {
    pub(crate) fn new(ssrc: u32) -> Self {
        Self {
            ssrc,
            ..Self::default()
        }
    }

    /// The packet's index for SRTP: its number with the roll-over counter above it.
    pub(crate) fn index(&self, sequence: u16) -> u64 {
        self.extend(sequence).saturating_sub(BASE)
    }

    /// Takes note of a packet that came at `nanos`. False for a repetition.
    pub(crate) fn take(&mut self, header: &Header, nanos: u64) -> bool {
        let number = self.extend(header.sequence);
        let first = *self.first.get_or_insert(number);
        let Some(offset) = number.checked_sub(first) else {
            // Sent before the first one that came; not ours to expect.
            return false;
        };
        self.highest = self.highest.max(number);
        let word = usize::try_from(offset / 64).unwrap_or(usize::MAX);
        if word >= self.seen.len() {
            self.seen.resize(word + 1, 0);
        }
        let bit = 1 << (offset % 64);
        if self.seen[word] & bit != 0 {
            return false;
        }
        self.seen[word] |= bit;
        self.received += 1;
        self.time(header.timestamp, nanos);
        true
    }

    /// Whether payloads are still looked for the first keyframe.
    pub(crate) const fn awaits_picture(&self) -> bool {
        self.first_frame.is_none()
    }

    /// Looks for the first complete keyframe in a packet that [`Self::take`] took.
    pub(crate) fn watch(&mut self, header: &Header, payload: &[u8], nanos: u64) {
        let number = self.extend(header.sequence);
        if begins_keyframe(payload) {
            self.expected = Some(number);
        }
        if self.expected != Some(number) {
            return;
        }
        self.expected = Some(number + 1);
        if header.marker {
            self.first_frame = Some(nanos);
        }
    }

    /// A sender report of this stream came at `nanos`.
    pub(crate) fn clock(&mut self, middle: u32, nanos: u64) {
        self.clock = Some((middle, nanos));
    }

    /// Counting begins.
    pub(crate) fn mark(&mut self, nanos: u64) {
        self.marked = (self.expected(), self.received);
        self.newest = nanos;
        self.gap = 0;
    }

    /// What came since counting began.
    pub(crate) fn tally(&self) -> Tally {
        let received = self.received - self.marked.1;
        let expected = self.expected() - self.marked.0;
        Tally {
            received,
            lost: expected.saturating_sub(received),
        }
    }

    /// When the first keyframe was complete.
    pub(crate) const fn first_frame(&self) -> Option<u64> {
        self.first_frame
    }

    /// The longest time without a packet since counting began, up to now.
    pub(crate) fn longest_gap(&self, nanos: u64) -> u64 {
        self.gap.max(nanos.saturating_sub(self.newest))
    }

    /// The next report about the stream.
    pub(crate) fn report(&mut self, nanos: u64) -> Reception {
        let expected = self.expected();
        let interval = expected - self.reported.0;
        let lost = interval.saturating_sub(self.received - self.reported.1);
        self.reported = (expected, self.received);
        let (last_report, at) = self.clock.unwrap_or_default();
        let since = match last_report {
            0 => 0,
            _ => u128::from(nanos.saturating_sub(at)) * 65_536 / 1_000_000_000,
        };
        Reception {
            ssrc: self.ssrc,
            fraction_lost: (lost * 256).checked_div(interval).unwrap_or(0).min(255) as u8,
            lost: expected.saturating_sub(self.received) as u32,
            highest: (self.highest - BASE) as u32,
            jitter: (self.jitter / 16) as u32,
            last_report,
            since: since as u32,
        }
    }

    fn expected(&self) -> u64 {
        self.first.map_or(0, |first| self.highest - first + 1)
    }

    fn extend(&self, sequence: u16) -> u64 {
        if self.first.is_none() {
            return BASE + u64::from(sequence);
        }
        // The nearest number with these low bits.
        let distance = sequence.wrapping_sub(self.highest as u16).cast_signed();
        self.highest.saturating_add_signed(i64::from(distance))
    }

    /// Jitter and gaps.
    fn time(&mut self, timestamp: u32, nanos: u64) {
        let ticks = u128::from(nanos) * u128::from(CLOCK) / 1_000_000_000;
        let transit = (ticks as u32).wrapping_sub(timestamp);
        if let Some(before) = self.transit.replace(transit) {
            let difference = u64::from(transit.wrapping_sub(before).cast_signed().unsigned_abs());
            self.jitter = self.jitter + difference - (self.jitter + 8) / 16;
        }
        if self.newest > 0 {
            self.gap = self.gap.max(nanos.saturating_sub(self.newest));
        }
        self.newest = self.newest.max(nanos);
    }
}

#[cfg(test)]
mod tests {
    use super::super::camera::Camera;
    use super::*;

    fn header(sequence: u16, marker: bool) -> Header {
        Header {
            len: 12,
            marker,
            payload_type: 96,
            sequence,
            timestamp: 0,
            ssrc: 1,
            transport_sequence: None,
        }
    }

    #[test]
    fn loss_repetition_and_wrapping_are_counted_right() {
        let mut stream = Stream::new(1);
        for sequence in [65_533, 65_534, 0, 65_535, 2, 2] {
            stream.take(&header(sequence, false), 1);
        }
        let tally = |received, lost| Tally { received, lost };
        assert_eq!(stream.tally(), tally(5, 1));
        assert_eq!(stream.index(3), 1 << 16 | 3);
        let report = stream.report(1);
        assert_eq!((report.lost, report.fraction_lost), (1, 42));
        assert_eq!(report.highest, 1 << 16 | 2);
        stream.take(&header(1, false), 1);
        assert_eq!(stream.tally(), tally(6, 0));
        assert!(!stream.take(&header(65_000, false), 1), "from before");
        stream.mark(5);
        stream.take(&header(5, false), 9);
        assert_eq!(stream.tally(), tally(1, 2));
        assert_eq!((stream.longest_gap(10), stream.longest_gap(19)), (4, 10));
    }

    #[test]
    fn the_first_frame_counts_when_it_is_whole() {
        let mut camera = Camera::new(90);
        let mut stream = Stream::new(1);
        let mut next = 0;
        // A keyframe with a hole, then a whole one.
        for missing in [Some(1), None] {
            let picture = camera.picture(true);
            for index in 0..picture.packets {
                let header = header(next, index + 1 == picture.packets);
                next += 1;
                if missing == Some(index) {
                    continue;
                }
                let mut payload = [0; 100];
                picture.write(index, &mut payload, 0);
                stream.take(&header, next.into());
                stream.watch(&header, &payload, next.into());
            }
            assert_eq!(stream.first_frame().is_some(), missing.is_none());
        }
        assert_eq!(stream.first_frame(), Some(6));
    }
}
