//! What becomes of the packets of one source for one receiver.

use crate::codec::Codec;
use crate::descriptor::Numbers;
use crate::packet::Packet;
use crate::scalability::Ceiling;

/// What a packet becomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Rewritten {
    /// Extended sequence number.
    pub(crate) seq: u64,
    pub(crate) timestamp: u32,
    /// The last packet of its picture.
    pub(crate) marker: bool,
    /// The receiver does not get this packet, but was left a number for it: it goes without its
    /// payload, so that nobody waits for it.
    pub(crate) hollow: bool,
    /// The numbers of the payload descriptor, to be written over those in the payload.
    pub(crate) payload: Numbers,
}

/// Where the packets of a run come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Origin {
    /// Key of the publication.
    pub(crate) publication: usize,
    /// Its stream.
    pub(crate) stream: usize,
}

/// An unbroken part of a source, and what is added to its numbers, modulo each field's width.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Run {
    pub(crate) origin: Origin,
    pub(crate) ssrc: u32,
    pub(crate) codec: Codec,
    pub(crate) ceiling: Ceiling,
    /// Earlier packets of the source do not belong to it.
    pub(crate) first_seq: u64,
    /// Behind its last packet; none while it goes on.
    pub(crate) end: Option<u64>,
    /// The time stamp of the picture left out before it: what was missing of that is left out too.
    pub(crate) left_out: Option<u32>,
    pub(crate) seq_offset: u64,
    pub(crate) timestamp_offset: u32,
    pub(crate) picture_offset: u16,
    pub(crate) tl0_offset: u8,
}

impl Run {
    /// The numbers of a packet of this run.
    pub(crate) fn number(&self, packet: &Packet) -> Rewritten {
        let position = packet.position;
        let numbers = Numbers::parse(self.codec, &packet.payload);
        Rewritten {
            seq: packet.seq.wrapping_add(self.seq_offset),
            timestamp: self.timestamp(packet.timestamp),
            marker: packet.marker || self.ceiling.ends_picture(position),
            hollow: self.left_out == Some(packet.timestamp) || !self.ceiling.admits(position),
            payload: numbers.moved(self.picture_offset, self.tl0_offset),
        }
    }

    /// A time stamp of the source as the receiver knows it.
    pub(crate) fn timestamp(&self, of_source: u32) -> u32 {
        of_source.wrapping_add(self.timestamp_offset)
    }

    /// The first outgoing sequence number.
    pub(crate) fn begins(&self) -> u64 {
        self.first_seq.wrapping_add(self.seq_offset)
    }

    /// Whether it has a number for packet `seq` of its source.
    pub(crate) fn contains(&self, seq: u64) -> bool {
        self.first_seq <= seq && self.end.is_none_or(|end| seq < end)
    }

    /// The run from `first_seq` on, behind packets and `pictures` that were left out after this
    /// one ended.
    pub(crate) fn resumed(&self, first_seq: u64, pictures: u16) -> Self {
        let packets = first_seq.wrapping_sub(self.end.unwrap_or(first_seq));
        Self {
            first_seq,
            end: None,
            seq_offset: self.seq_offset.wrapping_sub(packets),
            picture_offset: self.picture_offset.wrapping_sub(pictures),
            ..*self
        }
    }
}
