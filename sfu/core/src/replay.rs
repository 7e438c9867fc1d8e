//! The way into a video that goes on: what was received since the last keyframe, out of the cache.
//!
//! Whoever joins, or shows a video again, shortly after a keyframe need not wait for the next. The
//! keyframe and all that followed are sent from the cache, faster than they came, until the
//! receiver is where everyone else is. The publisher is not asked for anything, so joining costs it
//! nothing however many do. A group too old is not sent: its pictures would all be late.

use std::time::{Duration, Instant};

use crate::packet::Packet;

/// A keyframe older than this is not begun with.
pub(crate) const FRESH: Duration = Duration::from_millis(500);
/// What is behind goes in steps of this length …
pub(crate) const STEP: Duration = Duration::from_millis(5);
/// … as fast as this many times the estimate, all videos of a receiver together: about as a
/// browser paces a keyframe.
const PACE: u64 = 3;
/// The estimate where there is none, in bits per second.
const UNKNOWN: u64 = 5_000_000;
/// Nobody catches up with more packets than this: no cache holds more.
pub(crate) const MOST_BEHIND: u64 = 1_024;

/// The keyframe received last, with all that followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Group {
    pub(crate) ssrc: u32,
    /// Its first packet.
    pub(crate) first: u64,
    /// Time stamp of the keyframe, which may begin in several packets (H.264).
    pub(crate) timestamp: u32,
    pub(crate) arrived: Instant,
}

impl Group {
    pub(crate) fn of(packet: &Packet) -> Self {
        Self {
            ssrc: *packet.ssrc,
            first: packet.seq,
            timestamp: packet.timestamp,
            arrived: packet.arrived,
        }
    }

    /// Whether `packet` belongs to the keyframe itself.
    pub(crate) fn has_key(&self, packet: &Packet) -> bool {
        (self.ssrc, self.timestamp) == (*packet.ssrc, packet.timestamp)
    }

    pub(crate) fn is_fresh(&self, now: Instant) -> bool {
        now.saturating_duration_since(self.arrived) <= FRESH
    }

    /// Whether it will probably do for a receiver that is still connecting.
    pub(crate) fn is_young(&self, now: Instant) -> bool {
        now.saturating_duration_since(self.arrived) <= FRESH / 2
    }
}

/// A receiver that catches up with a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Replay {
    /// The stream of the publication.
    pub(crate) stream: usize,
    pub(crate) ssrc: u32,
    /// The next packet to send.
    pub(crate) next: u64,
    /// The entry in the node's timers.
    pub(crate) due: Instant,
}

impl Replay {
    /// Whether a packet just received is to be sent later, in its turn.
    pub(crate) fn takes(&self, stream: usize, packet: &Packet) -> bool {
        (self.stream, self.ssrc) == (stream, *packet.ssrc) && packet.seq >= self.next
    }
}

/// Bytes that each of `videos` may catch up by in one [`STEP`]; at least a packet goes in any case.
pub(crate) fn bytes_a_step(estimate: Option<u64>, videos: u64) -> u64 {
    let bits = estimate.unwrap_or(UNKNOWN).saturating_mul(PACE);
    let step = u64::try_from(STEP.as_millis()).unwrap_or(u64::MAX);
    bits.saturating_mul(step) / 8_000 / videos.max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_videos_together_keep_the_pace() {
        // 1.2 Mbit/s, three times as fast, for 5 ms.
        assert_eq!(bytes_a_step(Some(1_200_000), 1), 2_250);
        assert_eq!(bytes_a_step(Some(1_200_000), 10), 225);
        assert_eq!(bytes_a_step(None, 0), bytes_a_step(Some(UNKNOWN), 1));
        assert_eq!(bytes_a_step(Some(u64::MAX), 1), u64::MAX / 8_000);
    }
}
