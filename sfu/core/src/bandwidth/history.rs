//! What was sent, until the receiver has told what became of it.

use std::num::NonZeroU8;

/// Packets remembered at first.
const LEAST: usize = 512;
/// Packets remembered at most: one and a half seconds of 100 Mbit/s.
pub(super) const MOST: usize = 16_384;
/// A packet younger than this is worth more room; feedback on an older one comes too late.
const WORTH: u64 = 1_000_000;

/// What became of a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// Nothing is remembered here.
    Unknown,
    /// Sent; nothing heard.
    Pending,
    /// Skipped by feedback, so that a feedback must have been lost; counted as if it had come.
    Assumed,
    /// Reported missing. It may still come, late.
    Lost,
    /// Reported as arrived.
    Received,
}

/// A packet's place in a probe.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Part {
    /// The probe.
    pub(super) of: NonZeroU8,
    /// Bytes of the probe sent before it.
    pub(super) after: u32,
}

/// One packet.
#[derive(Debug, Clone, Copy)]
pub(super) struct Record {
    /// When it was sent, in microseconds.
    pub(super) at: u64,
    /// Its size.
    pub(super) bytes: u16,
    seq: u16,
    pub(super) part: Option<Part>,
    /// Sent while a probe filled the path, so its delay is of our own making.
    pub(super) shadowed: bool,
    fate: Fate,
}

const NOTHING: Record = Record {
    at: 0,
    bytes: 0,
    seq: 0,
    part: None,
    shadowed: false,
    fate: Fate::Unknown,
};

/// A ring by transport-wide sequence number. It doubles, up to [`MOST`], while it would forget
/// packets too young to be given up, and allocates at no other time.
#[derive(Debug)]
pub(super) struct History {
    /// A power of two long.
    ring: Vec<Record>,
}

impl History {
    pub(super) fn new() -> Self {
        Self {
            ring: vec![NOTHING; LEAST],
        }
    }

    /// Remembers a packet in the place of the one a ring's length before.
    #[inline]
    pub(super) fn push(
        &mut self,
        seq: u16,
        at: u64,
        bytes: usize,
        part: Option<Part>,
        shadowed: bool,
    ) {
        let slot = self.slot(seq);
        let old = &self.ring[slot];
        if old.fate == Fate::Pending && old.seq != seq && at < old.at + WORTH {
            self.grow();
        }
        let slot = self.slot(seq);
        self.ring[slot] = Record {
            at,
            bytes: u16::try_from(bytes).unwrap_or(u16::MAX),
            seq,
            part,
            shadowed,
            fate: Fate::Pending,
        };
    }

    /// Writes down what became of a packet. Gives what was known of it before, if that is news:
    /// a packet is lost once, and received once.
    pub(super) fn settle(&mut self, seq: u16, received: bool) -> Option<(Record, Fate)> {
        let slot = self.slot(seq);
        let record = &mut self.ring[slot];
        if record.seq != seq {
            return None;
        }
        let known = record.fate;
        record.fate = match (known, received) {
            (Fate::Pending | Fate::Assumed | Fate::Lost, true) => Fate::Received,
            (Fate::Pending | Fate::Assumed, false) => Fate::Lost,
            _ => return None,
        };
        Some((*record, known))
    }

    /// Feedback skipped the packet: its size, if nothing else is known of it.
    pub(super) fn assume(&mut self, seq: u16) -> Option<u16> {
        let slot = self.slot(seq);
        let record = &mut self.ring[slot];
        let pending = record.seq == seq && record.fate == Fate::Pending;
        pending.then(|| {
            record.fate = Fate::Assumed;
            record.bytes
        })
    }

    #[inline]
    fn slot(&self, seq: u16) -> usize {
        usize::from(seq) & (self.ring.len() - 1)
    }

    #[cold]
    fn grow(&mut self) {
        if self.ring.len() >= MOST {
            return;
        }
        let wider = vec![NOTHING; self.ring.len() * 2];
        let known = std::mem::replace(&mut self.ring, wider);
        for record in known {
            if record.fate != Fate::Unknown {
                let slot = self.slot(record.seq);
                self.ring[slot] = record;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fate_is_news_once_and_late_arrival_mends_a_loss() {
        let mut history = History::new();
        history.push(7, 1_000, 1_200, None, false);
        let (record, known) = history.settle(7, false).expect("news");
        assert_eq!(
            (record.at, record.bytes, known),
            (1_000, 1_200, Fate::Pending)
        );
        assert!(history.settle(7, false).is_none());
        assert_eq!(history.settle(7, true).expect("news").1, Fate::Lost);
        assert!(history.settle(7, true).is_none() && history.settle(7, false).is_none());
        assert!(history.settle(8, true).is_none(), "never sent");
        assert!(
            history.settle(7 + 512, true).is_none(),
            "same place, other packet"
        );
    }

    #[test]
    fn it_grows_for_young_packets_only_and_to_a_bound() {
        let mut history = History::new();
        let mut seq = 0_u16;
        for at in 0..2_000_u64 {
            history.push(seq, at * 10_000, 100, None, false);
            seq = seq.wrapping_add(1);
        }
        assert_eq!(
            history.ring.len(),
            512,
            "a hundred packets a second need no more"
        );
        for at in 0..70_000_u64 {
            history.push(seq, 20_000_000 + at, 100, None, false);
            seq = seq.wrapping_add(1);
        }
        assert_eq!(history.ring.len(), MOST);
        let newest = seq.wrapping_sub(1);
        assert!(history.settle(newest, true).is_some());
        let oldest = seq.wrapping_sub(MOST as u16);
        assert!(history.settle(oldest, true).is_some());
        assert!(history.settle(oldest.wrapping_sub(1), true).is_none());
    }
}
