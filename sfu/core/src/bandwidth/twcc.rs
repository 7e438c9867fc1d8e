//! Transport-wide congestion control feedback: RTCP transport feedback (PT 205, FMT 15) of
//! draft-holmer-rmcat-transport-wide-cc-extensions-01, section 3.1.
//!
//! A packet is judged whole before anything of it is used: reading the statuses of an accepted
//! packet cannot fail, allocates nothing, and takes time linear in their number.

use std::time::Duration;

use super::history;

/// RTCP transport layer feedback (RFC 4585, section 6.2).
const PACKET_TYPE: u8 = 205;
const FORMAT: u8 = 15;
/// Common header, two SSRCs, base sequence number, count, reference time, feedback counter.
const HEADER: usize = 20;
/// One step of the reference time, in microseconds.
const REFERENCE_STEP: u64 = 64_000;
/// One step of a receive delta, in microseconds.
const DELTA_STEP: i64 = 250;

/// Where the receiver's clock, as the feedback carries it, starts again from nought.
pub(crate) const CLOCK: Duration = Duration::from_micros(REFERENCE_STEP << 24);

/// Why a packet is no feedback that can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Malformed {
    /// It is shorter than its own header, statuses, deltas or padding say.
    #[error("transport-wide feedback is cut short")]
    Short,
    /// Another RTCP version, packet type or format.
    #[error("not transport-wide feedback")]
    Kind,
    /// It tells of no packet, or of more than are remembered.
    #[error("transport-wide feedback tells of {0} packets")]
    Count(u16),
    /// A status of 3, which the draft reserves.
    #[error("transport-wide feedback uses a reserved status")]
    Status,
}

/// One feedback packet.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Feedback<'a> {
    base: u16,
    count: u16,
    /// Microseconds of the receiver's clock.
    reference: u64,
    chunks: &'a [u8],
    deltas: &'a [u8],
}

impl<'a> Feedback<'a> {
    /// Reads one RTCP packet, from its common header to the end of its padding. What follows the
    /// length in its header is left alone.
    pub(crate) fn parse(packet: &'a [u8]) -> Result<Self, Malformed> {
        let (head, _) = packet
            .split_first_chunk::<HEADER>()
            .ok_or(Malformed::Short)?;
        if head[0] >> 6 != 2 || head[0] & 0x1f != FORMAT || head[1] != PACKET_TYPE {
            return Err(Malformed::Kind);
        }
        let length = (usize::from(u16::from_be_bytes([head[2], head[3]])) + 1) * 4;
        let packet = packet.get(..length).ok_or(Malformed::Short)?;
        let padding = match packet.last() {
            Some(last) if head[0] & 0x20 != 0 => usize::from(*last),
            _ => 0,
        };
        let end = length.checked_sub(padding).ok_or(Malformed::Short)?;
        let body = packet.get(HEADER..end).ok_or(Malformed::Short)?;
        let count = u16::from_be_bytes([head[14], head[15]]);
        if count == 0 || usize::from(count) > history::MOST {
            return Err(Malformed::Count(count));
        }
        let (chunks, deltas) = split(body, count)?;
        Ok(Self {
            base: u16::from_be_bytes([head[12], head[13]]),
            count,
            reference: u64::from(u32::from_be_bytes([0, head[16], head[17], head[18]]))
                * REFERENCE_STEP,
            chunks,
            deltas,
        })
    }

    /// Each packet it tells of, by transport-wide sequence number in sending order, with its
    /// arrival in the receiver's clock (modulo [`CLOCK`]), or none when it did not arrive.
    pub(crate) fn packets(&self) -> Packets<'a> {
        Packets {
            seq: self.base,
            left: self.count,
            arrival: self.reference,
            chunk: Chunk::default(),
            chunks: self.chunks,
            deltas: self.deltas,
        }
    }
}

/// The chunks that carry `count` statuses, and the deltas these need. Linear in the chunks.
fn split(body: &[u8], count: u16) -> Result<(&[u8], &[u8]), Malformed> {
    let mut left = count;
    let mut needed = 0;
    let mut at = 0;
    while left > 0 {
        let bytes = body.get(at..at + 2).ok_or(Malformed::Short)?;
        let chunk = Chunk::read([bytes[0], bytes[1]]);
        needed += chunk.delta_bytes(left)?;
        left -= chunk.left.min(left);
        at += 2;
    }
    let (chunks, rest) = body.split_at(at);
    let deltas = rest.get(..needed).ok_or(Malformed::Short)?;
    Ok((chunks, deltas))
}

/// A packet status chunk that is being read (section 3.1.2).
#[derive(Debug, Clone, Copy, Default)]
struct Chunk {
    /// Statuses not read yet.
    left: u16,
    /// Bits per status; 0 = one status, repeated.
    width: u16,
    /// A vector's statuses, the next one on top; or the one that is repeated.
    bits: u16,
}

impl Chunk {
    fn read(bytes: [u8; 2]) -> Self {
        let value = u16::from_be_bytes(bytes);
        let (left, width, bits) = match value >> 14 {
            0b10 => (14, 1, value << 2),
            0b11 => (7, 2, value << 2),
            _ => (value & 0x1fff, 0, value >> 13 & 3),
        };
        Self { left, width, bits }
    }

    /// The next status: the number of bytes its delta takes.
    fn next(&mut self) -> u16 {
        self.left -= 1;
        if self.width == 0 {
            return self.bits;
        }
        let status = self.bits >> (16 - self.width);
        self.bits <<= self.width;
        status
    }

    /// Bytes of deltas that at most `most` of its statuses need.
    fn delta_bytes(mut self, most: u16) -> Result<usize, Malformed> {
        let mut sum = 0;
        if self.width == 0 {
            sum = usize::from(self.bits) * usize::from(self.left.min(most));
            return if self.bits == 3 {
                Err(Malformed::Status)
            } else {
                Ok(sum)
            };
        }
        for _ in 0..self.left.min(most) {
            match self.next() {
                3 => return Err(Malformed::Status),
                status => sum += usize::from(status),
            }
        }
        Ok(sum)
    }
}

/// What one feedback packet tells, packet by packet.
#[derive(Debug, Clone)]
pub(crate) struct Packets<'a> {
    seq: u16,
    left: u16,
    arrival: u64,
    chunk: Chunk,
    chunks: &'a [u8],
    deltas: &'a [u8],
}

impl Packets<'_> {
    fn status(&mut self) -> Option<u16> {
        while self.chunk.left == 0 {
            let (bytes, rest) = self.chunks.split_first_chunk::<2>()?;
            self.chunk = Chunk::read(*bytes);
            self.chunks = rest;
        }
        Some(self.chunk.next())
    }

    fn delta(&mut self, status: u16) -> Option<i64> {
        if status == 1 {
            let (byte, rest) = self.deltas.split_first()?;
            self.deltas = rest;
            return Some(i64::from(*byte));
        }
        let (bytes, rest) = self.deltas.split_first_chunk::<2>()?;
        self.deltas = rest;
        Some(i64::from(i16::from_be_bytes(*bytes)))
    }
}

impl Iterator for Packets<'_> {
    type Item = (u16, Option<Duration>);

    fn next(&mut self) -> Option<Self::Item> {
        self.left = self.left.checked_sub(1)?;
        let seq = self.seq;
        self.seq = seq.wrapping_add(1);
        let status = self.status()?;
        if status == 0 {
            return Some((seq, None));
        }
        let moved = self.delta(status)? * DELTA_STEP;
        let clock = REFERENCE_STEP << 24;
        // The clock is far longer than a delta: adding it once keeps the sum above nought.
        self.arrival = (self.arrival + clock).wrapping_add_signed(moved) % clock;
        Some((seq, Some(Duration::from_micros(self.arrival))))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (0, Some(usize::from(self.left)))
    }
}

#[cfg(test)]
#[path = "tests/twcc.rs"]
pub(super) mod tests;
