//! Renumbering: many sources, one unbroken stream.
//!
//! A receiver sees one SSRC per media section. What is sent on it changes: another simulcast
//! layer, a track that was paused, or another track altogether when a section is used again. The
//! receiver (and SRTP, RFC 3711, section 3.3.1) needs sequence numbers that never step back, and
//! a VP8 or VP9 decoder needs picture ids and TL0PICIDX without gaps, or it waits for frames that
//! never come.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::codec::Codec;
use crate::descriptor::Numbers;
use crate::packet::Packet;
use crate::random::Random;

/// Runs remembered for retransmissions; each is one switch of what flows.
const RUNS: usize = 8;

/// What a packet becomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Rewritten {
    /// Extended sequence number.
    pub(crate) seq: u64,
    pub(crate) timestamp: u32,
    /// The numbers of the payload descriptor, to be written over those in the payload.
    pub(crate) payload: Numbers,
}

/// The numbering of one outgoing SSRC; lives as long as its media section.
#[derive(Debug, Clone)]
pub(crate) struct Rewriter {
    last: Last,
    /// Oldest first; the newest is the present one unless [`Rewriter::detach`] ended it.
    runs: VecDeque<Run>,
    attached: bool,
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

/// Where the packets of a run come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Origin {
    /// Key of the publication.
    pub(crate) publication: usize,
    /// Its layer.
    pub(crate) stream: usize,
}

/// An unbroken part of the outgoing stream: one source, and what is added to its numbers, modulo
/// each field's width.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Run {
    pub(crate) origin: Origin,
    pub(crate) ssrc: u32,
    codec: Codec,
    /// Earlier packets of this source belong before the switch and are not sent.
    first_seq: u64,
    seq_offset: u64,
    timestamp_offset: u32,
    picture_offset: u16,
    tl0_offset: u8,
}

impl Run {
    /// The numbers of a packet of this run.
    pub(crate) fn number(&self, packet: &Packet) -> Rewritten {
        let numbers = Numbers::parse(self.codec, &packet.payload);
        Rewritten {
            seq: packet.seq.wrapping_add(self.seq_offset),
            timestamp: self.timestamp(packet.timestamp),
            payload: numbers.moved(self.picture_offset, self.tl0_offset),
        }
    }

    /// A time stamp of the source as the receiver knows it.
    pub(crate) fn timestamp(&self, of_source: u32) -> u32 {
        of_source.wrapping_add(self.timestamp_offset)
    }

    /// The first outgoing sequence number.
    fn begins(&self) -> u64 {
        self.first_seq.wrapping_add(self.seq_offset)
    }
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
            runs: VecDeque::new(),
            attached: false,
        }
    }

    /// The next packet begins anew right behind the last one sent, whatever its source: after a
    /// pause, for another layer or another track.
    pub(crate) fn detach(&mut self) {
        self.attached = false;
    }

    /// Forgets the past: nothing of it is asked for again, or may be given.
    pub(crate) fn forget(&mut self) {
        self.detach();
        self.runs.clear();
    }

    /// The present run.
    pub(crate) fn run(&self) -> Option<&Run> {
        self.runs.back().filter(|_| self.attached)
    }

    /// Numbers `packet`, the next one of the stream or a late one of the same source. None for a
    /// packet from before the switch to its source: nothing may be sent for it.
    pub(crate) fn rewrite(
        &mut self,
        packet: &Packet,
        codec: Codec,
        origin: Origin,
    ) -> Option<Rewritten> {
        let run = match self.run() {
            Some(run) if run.ssrc == *packet.ssrc => *run,
            _ => self.attach(packet, codec, origin),
        };
        if packet.seq < run.first_seq {
            return None;
        }
        let numbers = run.number(packet);
        if numbers.seq > self.last.seq {
            let Numbers {
                picture_id,
                tl0_pic_idx,
            } = numbers.payload;
            self.last = Last {
                seq: numbers.seq,
                timestamp: numbers.timestamp,
                at: Some(packet.arrived),
                picture_id: picture_id.map_or(self.last.picture_id, |id| id.value),
                tl0_pic_idx: tl0_pic_idx.map_or(self.last.tl0_pic_idx, |idx| idx.value),
            };
        }
        Some(numbers)
    }

    /// The run an outgoing sequence number was sent in, and the number it had at its source.
    pub(crate) fn source_of(&self, seq: u16) -> Option<(Run, u64)> {
        // The newest number with these low bits that was sent.
        let behind = (self.last.seq as u16).wrapping_sub(seq);
        let seq = self.last.seq.checked_sub(behind.into())?;
        let run = self.runs.iter().rev().find(|run| run.begins() <= seq)?;
        Some((*run, seq.wrapping_sub(run.seq_offset)))
    }

    /// Makes `packet` the one right behind the last sent.
    fn attach(&mut self, packet: &Packet, codec: Codec, origin: Origin) -> Run {
        let last = self.last;
        // The time line goes on by as much as passed meanwhile, at least one tick.
        let ticks = last.at.map_or(1, |at| {
            let passed = packet.arrived.saturating_duration_since(at);
            ticks(passed, codec.clock_rate()).max(1)
        });
        let timestamp = last.timestamp.wrapping_add(ticks);
        let numbers = Numbers::parse(codec, &packet.payload);
        let picture_id = numbers.picture_id.map_or(0, |id| id.value);
        let tl0 = numbers.tl0_pic_idx.map_or(0, |idx| idx.value);
        let run = Run {
            origin,
            ssrc: *packet.ssrc,
            codec,
            first_seq: packet.seq,
            seq_offset: last.seq.wrapping_add(1).wrapping_sub(packet.seq),
            timestamp_offset: timestamp.wrapping_sub(packet.timestamp),
            picture_offset: last.picture_id.wrapping_add(1).wrapping_sub(picture_id),
            tl0_offset: last.tl0_pic_idx.wrapping_add(1).wrapping_sub(tl0),
        };
        if self.runs.len() == RUNS {
            self.runs.pop_front();
        }
        self.runs.push_back(run);
        self.attached = true;
        run
    }
}

/// Clock ticks in `passed`, modulo the width of a timestamp.
fn ticks(passed: Duration, clock_rate: u32) -> u32 {
    let ticks = passed.as_micros() * u128::from(clock_rate) / 1_000_000;
    (ticks & u128::from(u32::MAX)) as u32
}

#[cfg(test)]
#[path = "rewrite_tests.rs"]
mod tests;
