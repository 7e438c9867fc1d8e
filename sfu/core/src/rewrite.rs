//! Renumbering: many sources, one unbroken stream.
//!
//! A receiver sees one SSRC per media section. What is sent on it changes: another simulcast
//! layer, a track that was paused, or another track altogether when a section is used again. The
//! receiver (and SRTP, RFC 3711, section 3.3.1) needs sequence numbers that never step back, and
//! a VP8 decoder needs picture ids and TL0PICIDX without gaps, or it waits for frames that never
//! come.

use std::time::{Duration, Instant};

use str0m::rtp::{Ssrc, Vp8Descriptor, Vp8Patch};

use crate::codec::Codec;
use crate::packet::Packet;
use crate::random::Random;

/// What a packet becomes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Rewritten {
    /// Extended sequence number.
    pub(crate) seq: u64,
    pub(crate) timestamp: u32,
    pub(crate) vp8: Option<Vp8Patch>,
}

/// The numbering of one outgoing SSRC; lives as long as its media section.
#[derive(Debug, Clone)]
pub(crate) struct Rewriter {
    last: Last,
    source: Option<Source>,
}

/// The newest packet sent.
#[derive(Debug, Clone, Copy)]
struct Last {
    seq: u64,
    timestamp: u32,
    at: Option<Instant>,
    picture_id: u16,
    tl0_pic_idx: u8,
}

/// What is added to the numbers of the present source, modulo each field's width.
#[derive(Debug, Clone, Copy)]
struct Source {
    ssrc: Ssrc,
    /// Earlier packets of this source belong before the switch and are not sent.
    first_seq: u64,
    seq_offset: u64,
    timestamp_offset: u32,
    picture_offset: u16,
    tl0_offset: u8,
}

impl Rewriter {
    /// Starts anywhere in the lower half of the first 16-bit cycle, so that the receiver's
    /// rollover counter starts at 0 even when the first packets are lost.
    pub(crate) fn new(random: &mut Random) -> Self {
        let value = random.next();
        Self {
            last: Last {
                seq: value & 0x7fff,
                timestamp: (value >> 16) as u32,
                at: None,
                picture_id: (value >> 48) as u16 & 0x7fff,
                tl0_pic_idx: 0,
            },
            source: None,
        }
    }

    /// The next packet begins anew right behind the last one sent, whatever its source: after a
    /// pause, for another layer or another track.
    pub(crate) fn detach(&mut self) {
        self.source = None;
    }

    /// Numbers `packet`, the next one of the stream or a late one of the same source. None for a
    /// packet from before the switch to its source: nothing may be sent for it.
    pub(crate) fn rewrite(&mut self, packet: &Packet, codec: Codec) -> Option<Rewritten> {
        let descriptor = match codec {
            Codec::Vp8 => Vp8Descriptor::parse(&packet.payload).ok(),
            _ => None,
        };
        let source = match self.source {
            Some(source) if source.ssrc == packet.ssrc => source,
            _ => self.attach(packet, descriptor.as_ref(), codec.clock_rate()),
        };
        if packet.seq < source.first_seq {
            return None;
        }

        let seq = packet.seq.wrapping_add(source.seq_offset);
        let timestamp = packet.timestamp.wrapping_add(source.timestamp_offset);
        let picture_id = descriptor
            .and_then(|d| d.picture_id())
            .map(|id| id.wrapping_add(source.picture_offset));
        let tl0_pic_idx = descriptor
            .and_then(|d| d.tl0_pic_idx())
            .map(|idx| idx.wrapping_add(source.tl0_offset));

        if seq > self.last.seq {
            self.last = Last {
                seq,
                timestamp,
                at: Some(packet.arrived),
                picture_id: picture_id.unwrap_or(self.last.picture_id) & 0x7fff,
                tl0_pic_idx: tl0_pic_idx.unwrap_or(self.last.tl0_pic_idx),
            };
        }
        Some(Rewritten {
            seq,
            timestamp,
            vp8: descriptor.and_then(|d| patch(&d, &packet.payload, picture_id, tl0_pic_idx)),
        })
    }

    /// Makes `packet` the one right behind the last sent.
    fn attach(
        &mut self,
        packet: &Packet,
        descriptor: Option<&Vp8Descriptor>,
        clock_rate: u32,
    ) -> Source {
        let last = self.last;
        // The time line goes on by as much as passed meanwhile, at least one tick.
        let ticks = last.at.map_or(1, |at| {
            let passed = packet.arrived.saturating_duration_since(at);
            ticks(passed, clock_rate).max(1)
        });
        let timestamp = last.timestamp.wrapping_add(ticks);
        let picture_id = descriptor.and_then(Vp8Descriptor::picture_id).unwrap_or(0);
        let tl0 = descriptor.and_then(Vp8Descriptor::tl0_pic_idx).unwrap_or(0);
        let source = Source {
            ssrc: packet.ssrc,
            first_seq: packet.seq,
            seq_offset: last.seq.wrapping_add(1).wrapping_sub(packet.seq),
            timestamp_offset: timestamp.wrapping_sub(packet.timestamp),
            picture_offset: last.picture_id.wrapping_add(1).wrapping_sub(picture_id),
            tl0_offset: last.tl0_pic_idx.wrapping_add(1).wrapping_sub(tl0),
        };
        self.source = Some(source);
        source
    }
}

/// Clock ticks in `passed`, modulo the width of a timestamp.
fn ticks(passed: Duration, clock_rate: u32) -> u32 {
    let ticks = passed.as_micros() * u128::from(clock_rate) / 1_000_000;
    (ticks & u128::from(u32::MAX)) as u32
}

/// The descriptor bytes to replace; none when the descriptor has no numbers.
fn patch(
    descriptor: &Vp8Descriptor,
    payload: &[u8],
    picture_id: Option<u16>,
    tl0_pic_idx: Option<u8>,
) -> Option<Vp8Patch> {
    let mut patch = descriptor.patch();
    if let Some(id) = picture_id {
        // RFC 7741, section 4.2: the M bit of the third byte tells 15 bits from 7.
        let wide = payload.get(2).is_some_and(|byte| byte & 0x80 != 0);
        patch = patch.picture_id(id & if wide { 0x7fff } else { 0x7f });
    }
    if let Some(idx) = tl0_pic_idx {
        patch = patch.tl0_pic_idx(idx);
    }
    if picture_id.is_none() && tl0_pic_idx.is_none() {
        return None;
    }
    patch.build().ok()
}

#[cfg(test)]
#[path = "rewrite_tests.rs"]
mod tests;
