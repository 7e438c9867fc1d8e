//! What the path to a client carries, and the padding that finds out.

use std::time::Instant;

use super::{Egress, Outgoing, Wire};
use crate::bandwidth::Bandwidth;

/// Padding in one packet, in bytes: its length is told in the last of them.
const PADDING: usize = 255;

impl Egress {
    /// Bits per second the path carries; none when it is not estimated.
    pub(crate) fn estimate(&self) -> Option<u64> {
        self.bandwidth.as_ref().map(Bandwidth::estimate)
    }

    /// Bits per second that would be sent if there were room.
    pub(crate) fn desire(&mut self, bitrate: u64) {
        if let Some(bandwidth) = &mut self.bandwidth {
            bandwidth.desire(bitrate);
        }
    }

    /// Lets time pass for the estimate.
    pub(crate) fn timeout(&mut self, now: Instant) {
        if let Some(bandwidth) = &mut self.bandwidth {
            bandwidth.timeout(now);
        }
    }

    /// When [`Self::timeout`] and [`Self::padding_due`] want to be called next.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.bandwidth.as_ref()?.deadline()
    }

    /// Padding to send now, in bytes.
    pub(crate) fn padding_due(&mut self, now: Instant) -> Option<usize> {
        self.bandwidth.as_mut()?.poll_padding(now)
    }

    /// Sends at least `bytes` of padding on the retransmission stream, where it disturbs nobody.
    /// False when there is none.
    pub(crate) fn pad(
        &mut self,
        wire: &mut Wire<'_>,
        stream: &mut Outgoing,
        payload_type: u8,
        bytes: usize,
    ) -> bool {
        let mut padded = 0;
        while padded < bytes {
            let Some(written) = stream.written_padding(payload_type) else {
                return false;
            };
            let sent = self.seal(wire, stream, &written, None, |arena| {
                arena.resize(arena.len() + PADDING - 1, 0);
                arena.push(PADDING as u8);
            });
            if !sent {
                return false;
            }
            padded += PADDING;
        }
        true
    }
}
