//! RTP that looks like a camera: VP8 frames of several packets (RFC 7741), keyframes on demand.
//! The picture is noise; a forwarding node reads the descriptor and the frame header only.

use std::time::Duration;

use bytes::Bytes;
use rtc::rtp::Packet;

/// Pictures a second.
pub(crate) const FRAMES: u32 = 30;
/// Ticks of the RTP clock a second (RFC 7741, section 4.1).
const CLOCK: u32 = 90_000;
/// A keyframe at least so often, in frames: a receiver that lost one is not stuck.
const KEYFRAME_EVERY: u32 = 10 * FRAMES;
/// The fixed header of RTP (RFC 3550, section 5.1).
const RTP_HEADER: usize = 12;
/// X and S, then I with 15 bits and L: PictureID and TL0PICIDX as browsers send them.
const DESCRIPTOR: usize = 6;

/// The time of writing at the end of each payload: microseconds, eight bytes, big-endian.
const STAMP: usize = 8;

/// When a packet with this payload was written, on the run's clock.
pub(crate) fn stamp_of(payload: &[u8]) -> Option<Duration> {
    let (_, stamp) = payload.split_last_chunk::<STAMP>()?;
    Some(Duration::from_micros(u64::from_be_bytes(*stamp)))
}

/// Makes the packets of one sender.
pub(crate) struct Camera {
    ssrc: u32,
    payload_type: u8,
    bytes: usize,
    rate: u32,
    /// Packets owed, in 1/[`FRAMES`].
    owed: u32,
    sequence: u16,
    frame: u32,
}

impl Camera {
    /// `rate` packets a second of `bytes` each, RTP header included.
    pub(crate) fn new(ssrc: u32, payload_type: u8, bytes: usize, rate: u32) -> Self {
        Self {
            ssrc,
            payload_type,
            bytes: bytes.max(64),
            rate,
            owed: 0,
            sequence: 0,
            frame: 0,
        }
    }

    /// The packets of the next picture, one at least, written at `stamp`.
    pub(crate) fn picture(&mut self, keyframe_wanted: bool, stamp: Duration) -> Vec<Packet> {
        self.owed += self.rate;
        let count = (self.owed / FRAMES).max(1);
        self.owed = self.owed.saturating_sub(count * FRAMES);
        let key = keyframe_wanted || self.frame.is_multiple_of(KEYFRAME_EVERY);
        let packets = (0..count)
            .map(|index| self.packet(index, count, key, stamp))
            .collect();
        self.frame = self.frame.wrapping_add(1);
        packets
    }

    fn packet(&mut self, index: u32, count: u32, key: bool, stamp: Duration) -> Packet {
        let mut packet = Packet::default();
        let header = &mut packet.header;
        header.version = 2;
        header.marker = index + 1 == count;
        header.payload_type = self.payload_type;
        header.sequence_number = self.sequence;
        header.timestamp = self.frame.wrapping_mul(CLOCK / FRAMES);
        header.ssrc = self.ssrc;
        self.sequence = self.sequence.wrapping_add(1);
        packet.payload = self.payload(index == 0, key, stamp);
        packet
    }

    fn payload(&self, first: bool, key: bool, stamp: Duration) -> Bytes {
        let mut payload = vec![0x5a; self.bytes - RTP_HEADER];
        let [_, _, high, low] = (self.frame & 0x7fff).to_be_bytes();
        let start = if first { 0x10 } else { 0 };
        let descriptor = [0x80 | start, 0xc0, 0x80 | high, low, low];
        payload[..DESCRIPTOR - 1].copy_from_slice(&descriptor);
        if first {
            // The frame tag (RFC 6386, section 9.1): bit 0 clear means key; then the start code
            // and 1280 × 720.
            let tag = [
                u8::from(!key) | 0x10,
                0,
                0,
                0x9d,
                0x01,
                0x2a,
                0x00,
                0x05,
                0xd0,
                0x02,
            ];
            let length = if key { tag.len() } else { 3 };
            payload[DESCRIPTOR - 1..DESCRIPTOR - 1 + length].copy_from_slice(&tag[..length]);
        }
        let micros = u64::try_from(stamp.as_micros()).unwrap_or(u64::MAX);
        if let Some(end) = payload.last_chunk_mut::<STAMP>() {
            *end = micros.to_be_bytes();
        }
        payload.into()
    }
}

/// Whether `payload` begins a keyframe: S set, partition 0, and bit 0 of the frame tag clear.
pub(crate) fn begins_keyframe(payload: &[u8]) -> bool {
    let Some(&first) = payload.first() else {
        return false;
    };
    if first & 0x1f != 0x10 {
        return false;
    }
    let mut length = 1;
    if first & 0x80 != 0 {
        let Some(&extension) = payload.get(1) else {
            return false;
        };
        length = 2;
        if extension & 0x80 != 0 {
            length += if payload.get(2).is_some_and(|id| id & 0x80 != 0) {
                2
            } else {
                1
            };
        }
        length += usize::from(extension & 0x40 != 0);
        length += usize::from(extension & 0x30 != 0);
    }
    payload.get(length).is_some_and(|tag| tag & 1 == 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_has_as_many_packets_as_were_asked_for() {
        for rate in [30, 440, 1_000] {
            let mut camera = Camera::new(1, 96, 1_200, rate);
            let sent: usize = (0..FRAMES)
                .map(|_| camera.picture(false, Duration::ZERO).len())
                .sum();
            assert_eq!(sent, usize::try_from(rate).expect("small"), "{rate}");
        }
    }

    #[test]
    fn keyframes_come_first_and_on_demand() {
        let mut camera = Camera::new(1, 96, 1_200, 90);
        let keys: Vec<bool> = [false, false, true, false]
            .map(|wanted| begins_keyframe(&camera.picture(wanted, Duration::ZERO)[0].payload))
            .into();
        assert_eq!(keys, [true, false, true, false]);
    }

    #[test]
    fn a_picture_is_a_run_of_packets_with_one_marker() {
        let mut camera = Camera::new(7, 96, 1_200, 440);
        camera.picture(false, Duration::ZERO);
        let picture = camera.picture(false, Duration::ZERO);
        let markers: Vec<bool> = picture.iter().map(|p| p.header.marker).collect();
        assert_eq!(markers.iter().filter(|marker| **marker).count(), 1);
        assert_eq!(markers.last(), Some(&true));
        assert!(picture.windows(2).all(|pair| {
            pair[1].header.sequence_number == pair[0].header.sequence_number + 1
                && pair[1].header.timestamp == pair[0].header.timestamp
        }));
        assert!(
            picture
                .iter()
                .all(|p| p.payload.len() + RTP_HEADER == 1_200)
        );
        // Only the first one begins a frame.
        assert!(picture[1..].iter().all(|p| p.payload[0] & 0x10 == 0));
    }

    #[test]
    fn every_packet_tells_when_it_was_written() {
        let stamp = Duration::from_micros(1_234_567);
        let picture = Camera::new(1, 96, 1_200, 90).picture(true, stamp);
        assert!(picture.iter().all(|p| stamp_of(&p.payload) == Some(stamp)));
        assert_eq!(stamp_of(&[0; 7]), None);
    }
}
