//! The newest packets of one layer, kept once for all its receivers.

use std::time::Duration;

use crate::packet::Packet;

/// A packet is kept at least this long, unless there are too many: longer than a request for it
/// takes from the far side of the world, asked twice.
const KEPT: Duration = Duration::from_secs(1);
/// Slots to begin with, and at most: a second of 8 Mbit/s.
const FEWEST: usize = 64;
const MOST: usize = 1_024;

/// A ring by sequence number. Its slots are a power of two and grow with the packet rate.
#[derive(Debug, Default)]
pub(crate) struct PacketCache {
    slots: Vec<Option<Packet>>,
}

impl PacketCache {
    pub(crate) fn put(&mut self, packet: Packet) {
        if self.slots.is_empty() {
            self.slots.resize_with(FEWEST, || None);
        }
        let displaced = self.slots[self.slot(packet.seq)].as_ref();
        let young = displaced.is_some_and(|old| {
            old.seq < packet.seq && packet.arrived.saturating_duration_since(old.arrived) < KEPT
        });
        if young && self.slots.len() < MOST {
            self.grow();
        }
        let slot = self.slot(packet.seq);
        self.slots[slot] = Some(packet);
    }

    /// The packet `seq` of the source `ssrc`, if it is still here.
    pub(crate) fn get(&self, ssrc: u32, seq: u64) -> Option<&Packet> {
        if self.slots.is_empty() {
            return None;
        }
        let packet = self.slots[self.slot(seq)].as_ref()?;
        (packet.seq == seq && *packet.ssrc == ssrc).then_some(packet)
    }

    fn slot(&self, seq: u64) -> usize {
        // Truncation keeps the low bits, which are the ones that count.
        seq as usize & (self.slots.len() - 1)
    }

    fn grow(&mut self) {
        let twice = self.slots.len() * 2;
        let old = std::mem::take(&mut self.slots);
        self.slots.resize_with(twice, || None);
        for packet in old.into_iter().flatten() {
            let slot = self.slot(packet.seq);
            self.slots[slot] = Some(packet);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;
    use crate::packet::Extensions;
    use crate::scalability::Position;

    fn packet(seq: u64, arrived: Instant) -> Packet {
        Packet {
            mid: "0".into(),
            rid: None,
            ssrc: 7.into(),
            pt: 96.into(),
            seq,
            timestamp: 0,
            marker: false,
            payload: [1].into(),
            extensions: Extensions::default(),
            arrived,
            position: Position::default(),
            clock: None,
        }
    }

    #[test]
    #[expect(
        clippy::disallowed_methods,
        reason = "an origin for a hand-moved clock"
    )]
    fn a_second_is_kept_at_any_rate() {
        let start = Instant::now();
        for (rate, fewest) in [(50_u64, 50), (400, 400), (5_000, MOST as u64)] {
            let mut cache = PacketCache::default();
            assert!(cache.get(7, 0).is_none());
            for seq in 0..rate * 3 {
                let at = start + Duration::from_micros(seq * 1_000_000 / rate);
                cache.put(packet(seq, at));
            }
            let kept = (0..rate * 3).filter(|seq| cache.get(7, *seq).is_some());
            assert!(kept.count() as u64 >= fewest);
            let newest = rate * 3 - 1;
            for seq in (newest + 1 - fewest)..=newest {
                assert!(cache.get(7, seq).is_some(), "{seq} of {rate}/s");
            }
            assert!(cache.get(8, newest).is_none());
            assert!(cache.slots.len() <= MOST);
        }
    }
}
