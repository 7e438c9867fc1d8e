//! What one receiver gets of one track.

use std::time::Duration;

use rtc::rtp::Packet;

use super::video::begins_keyframe;

/// Counts packets by their extended sequence number (RFC 3550, appendix A.1), each once.
#[derive(Debug, Default)]
pub(crate) struct Stream {
    first: Option<u64>,
    highest: u64,
    /// One bit a number since `first`.
    seen: Vec<u64>,
    received: u64,
    /// The next number of a keyframe under way.
    expected: Option<u64>,
    /// When the first keyframe was complete.
    first_frame: Option<Duration>,
}

/// The base leaves room for packets that were overtaken before the first one came.
const BASE: u64 = 1 << 16;

impl Stream {
    /// Takes `packet`, which came `age` after its receiver began to connect. False for a
    /// repetition.
    pub(crate) fn take(&mut self, packet: &Packet, age: Duration) -> bool {
        let number = self.extend(packet.header.sequence_number);
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
        self.watch(number, packet, age);
        true
    }

    /// Packets that should have come and did not.
    pub(crate) fn lost(&self) -> u64 {
        self.first
            .map_or(0, |first| self.highest - first + 1 - self.received)
    }

    pub(crate) const fn received(&self) -> u64 {
        self.received
    }

    /// From the beginning of the connection to the first complete keyframe.
    pub(crate) const fn first_frame(&self) -> Option<Duration> {
        self.first_frame
    }

    fn extend(&self, sequence: u16) -> u64 {
        if self.first.is_none() {
            return BASE + u64::from(sequence);
        }
        // The nearest number with these low bits.
        let distance = sequence.wrapping_sub(self.highest as u16).cast_signed();
        self.highest.saturating_add_signed(i64::from(distance))
    }

    fn watch(&mut self, number: u64, packet: &Packet, age: Duration) {
        if self.first_frame.is_some() {
            return;
        }
        if begins_keyframe(&packet.payload) {
            self.expected = Some(number);
        }
        if self.expected != Some(number) {
            return;
        }
        self.expected = Some(number + 1);
        if packet.header.marker {
            self.first_frame = Some(age);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::video::Camera;
    use super::*;

    fn packet(sequence: u16) -> Packet {
        let mut packet = Packet::default();
        packet.header.sequence_number = sequence;
        packet
    }

    #[test]
    fn loss_repetition_and_wrapping_are_counted_right() {
        let mut stream = Stream::default();
        for sequence in [65_533, 65_534, 0, 65_535, 2, 2] {
            stream.take(&packet(sequence), Duration::ZERO);
        }
        assert_eq!((stream.received(), stream.lost()), (5, 1));
        stream.take(&packet(1), Duration::ZERO);
        assert_eq!((stream.received(), stream.lost()), (6, 0));
        assert!(!stream.take(&packet(65_000), Duration::ZERO), "from before");
        assert_eq!(stream.lost(), 0);
    }

    #[test]
    fn the_first_frame_counts_when_it_is_whole() {
        let mut camera = Camera::new(1, 96, 1_200, 90);
        let mut stream = Stream::default();
        let age = Duration::from_millis;
        // A keyframe with a hole, then a whole one.
        let broken = camera.picture(true, Duration::ZERO);
        stream.take(&broken[0], age(1));
        stream.take(&broken[2], age(2));
        assert_eq!(stream.first_frame(), None);
        for (index, packet) in camera.picture(true, Duration::ZERO).iter().enumerate() {
            stream.take(packet, age(10 + index as u64));
        }
        assert_eq!(stream.first_frame(), Some(age(12)));
    }
}
