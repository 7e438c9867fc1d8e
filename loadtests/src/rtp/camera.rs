//! RTP that looks like a camera: VP8 frames of several packets (RFC 7741), keyframes on demand.
//! The picture is noise; a forwarding node reads the descriptor and the frame header only.

/// Pictures a second.
pub(crate) const FRAMES: u32 = 30;
/// Ticks of the RTP clock a second (RFC 7741, section 4.1).
const CLOCK: u32 = 90_000;
/// A keyframe at least so often, in frames: a receiver that lost one is not stuck.
const KEYFRAME_EVERY: u32 = 10 * FRAMES;
/// X and S, then I with 15 bits and L: PictureID and TL0PICIDX as browsers send them.
const DESCRIPTOR: usize = 5;

/// The time of sending at the end of each payload: nanoseconds, eight bytes, big-endian.
const STAMP: usize = 8;

/// When a packet with this payload was sent, on the machine's clock.
pub(crate) fn stamp_of(payload: &[u8]) -> Option<u64> {
    let (_, stamp) = payload.split_last_chunk::<STAMP>()?;
    Some(u64::from_be_bytes(*stamp))
}

/// Makes the pictures of one sender.
#[derive(Debug)]
pub(crate) struct Camera {
    rate: u32,
    /// Packets owed, in 1/[`FRAMES`].
    owed: u32,
    frame: u32,
}

/// A picture, of which packets are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Picture {
    frame: u32,
    key: bool,
    /// In how many packets it comes, one at least.
    pub(crate) packets: u32,
}

impl Camera {
    /// `rate` packets a second.
    pub(crate) const fn new(rate: u32) -> Self {
        Self {
            rate,
            owed: 0,
            frame: 0,
        }
    }

    /// The next picture.
    pub(crate) fn picture(&mut self, keyframe_wanted: bool) -> Picture {
        self.owed += self.rate;
        let packets = (self.owed / FRAMES).max(1);
        self.owed = self.owed.saturating_sub(packets * FRAMES);
        let frame = self.frame;
        self.frame = frame.wrapping_add(1);
        Picture {
            frame,
            key: keyframe_wanted || frame.is_multiple_of(KEYFRAME_EVERY),
            packets,
        }
    }
}

impl Picture {
    /// The RTP time stamp of its packets.
    pub(crate) const fn timestamp(self) -> u32 {
        self.frame.wrapping_mul(CLOCK / FRAMES)
    }

    /// Writes the payload of packet `index`, sent at `stamp`; the rest of it stays as it is.
    pub(crate) fn write(self, index: u32, payload: &mut [u8], stamp: u64) {
        let [_, _, high, low] = (self.frame & 0x7fff).to_be_bytes();
        let start = if index == 0 { 0x10 } else { 0 };
        let descriptor = [0x80 | start, 0xc0, 0x80 | high, low, low];
        payload[..DESCRIPTOR].copy_from_slice(&descriptor);
        if index == 0 {
            // The frame tag (RFC 6386, section 9.1): bit 0 clear means key; then the start code
            // and 1280 × 720.
            let first = u8::from(!self.key) | 0x10;
            let tag = [first, 0, 0, 0x9d, 0x01, 0x2a, 0x00, 0x05, 0xd0, 0x02];
            let length = if self.key { tag.len() } else { 3 };
            payload[DESCRIPTOR..DESCRIPTOR + length].copy_from_slice(&tag[..length]);
        }
        if let Some(end) = payload.last_chunk_mut::<STAMP>() {
            *end = stamp.to_be_bytes();
        }
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

    fn payload(picture: Picture, index: u32) -> [u8; 100] {
        let mut payload = [0x5a; 100];
        picture.write(index, &mut payload, 1_234_567);
        payload
    }

    #[test]
    fn a_second_has_as_many_packets_as_were_asked_for() {
        for rate in [30, 440, 1_000] {
            let mut camera = Camera::new(rate);
            let sent: u32 = (0..FRAMES).map(|_| camera.picture(false).packets).sum();
            assert_eq!(sent, rate, "{rate}");
        }
    }

    #[test]
    fn keyframes_come_first_and_on_demand() {
        let mut camera = Camera::new(90);
        let keys = [false, false, true, false]
            .map(|wanted| begins_keyframe(&payload(camera.picture(wanted), 0)));
        assert_eq!(keys, [true, false, true, false]);
    }

    #[test]
    fn only_the_first_packet_begins_a_frame_and_each_tells_when_it_was_sent() {
        let picture = Camera::new(440).picture(true);
        assert_eq!(picture.packets, 14);
        for index in 0..picture.packets {
            let payload = payload(picture, index);
            assert_eq!(payload[0] & 0x10 != 0, index == 0);
            assert_eq!(begins_keyframe(&payload), index == 0);
            assert_eq!(stamp_of(&payload), Some(1_234_567));
        }
        assert_eq!(stamp_of(&[0; 7]), None);
    }
}
