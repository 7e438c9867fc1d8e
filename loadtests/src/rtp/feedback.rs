//! Tells a sender when each of its packets arrived (transport-wide congestion control,
//! draft-holmer-rmcat-transport-wide-cc-extensions-01), as browsers do.

use std::collections::VecDeque;

/// Nanoseconds of one step of a delta.
const TICK: u64 = 250_000;
/// Ticks of one step of the reference time.
const REFERENCE: u64 = 256;
/// A jump past this is a new beginning.
const MOST: u64 = 4_096;
/// Room for numbers that were overtaken by the first one.
const BASE: u64 = 1 << 16;
/// The longest run one chunk holds, and the symbols of a two-bit vector.
const RUN: usize = 0x1fff;
const VECTOR: usize = 7;

/// Arrival times since the last feedback.
#[derive(Debug, Default)]
pub(crate) struct Arrivals {
    /// The next number to report on; none before the first packet.
    base: Option<u64>,
    /// When it and its followers came. At most [`MOST`].
    times: VecDeque<Option<u64>>,
    /// Counts feedback packets.
    count: u8,
}

/// How a packet is told of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Symbol {
    Missing = 0,
    Small = 1,
    Large = 2,
}

impl Arrivals {
    /// The packet numbered `sequence` came at `nanos`.
    pub(crate) fn record(&mut self, sequence: u16, nanos: u64) {
        let base = *self.base.get_or_insert(BASE + u64::from(sequence));
        let newest = base + self.times.len() as u64;
        let distance = sequence.wrapping_sub(newest as u16).cast_signed();
        let number = newest.saturating_add_signed(distance.into());
        // What was reported missing stays missing.
        let Some(place) = number.checked_sub(base) else {
            return;
        };
        if place >= MOST {
            self.times.clear();
            self.times.push_back(Some(nanos));
            self.base = Some(number);
            return;
        }
        let place = place as usize;
        if place >= self.times.len() {
            self.times.resize(place + 1, None);
        }
        self.times[place] = Some(nanos);
    }

    /// Appends feedback on everything since the last time. False when there is nothing.
    pub(crate) fn write(&mut self, out: &mut Vec<u8>, own: u32, media: u32) -> bool {
        let (Some(base), Some(first)) = (self.base, self.times.iter().flatten().next()) else {
            return false;
        };
        let reference = first / TICK / REFERENCE;
        let start = out.len();
        out.extend_from_slice(&[0x8f, 205, 0, 0]);
        out.extend_from_slice(&own.to_be_bytes());
        out.extend_from_slice(&media.to_be_bytes());
        out.extend_from_slice(&(base as u16).to_be_bytes());
        out.extend_from_slice(&(self.times.len() as u16).to_be_bytes());
        let word = (reference as u32) << 8 | u32::from(self.count);
        out.extend_from_slice(&word.to_be_bytes());
        self.count = self.count.wrapping_add(1);

        let mut deltas = Vec::with_capacity(self.times.len());
        let mut last = reference * REFERENCE;
        let mut symbols = Vec::with_capacity(self.times.len());
        for time in &self.times {
            let Some(time) = time else {
                symbols.push(Symbol::Missing);
                continue;
            };
            let tick = time / TICK;
            let delta = tick.cast_signed() - last.cast_signed();
            last = tick;
            if let Ok(small) = u8::try_from(delta) {
                symbols.push(Symbol::Small);
                deltas.push(small);
            } else {
                symbols.push(Symbol::Large);
                let bounded = delta.clamp(i16::MIN.into(), i16::MAX.into()) as i16;
                deltas.extend_from_slice(&bounded.to_be_bytes());
            }
        }
        write_chunks(out, &symbols);
        out.extend_from_slice(&deltas);
        let padding = (out.len() - start).wrapping_neg() % 4;
        if padding > 0 {
            out.resize(out.len() + padding - 1, 0);
            out.push(padding as u8);
            out[start] |= 0x20;
        }
        let words = ((out.len() - start) / 4 - 1) as u16;
        out[start + 2..start + 4].copy_from_slice(&words.to_be_bytes());
        self.base = Some(base + self.times.len() as u64);
        self.times.clear();
        true
    }
}

fn write_chunks(out: &mut Vec<u8>, mut symbols: &[Symbol]) {
    while let Some(first) = symbols.first() {
        let run = symbols.iter().take_while(|s| *s == first).count().min(RUN);
        let (chunk, taken) = if run >= VECTOR {
            ((*first as u16) << 13 | run as u16, run)
        } else {
            let taken = symbols.len().min(VECTOR);
            let places = symbols[..taken].iter().zip((0..VECTOR).rev());
            let bits = places.fold(0, |bits, (s, place)| bits | (*s as u16) << (2 * place));
            (0xc000 | bits, taken)
        };
        out.extend_from_slice(&chunk.to_be_bytes());
        symbols = &symbols[taken..];
    }
}

#[cfg(test)]
mod tests {
    use rtc::rtcp::packet::unmarshal;
    use rtc::rtcp::transport_feedbacks::transport_layer_cc::TransportLayerCc;

    use super::*;

    const MS: u64 = 1_000_000;

    fn read(bytes: &[u8]) -> TransportLayerCc {
        let packets = unmarshal(&mut &bytes[..]).expect("RTCP");
        let feedback = packets[0].as_any().downcast_ref::<TransportLayerCc>();
        feedback.expect("feedback").clone()
    }

    #[test]
    fn an_independent_stack_reads_the_times_alike() {
        let mut arrivals = Arrivals::default();
        let mut out = Vec::new();
        assert!(!arrivals.write(&mut out, 1, 2));
        // Over the wrap, one missing, one overtaken, one 100 ms late.
        let came = [
            (65_534_u16, 64_000 * MS),
            (65_535, 64_001 * MS),
            (1, 64_002 * MS),
            (0, 64_003 * MS),
            (3, 64_103 * MS),
        ];
        for (sequence, at) in came {
            arrivals.record(sequence, at);
        }
        assert!(arrivals.write(&mut out, 1, 2));
        let told = read(&out);
        assert_eq!((told.sender_ssrc, told.media_ssrc), (1, 2));
        assert_eq!(
            (told.base_sequence_number, told.packet_status_count),
            (65_534, 6)
        );
        assert_eq!(told.reference_time, 1_000);
        let deltas: Vec<i64> = told.recv_deltas.iter().map(|d| d.delta).collect();
        assert_eq!(deltas, [0, 1_000, 2_000, -1_000, 101_000]);

        // The next begins where this one ended; a long run is one chunk.
        out.clear();
        for number in 4..104_u16 {
            arrivals.record(number, 64_200 * MS + u64::from(number) * MS);
        }
        arrivals.record(2, 64_300 * MS);
        assert!(arrivals.write(&mut out, 1, 2));
        let told = read(&out);
        assert_eq!(
            (told.base_sequence_number, told.packet_status_count),
            (4, 100)
        );
        assert_eq!((told.fb_pkt_count, told.packet_chunks.len()), (1, 1));
        assert_eq!(told.recv_deltas.len(), 100);
        arrivals.record(50_000, 65_000 * MS);
        arrivals.record(9_000, 65_000 * MS);
        assert!(arrivals.times.len() <= MOST as usize);
    }
}
