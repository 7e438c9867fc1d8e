//! Renumbering: many sources, one unbroken stream.
//!
//! A receiver sees one SSRC per media section. What is sent on it changes: another simulcast
//! layer, a track that was paused, or another track altogether when a section is used again. The
//! receiver (and SRTP, RFC 3711, section 3.3.1) needs sequence numbers that never step back, and
//! a VP8 or VP9 decoder needs picture ids and TL0PICIDX without gaps, or it waits for frames that
//! never come.
//!
//! Of a stream with layers inside, a receiver may get the lower ones only. What is left out leaves
//! no gap. What was missing when it should have been judged keeps its numbers: it goes late, or
//! hollow if it turns out not to be for this receiver.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::codec::Codec;
use crate::descriptor::Numbers;
use crate::packet::Packet;
use crate::random::Random;
use crate::run::{Origin, Rewritten, Run};
use crate::scalability::Ceiling;

/// Runs remembered for late packets and retransmissions. A picture left out ends one: two seconds
/// at the highest frame rate.
const RUNS: usize = 128;

/// The numbering of one outgoing SSRC; lives as long as its media section.
#[derive(Debug, Clone)]
pub(crate) struct Rewriter {
    last: Last,
    /// Those that ended, oldest first.
    runs: VecDeque<Run>,
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

/// The source attached.
#[derive(Debug, Clone, Copy)]
struct Source {
    /// Earlier packets of it belong before the switch to it and are not sent.
    first_seq: u64,
    /// The newest packet received of it, sent or left out.
    newest_seq: u64,
    /// The newest run; it ended while packets are being left out.
    run: Run,
    /// The time stamp of the picture left out last.
    left_out: Option<u32>,
    /// Pictures left out since the newest run ended.
    pictures: u16,
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
            source: None,
        }
    }

    /// The next packet begins anew right behind the last one sent, whatever its source: after a
    /// pause, for another layer or another track.
    pub(crate) fn detach(&mut self) {
        if let Some(source) = self.source.take() {
            self.end(source.run, source.newest_seq.wrapping_add(1));
        }
    }

    /// Forgets the past: nothing of it is asked for again, or may be given.
    pub(crate) fn forget(&mut self) {
        self.source = None;
        self.runs.clear();
    }

    /// When the newest packet sent was received.
    pub(crate) fn last_at(&self) -> Option<Instant> {
        self.last.at
    }

    /// The present run.
    pub(crate) fn run(&self) -> Option<&Run> {
        self.source.as_ref().map(|source| &source.run)
    }

    /// Numbers `packet`, the next one of the stream or a late one of the same source. None for a
    /// packet from before the switch to its source and for one above `ceiling`: nothing may be
    /// sent for it. A late packet is judged by the ceiling of its time.
    pub(crate) fn rewrite(
        &mut self,
        packet: &Packet,
        codec: Codec,
        origin: Origin,
        ceiling: Ceiling,
    ) -> Option<Rewritten> {
        let admitted = ceiling.admits(packet.position);
        let attached = self.source.filter(|s| s.run.ssrc == *packet.ssrc);
        let run = match attached {
            None if admitted => self.attach(packet, codec, origin, ceiling),
            None => return None,
            Some(source) if packet.seq < source.first_seq => return None,
            Some(source) if packet.seq <= source.newest_seq => self.run_of(packet)?,
            Some(source) if admitted => self.keep(source, packet, ceiling),
            Some(source) => {
                self.leave_out(source, packet, ceiling);
                return None;
            }
        };
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
        let run = self.newest_first().find(|run| run.begins() <= seq)?;
        Some((*run, seq.wrapping_sub(run.seq_offset)))
    }

    fn newest_first(&self) -> impl Iterator<Item = &Run> {
        self.run().into_iter().chain(self.runs.iter().rev())
    }

    /// The run of a late packet; none when it was left out, or too long ago.
    fn run_of(&self, packet: &Packet) -> Option<Run> {
        let of_source = |run: &&Run| run.ssrc == *packet.ssrc;
        let mut runs = self.newest_first().take_while(of_source);
        let run = runs.find(|run| run.first_seq <= packet.seq)?;
        run.contains(packet.seq).then_some(*run)
    }

    /// Remembers a run that goes up to `end`, unless it ended before.
    fn end(&mut self, run: Run, end: u64) -> Run {
        if run.end.is_some() {
            return run;
        }
        if self.runs.len() == RUNS {
            self.runs.pop_front();
        }
        let run = Run {
            end: Some(end),
            ..run
        };
        self.runs.push_back(run);
        run
    }

    /// The run of the newest packet of `source`, which is sent.
    fn keep(&mut self, source: Source, packet: &Packet, ceiling: Ceiling) -> Run {
        let mut run = source.run;
        if run.end.is_some() {
            run = Run {
                ceiling,
                left_out: source.left_out,
                ..run.resumed(source.newest_seq.wrapping_add(1), source.pictures)
            };
        } else if run.ceiling != ceiling {
            // What is missing before the change is judged as before it.
            run = Run {
                ceiling,
                left_out: None,
                ..self.end(run, packet.seq).resumed(packet.seq, 0)
            };
        }
        self.source = Some(Source {
            newest_seq: packet.seq,
            run,
            pictures: 0,
            ..source
        });
        run
    }

    /// The newest packet of `source` is not sent, and the numbers go on behind it.
    fn leave_out(&mut self, mut source: Source, packet: &Packet, ceiling: Ceiling) {
        let same_picture = source.left_out == Some(packet.timestamp);
        let next = source.newest_seq.wrapping_add(1);
        if source.run.end.is_some() && packet.seq != next && !same_picture {
            // Something to be sent may be among what is missing between the pictures left out.
            source.run = Run {
                ceiling,
                left_out: source.left_out,
                ..source.run.resumed(next, source.pictures)
            };
            source.pictures = 0;
        }
        source.run = self.end(source.run, packet.seq);
        // Pictures of VP9 refer to each other by the difference of their ids, which stays.
        if !same_picture && source.run.codec == Codec::Vp8 {
            source.pictures = source.pictures.wrapping_add(1);
        }
        source.left_out = Some(packet.timestamp);
        source.newest_seq = packet.seq;
        self.source = Some(source);
    }

    /// Makes `packet` the one right behind the last sent.
    fn attach(&mut self, packet: &Packet, codec: Codec, origin: Origin, ceiling: Ceiling) -> Run {
        self.detach();
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
            ceiling,
            first_seq: packet.seq,
            end: None,
            left_out: None,
            seq_offset: last.seq.wrapping_add(1).wrapping_sub(packet.seq),
            timestamp_offset: timestamp.wrapping_sub(packet.timestamp),
            picture_offset: last.picture_id.wrapping_add(1).wrapping_sub(picture_id),
            tl0_offset: last.tl0_pic_idx.wrapping_add(1).wrapping_sub(tl0),
        };
        self.source = Some(Source {
            first_seq: packet.seq,
            newest_seq: packet.seq,
            run,
            left_out: None,
            pictures: 0,
        });
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

#[cfg(test)]
#[path = "thinning_tests.rs"]
mod thinning;
