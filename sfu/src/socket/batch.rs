//! Datagrams that go out together, in one buffer.

use std::net::{IpAddr, SocketAddr};
use std::ops::Range;

/// The most bytes sent as one (GSO); an IPv4 datagram holds no more.
const RUN_BYTES: usize = 65_000;
/// The most datagrams sent as one: the least limit of kernels with GSO.
const RUN_PACKETS: usize = 64;

/// Datagrams to send in one turn.
///
/// Their bytes lie one after the other in one buffer that is used again and again. Those to one
/// receiver are to be pushed together: neighbours of equal length make a [`Run`], which the
/// kernel cuts up again.
#[derive(Debug)]
pub(crate) struct Batch {
    bytes: Vec<u8>,
    runs: Vec<Run>,
    /// The most datagrams in a run.
    run_packets: usize,
}

/// Datagrams of one length, the last maybe shorter, from one address of ours to one receiver.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Run {
    pub(super) source: IpAddr,
    pub(super) destination: SocketAddr,
    /// Where the bytes begin and end.
    start: usize,
    end: usize,
    /// The length of each but the last; at least 1.
    pub(super) segment: usize,
    /// Runs to the same receiver before this one.
    pub(super) round: usize,
    /// Datagrams to the same receiver before this run.
    pub(super) first: usize,
}

impl Run {
    pub(super) fn range(&self) -> Range<usize> {
        self.start..self.end
    }

    /// How many datagrams.
    pub(super) fn len(&self) -> usize {
        (self.end - self.start).div_ceil(self.segment)
    }

    /// Each datagram's bytes.
    pub(super) fn packets(&self) -> impl Iterator<Item = Range<usize>> + use<> {
        let Self { end, segment, .. } = *self;
        (self.start..end)
            .step_by(segment)
            .map(move |start| start..end.min(start + segment))
    }

    fn takes(&self, len: usize, run_packets: usize) -> bool {
        let so_far = self.end - self.start;
        let whole = so_far.is_multiple_of(self.segment);
        whole
            && len <= self.segment
            && so_far + len <= RUN_BYTES
            && so_far / self.segment < run_packets
    }
}

impl Default for Batch {
    fn default() -> Self {
        Self {
            bytes: Vec::new(),
            runs: Vec::new(),
            run_packets: RUN_PACKETS,
        }
    }
}

impl Batch {
    /// One whose runs are longer than any kernel takes, to see it refuse.
    #[cfg(test)]
    pub(super) fn oversized() -> Self {
        Self {
            run_packets: usize::MAX,
            ..Self::default()
        }
    }

    /// Adds a datagram. Empty ones mean nothing in WebRTC and are left out.
    pub(crate) fn push(&mut self, source: IpAddr, destination: SocketAddr, contents: &[u8]) {
        if contents.is_empty() {
            return;
        }
        let start = self.bytes.len();
        self.bytes.extend_from_slice(contents);
        let (mut round, mut first) = (0, 0);
        if let Some(last) = self.runs.last_mut()
            && last.destination == destination
        {
            if last.source == source && last.takes(contents.len(), self.run_packets) {
                last.end = self.bytes.len();
                return;
            }
            (round, first) = (last.round + 1, last.first + last.len());
        }
        self.runs.push(Run {
            source,
            destination,
            start,
            end: self.bytes.len(),
            segment: contents.len(),
            round,
            first,
        });
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.runs.is_empty()
    }

    /// Forgets the datagrams and keeps the memory.
    pub(crate) fn clear(&mut self) {
        self.bytes.clear();
        self.runs.clear();
    }

    pub(super) fn runs(&self) -> &[Run] {
        &self.runs
    }

    pub(super) fn bytes(&self, range: Range<usize>) -> &[u8] {
        self.bytes.get(range).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// (datagrams, round, first) of each run when these (receiver, length) are pushed.
    fn runs(packets: &[(u16, usize)]) -> Vec<(usize, usize, usize)> {
        let mut batch = Batch::default();
        for (port, len) in packets {
            let to = ([127, 0, 0, 1], *port).into();
            batch.push([127, 0, 0, 1].into(), to, &vec![7; *len]);
        }
        let lengths = batch.runs().iter().flat_map(Run::packets).map(|r| r.len());
        let pushed = packets.iter().map(|(_, len)| *len).filter(|len| *len > 0);
        assert!(lengths.eq(pushed), "what went in comes out");
        let shape = |run: &Run| (run.len(), run.round, run.first);
        batch.runs().iter().map(shape).collect()
    }

    #[test]
    fn runs_hold_equal_lengths_and_one_shorter_end() {
        let list = [(9, 100), (9, 100), (9, 40), (9, 40)];
        assert_eq!(runs(&list), [(3, 0, 0), (1, 1, 3)]);
        assert_eq!(runs(&[(9, 40), (9, 100)]), [(1, 0, 0), (1, 1, 1)]);
        assert_eq!(runs(&[(9, 40), (8, 40)]), [(1, 0, 0), (1, 0, 0)]);
        assert_eq!(runs(&[(9, 0), (9, 0)]), []);
        assert_eq!(runs(&[(9, 1_200); 80]), [(54, 0, 0), (26, 1, 54)]);
        assert_eq!(runs(&[(9, 100); 70]), [(64, 0, 0), (6, 1, 64)]);
    }
}
