//! The reports of a receiver, and ours to it (RFC 3550, section 6; RFC 4585; RFC 5104).
//!
//! Only what concerns sending is read here; what a client says about its own streams is left to
//! the engine.

const SENDER_REPORT: u8 = 200;
const RECEIVER_REPORT: u8 = 201;
const SOURCE_DESCRIPTION: u8 = 202;
const TRANSPORT_FEEDBACK: u8 = 205;
const PAYLOAD_FEEDBACK: u8 = 206;

const NACK: u8 = 1;
const TRANSPORT_WIDE: u8 = 15;
const PICTURE_LOSS: u8 = 1;
const FULL_INTRA: u8 = 4;
const APPLICATION_LAYER: u8 = 15;

const BLOCK: usize = 24;

/// One thing a receiver says.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Feedback<'a> {
    /// How a stream of ours arrives.
    Reception(Reception),
    /// Packets of a stream that did not arrive.
    Missing { ssrc: u32, list: &'a [u8] },
    /// When packets of the whole connection arrived: the RTCP packet as it is.
    TransportWide(&'a [u8]),
    /// A stream cannot be decoded.
    PictureLost { ssrc: u32 },
    /// The receiver's own estimate, in bits per second.
    Estimate(u64),
    /// The receiver talks about streams it sends itself.
    Own,
}

/// A report block (RFC 3550, section 6.4.1).
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Reception {
    pub(super) ssrc: u32,
    /// Share of packets lost since the last report, 0.0–1.0.
    pub(super) lost: f32,
    /// Packets lost since the beginning.
    pub(super) lost_in_all: i32,
    /// In ticks of the stream's clock.
    pub(super) jitter: u32,
    /// The middle 32 bits of the time in the last sender report; 0 before the first.
    pub(super) last_report: u32,
    /// Since that came, in units of 1/65,536 s.
    pub(super) since: u32,
}

/// Calls `each` for everything a compound packet says, as far as it is well-formed.
pub(super) fn read<'a>(mut compound: &'a [u8], mut each: impl FnMut(Feedback<'a>)) {
    while let Some((header, _)) = compound.split_first_chunk::<4>() {
        let len = 4 * (usize::from(u16::from_be_bytes([header[2], header[3]])) + 1);
        let Some((packet, rest)) = compound.split_at_checked(len) else {
            return;
        };
        compound = rest;
        if header[0] >> 6 != 2 {
            return;
        }
        let count = header[0] & 0x1f;
        let body = &packet[4..];
        match header[1] {
            RECEIVER_REPORT => receptions(body.get(4..), count, &mut each),
            SENDER_REPORT => {
                each(Feedback::Own);
                receptions(body.get(24..), count, &mut each);
            }
            TRANSPORT_FEEDBACK if count == TRANSPORT_WIDE => each(Feedback::TransportWide(packet)),
            TRANSPORT_FEEDBACK if count == NACK => {
                if let (Some(ssrc), Some(list)) = (word(body, 4), body.get(8..)) {
                    each(Feedback::Missing { ssrc, list });
                }
            }
            PAYLOAD_FEEDBACK if count == PICTURE_LOSS => {
                if let Some(ssrc) = word(body, 4) {
                    each(Feedback::PictureLost { ssrc });
                }
            }
            PAYLOAD_FEEDBACK if count == FULL_INTRA => {
                for entry in body.get(8..).unwrap_or_default().chunks_exact(8) {
                    if let Some(ssrc) = word(entry, 0) {
                        each(Feedback::PictureLost { ssrc });
                    }
                }
            }
            PAYLOAD_FEEDBACK if count == APPLICATION_LAYER => {
                if let Some(estimate) = receiver_estimate(body) {
                    each(Feedback::Estimate(estimate));
                }
            }
            TRANSPORT_FEEDBACK | PAYLOAD_FEEDBACK => {}
            _ => each(Feedback::Own),
        }
    }
}

fn receptions<'a>(blocks: Option<&'a [u8]>, count: u8, each: &mut impl FnMut(Feedback<'a>)) {
    let blocks = blocks.unwrap_or_default().chunks_exact(BLOCK);
    for block in blocks.take(count.into()) {
        let at = |offset| word(block, offset).unwrap_or(0);
        let losses = at(4);
        each(Feedback::Reception(Reception {
            ssrc: at(0),
            lost: (losses >> 24) as f32 / 256.0,
            // A signed number of 24 bits: duplicates count against losses.
            lost_in_all: (losses << 8) as i32 >> 8,
            jitter: at(12),
            last_report: at(16),
            since: at(20),
        }));
    }
}

/// REMB (draft-alvestrand-rmcat-remb-03, section 2.2).
fn receiver_estimate(body: &[u8]) -> Option<u64> {
    if body.get(8..12)? != b"REMB" {
        return None;
    }
    let value = word(body, 12)? & 0x00ff_ffff;
    let exponent = value >> 18;
    u64::from(value & 0x3_ffff).checked_shl(exponent)
}

/// The sequence numbers of a NACK's list (RFC 4585, section 6.2.1): each word names one packet
/// and flags the 16 behind it.
pub(super) fn missing(list: &[u8]) -> impl Iterator<Item = u16> + '_ {
    list.chunks_exact(4).flat_map(|word| {
        let first = u16::from_be_bytes([word[0], word[1]]);
        let flags = u16::from_be_bytes([word[2], word[3]]);
        let behind = (0..16_u16).filter(move |bit| flags >> bit & 1 == 1);
        std::iter::once(first).chain(behind.map(move |bit| first.wrapping_add(bit + 1)))
    })
}

fn word(bytes: &[u8], at: usize) -> Option<u32> {
    let word = bytes.get(at..at + 4)?;
    Some(u32::from_be_bytes(word.try_into().ok()?))
}

/// What a sender report says of one stream.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sent {
    pub(super) ssrc: u32,
    /// 32.32 fixed point seconds since 1900.
    pub(super) ntp: u64,
    /// The same moment on the stream's clock.
    pub(super) timestamp: u32,
    pub(super) packets: u32,
    pub(super) octets: u32,
}

/// Begins a compound packet of ours: an empty receiver report of `ssrc`, under which it is
/// counted and sealed. No other packet of the connection carries this SSRC, so no two packets
/// are sealed alike.
pub(super) fn begin(arena: &mut Vec<u8>, ssrc: u32) {
    arena.extend_from_slice(&[0x80, RECEIVER_REPORT, 0, 1]);
    arena.extend_from_slice(&ssrc.to_be_bytes());
}

/// Appends a sender report without blocks.
pub(super) fn sender_report(arena: &mut Vec<u8>, sent: &Sent) {
    arena.extend_from_slice(&[0x80, SENDER_REPORT, 0, 6]);
    arena.extend_from_slice(&sent.ssrc.to_be_bytes());
    arena.extend_from_slice(&sent.ntp.to_be_bytes());
    arena.extend_from_slice(&sent.timestamp.to_be_bytes());
    arena.extend_from_slice(&sent.packets.to_be_bytes());
    arena.extend_from_slice(&sent.octets.to_be_bytes());
}

/// Appends the canonical name of `ssrc`: streams of one name play in step. At most 255 bytes
/// of it.
pub(super) fn canonical_name(arena: &mut Vec<u8>, ssrc: u32, name: &str) {
    const CNAME: u8 = 1;
    let name = &name.as_bytes()[..name.len().min(255)];
    let start = arena.len();
    arena.extend_from_slice(&[0x81, SOURCE_DESCRIPTION, 0, 0]);
    arena.extend_from_slice(&ssrc.to_be_bytes());
    arena.extend_from_slice(&[CNAME, name.len() as u8]);
    arena.extend_from_slice(name);
    // At least one zero ends the list; then up to a word boundary.
    let len = (arena.len() - start + 1).next_multiple_of(4);
    arena.resize(start + len, 0);
    let words = (len / 4 - 1) as u16;
    arena[start + 2..start + 4].copy_from_slice(&words.to_be_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn all(compound: &[u8]) -> Vec<Feedback<'_>> {
        let mut all = Vec::new();
        read(compound, |feedback| all.push(feedback));
        all
    }

    #[test]
    fn what_a_receiver_says_is_read() {
        let mut compound = vec![0x81, 201, 0, 7, 0, 0, 0, 9];
        compound.extend([0, 0, 0, 1, 0x40, 0xff, 0xff, 0xfe]);
        compound.extend([0, 0, 0, 0, 0, 0, 0, 90, 0, 1, 0, 0, 0, 0, 0x80, 0]);
        compound.extend([
            0x81, 205, 0, 3, 0, 0, 0, 9, 0, 0, 0, 1, 0xff, 0xff, 0x80, 0x01,
        ]);
        compound.extend([0x81, 206, 0, 2, 0, 0, 0, 9, 0, 0, 0, 2]);
        compound.extend([
            0x84, 206, 0, 4, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 3, 7, 0, 0, 0,
        ]);
        compound.extend([0x8f, 206, 0, 5, 0, 0, 0, 9, 0, 0, 0, 0]);
        compound.extend(*b"REMB");
        compound.extend([1, 0x07, 0xa1, 0x20, 0, 0, 0, 1]);
        compound.extend([
            0x8f, 205, 0, 4, 0, 0, 0, 9, 0, 0, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0,
        ]);
        let list = [0xff, 0xff, 0x80, 0x01];
        assert_eq!(
            all(&compound),
            [
                Feedback::Reception(Reception {
                    ssrc: 1,
                    lost: 0.25,
                    lost_in_all: -2,
                    jitter: 90,
                    last_report: 0x1_0000,
                    since: 0x8000,
                }),
                Feedback::Missing {
                    ssrc: 1,
                    list: &list
                },
                Feedback::PictureLost { ssrc: 2 },
                Feedback::PictureLost { ssrc: 3 },
                Feedback::Estimate(0x3_a120 << 1),
                Feedback::TransportWide(&compound[compound.len() - 20..]),
            ]
        );
        let numbers: Vec<u16> = missing(&list).collect();
        assert_eq!(numbers, [0xffff, 0, 15]);
    }

    #[test]
    fn what_we_report_is_well_formed() {
        let mut arena = Vec::new();
        begin(&mut arena, 7);
        let sent = Sent {
            ssrc: 8,
            ntp: 1 << 32,
            timestamp: 3,
            packets: 4,
            octets: 5,
        };
        sender_report(&mut arena, &sent);
        for name in ["", "a", "ab", "abc", "abcd"] {
            canonical_name(&mut arena, 8, name);
            assert_eq!(arena.len() % 4, 0);
        }
        // The sender report and the five names; the empty receiver report says nothing.
        assert_eq!(all(&arena), [Feedback::Own; 6]);
    }

    proptest! {
        #[test]
        fn anything_is_survived(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            read(&bytes, |feedback| {
                if let Feedback::Missing { list, .. } = feedback {
                    assert!(missing(list).count() <= list.len() / 4 * 17);
                }
            });
        }
    }
}
