//! One section's stream as a receiver sees it.

use std::time::{Duration, Instant};

use super::header::{ExtensionIds, Fixed};
use super::rtcp;
use crate::run::Rewritten;
use crate::stats::FlowReport;
use crate::transport::Mid;

/// Retransmissions remembered, so that crossing requests are answered once.
const RESENT: usize = 64;

/// What was agreed on for a section we send in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Agreed {
    pub(crate) mid: Mid,
    pub(crate) ssrc: u32,
    /// The SSRC of retransmissions (RFC 4588).
    pub(crate) rtx: Option<u32>,
    pub(crate) ids: ExtensionIds,
    pub(crate) canonical_name: String,
}

/// An outgoing stream; lives as long as its section.
#[derive(Debug)]
pub(crate) struct Outgoing {
    agreed: Agreed,
    rtx_sequence: u64,
    packets: u32,
    octets: u32,
    arrival: Arrival,
    /// Of the packet sent last.
    timestamp: u32,
    /// The newest sequence number sealed, and which of the 127 before it were.
    sealed: Option<(u64, u128)>,
    /// The publisher's time told last.
    told: Option<u64>,
    /// Sequence numbers sent again and when, newest overwriting oldest.
    resent: Vec<(u64, Instant)>,
    next_resent: usize,
}

/// What the receiver told of a stream, and what of it was taken for a report.
#[derive(Debug, Clone, Copy, Default)]
struct Arrival {
    lost: u64,
    jitter: Option<u32>,
    packets_taken: u32,
    octets_taken: u32,
    lost_taken: u64,
}

/// A packet on the wire: its header and the index it is sealed with.
#[derive(Debug, Clone, Copy)]
pub(super) struct Written {
    pub(super) fixed: Fixed,
    pub(super) index: u64,
}

impl Outgoing {
    pub(crate) fn new(agreed: Agreed) -> Self {
        Self {
            agreed,
            rtx_sequence: 1,
            packets: 0,
            octets: 0,
            arrival: Arrival::default(),
            timestamp: 0,
            sealed: None,
            told: None,
            resent: Vec::new(),
            next_resent: 0,
        }
    }

    /// A later negotiation may agree on other ids. The SSRCs stay, and with them the numbering.
    pub(crate) fn agree(&mut self, agreed: Agreed) {
        if agreed.ssrc != self.agreed.ssrc || agreed.rtx != self.agreed.rtx {
            *self = Self::new(agreed);
        } else {
            self.agreed = agreed;
        }
    }

    pub(crate) fn ssrc(&self) -> u32 {
        self.agreed.ssrc
    }

    pub(super) fn ids(&self) -> ExtensionIds {
        self.agreed.ids
    }

    pub(super) fn mid(&self) -> &Mid {
        &self.agreed.mid
    }

    pub(super) fn canonical_name(&self) -> &str {
        &self.agreed.canonical_name
    }

    /// Whether the publisher's time `ntp` is news to the receiver; it is not any more.
    pub(crate) fn is_news(&mut self, ntp: u64) -> bool {
        self.told.replace(ntp) != Some(ntp)
    }

    pub(super) fn written(&self, payload_type: u8, to: &Rewritten) -> Written {
        Written {
            fixed: Fixed {
                padding: false,
                marker: to.marker && !to.hollow,
                payload_type,
                sequence: to.seq as u16,
                timestamp: to.timestamp,
                ssrc: self.agreed.ssrc,
            },
            index: to.seq,
        }
    }

    /// The same on the retransmission stream; none when there is no such stream.
    pub(super) fn written_again(&mut self, payload_type: u8, to: &Rewritten) -> Option<Written> {
        let ssrc = self.agreed.rtx?;
        let index = self.rtx_sequence;
        self.rtx_sequence += 1;
        let mut written = self.written(payload_type, to);
        written.fixed.ssrc = ssrc;
        written.fixed.sequence = index as u16;
        written.index = index;
        Some(written)
    }

    /// A packet without payload on the retransmission stream; none when there is no such stream.
    pub(super) fn written_padding(&mut self, payload_type: u8) -> Option<Written> {
        let ssrc = self.agreed.rtx?;
        let index = self.rtx_sequence;
        self.rtx_sequence += 1;
        Some(Written {
            fixed: Fixed {
                padding: true,
                marker: false,
                payload_type,
                sequence: index as u16,
                timestamp: self.timestamp,
                ssrc,
            },
            index,
        })
    }

    /// Whether `seq` may be sent again now; if so it is noted as sent.
    pub(super) fn may_resend(&mut self, seq: u64, now: Instant, patience: Duration) -> bool {
        let just_now = |at: Instant| now.saturating_duration_since(at) < patience;
        if let Some((_, at)) = self.resent.iter_mut().find(|(resent, _)| *resent == seq) {
            return !just_now(std::mem::replace(at, if just_now(*at) { *at } else { now }));
        }
        if self.resent.len() < RESENT {
            self.resent.push((seq, now));
        } else {
            self.resent[self.next_resent] = (seq, now);
            self.next_resent = (self.next_resent + 1) % RESENT;
        }
        true
    }

    /// Whether `seq` was never sealed; from here on it was. Two packets sealed with one number
    /// would give the key away (RFC 7714, section 8.1), so this does not trust that each packet
    /// is received once.
    pub(super) fn seal_once(&mut self, seq: u64) -> bool {
        let Some((newest, seen)) = &mut self.sealed else {
            self.sealed = Some((seq, 1));
            return true;
        };
        if seq > *newest {
            let step = u32::try_from(seq - *newest).unwrap_or(u32::MAX);
            *seen = seen.checked_shl(step).unwrap_or(0) | 1;
            *newest = seq;
            return true;
        }
        let age = u32::try_from(*newest - seq).unwrap_or(u32::MAX);
        let bit = 1_u128.checked_shl(age).unwrap_or(0);
        let fresh = bit != 0 && *seen & bit == 0;
        *seen |= bit;
        fresh
    }

    /// The receiver's word on the stream: packets lost since the beginning, jitter in ticks.
    pub(crate) fn arrives(&mut self, lost: i32, jitter: u32) {
        self.arrival.lost = u64::try_from(lost).unwrap_or(0);
        self.arrival.jitter = Some(jitter);
    }

    /// What was sent since the last call, and what of it the receiver missed.
    pub(crate) fn take_flow(&mut self, clock_rate: u32) -> FlowReport {
        let sent = self.packets.wrapping_sub(self.arrival.packets_taken).into();
        let lost = self.arrival.lost.saturating_sub(self.arrival.lost_taken);
        let jitter = self.arrival.jitter.take().filter(|_| sent > 0);
        let seconds = |ticks| f64::from(ticks) / f64::from(clock_rate.max(1));
        let report = FlowReport {
            packets: u64::saturating_sub(sent, lost),
            lost: lost.min(sent),
            bytes: self.octets.wrapping_sub(self.arrival.octets_taken).into(),
            jitter: jitter.map(|ticks| Duration::from_secs_f64(seconds(ticks))),
            ..FlowReport::default()
        };
        self.arrival.packets_taken = self.packets;
        self.arrival.octets_taken = self.octets;
        self.arrival.lost_taken = self.arrival.lost_taken.max(self.arrival.lost);
        report
    }

    pub(super) fn count(&mut self, timestamp: u32, octets: usize) {
        self.timestamp = timestamp;
        self.packets = self.packets.wrapping_add(1);
        self.octets = self.octets.wrapping_add(octets as u32);
    }

    pub(super) fn report(&self, ntp: u64, timestamp: u32) -> rtcp::Sent {
        rtcp::Sent {
            ssrc: self.agreed.ssrc,
            ntp,
            timestamp,
            packets: self.packets,
            octets: self.octets,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outgoing() -> Outgoing {
        Outgoing::new(Agreed {
            mid: "0".into(),
            ssrc: 1,
            rtx: Some(2),
            ids: ExtensionIds::default(),
            canonical_name: "name".to_owned(),
        })
    }

    #[test]
    fn no_number_is_sealed_twice() {
        let mut stream = outgoing();
        for (seq, fresh) in [
            (1_000, true),
            (1_000, false),
            (1_003, true),
            (1_001, true),
            (1_001, false),
            (1_130, true),
            (1_003, false),
            (1_004, true),
            (1_002, false),
            (90_000, true),
            (1_130, false),
            (89_999, true),
        ] {
            assert_eq!(stream.seal_once(seq), fresh, "{seq}");
        }
    }

    #[test]
    #[expect(
        clippy::disallowed_methods,
        reason = "an origin for a hand-moved clock"
    )]
    fn crossing_requests_are_answered_once() {
        let start = Instant::now();
        let patience = Duration::from_millis(50);
        let mut stream = outgoing();
        assert!(stream.may_resend(7, start, patience));
        assert!(!stream.may_resend(7, start + patience / 2, patience));
        assert!(stream.may_resend(8, start + patience / 2, patience));
        assert!(stream.may_resend(7, start + patience, patience));
        assert!(!stream.may_resend(7, start + patience, patience));
        for seq in 100..1_000 {
            assert!(stream.may_resend(seq, start, patience));
        }
        assert_eq!(stream.resent.len(), RESENT);
    }

    #[test]
    fn a_new_source_starts_anew_and_other_ids_do_not() {
        let mut stream = outgoing();
        assert!(stream.is_news(5));
        assert!(!stream.is_news(5));
        stream.agree(Agreed {
            ids: ExtensionIds {
                mid: 3,
                ..ExtensionIds::default()
            },
            ..stream.agreed.clone()
        });
        assert!(!stream.is_news(5));
        stream.agree(Agreed {
            ssrc: 9,
            ..stream.agreed.clone()
        });
        assert!(stream.is_news(5));
    }
}
