//! Datagrams that go out together.

use std::net::{IpAddr, SocketAddr};
use std::ops::Range;

/// The most bytes sent as one (GSO); an IPv4 datagram holds no more.
const RUN_BYTES: usize = 65_000;
/// The most datagrams sent as one: the least limit of kernels with GSO.
pub(super) const RUN_PACKETS: usize = 64;

/// Datagrams to send in one turn, by where they lie in memory that another keeps.
///
/// Those to one receiver are to be pushed together: neighbours of equal length make a [`Run`],
/// which the kernel cuts up again. Nothing is copied: the bytes of a run may lie in pieces.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    pieces: Vec<Range<usize>>,
    runs: Vec<Run>,
}

/// Datagrams of one length, the last maybe shorter, from one address of ours to one receiver.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Run {
    pub(super) source: IpAddr,
    pub(super) destination: SocketAddr,
    /// Which pieces of the batch; each holds whole datagrams.
    pieces: Range<usize>,
    /// Of all its pieces.
    bytes: usize,
    /// The length of each datagram but the last; at least 1.
    pub(super) segment: usize,
    /// Runs to the same receiver before this one.
    pub(super) round: usize,
}

impl Run {
    /// How many datagrams.
    pub(super) fn len(&self) -> usize {
        self.bytes.div_ceil(self.segment)
    }

    fn takes(&self, len: usize, run_packets: usize) -> bool {
        self.bytes.is_multiple_of(self.segment)
            && len <= self.segment
            && self.bytes + len <= RUN_BYTES
            && self.bytes / self.segment < run_packets
    }
}

impl Batch {
    /// Adds the datagram at `at`; at most `run_packets` of them make a run. Empty ones mean
    /// nothing in WebRTC and are left out.
    pub(crate) fn push(
        &mut self,
        source: IpAddr,
        destination: SocketAddr,
        at: Range<usize>,
        run_packets: usize,
    ) {
        if at.is_empty() {
            return;
        }
        let mut round = 0;
        if let Some(run) = self.runs.last_mut()
            && run.destination == destination
        {
            if run.source == source && run.takes(at.len(), run_packets) {
                run.bytes += at.len();
                match self.pieces.last_mut() {
                    Some(last) if last.end == at.start => last.end = at.end,
                    _ => {
                        self.pieces.push(at);
                        run.pieces.end += 1;
                    }
                }
                return;
            }
            round = run.round + 1;
        }
        let first = self.pieces.len();
        self.runs.push(Run {
            source,
            destination,
            pieces: first..first + 1,
            bytes: at.len(),
            segment: at.len(),
            round,
        });
        self.pieces.push(at);
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.runs.is_empty()
    }

    /// Forgets the datagrams and keeps the memory.
    pub(crate) fn clear(&mut self) {
        self.pieces.clear();
        self.runs.clear();
    }

    pub(super) fn runs(&self) -> &[Run] {
        &self.runs
    }

    /// Where the bytes of `run` lie.
    pub(super) fn pieces(&self, run: &Run) -> &[Range<usize>] {
        &self.pieces[run.pieces.clone()]
    }

    /// Where each datagram of `run` lies.
    pub(super) fn packets(&self, run: &Run) -> impl Iterator<Item = Range<usize>> {
        let segment = run.segment;
        let cut = move |piece: &Range<usize>| {
            let Range { start, end } = *piece;
            let starts = (start..end).step_by(segment);
            starts.map(move |start| start..end.min(start + segment))
        };
        self.pieces(run).iter().flat_map(cut)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// (datagrams, pieces, round) of each run when these (receiver, start, length) are pushed.
    fn runs(packets: &[(u16, usize, usize)]) -> Vec<(usize, usize, usize)> {
        let mut batch = Batch::default();
        for (port, start, len) in packets {
            let to = ([127, 0, 0, 1], *port).into();
            let at = *start..start + len;
            batch.push([127, 0, 0, 1].into(), to, at, RUN_PACKETS);
        }
        let out = batch.runs().iter().flat_map(|run| batch.packets(run));
        let pushed = packets.iter().filter(|(_, _, len)| *len > 0);
        let pushed = pushed.map(|(_, start, len)| *start..start + len);
        assert!(out.eq(pushed), "what went in comes out");
        let shape = |run: &Run| (run.len(), batch.pieces(run).len(), run.round);
        batch.runs().iter().map(shape).collect()
    }

    /// `count` datagrams of `len` bytes to one receiver, with a gap of `gap` bytes after each.
    fn row(count: usize, len: usize, gap: usize) -> Vec<(u16, usize, usize)> {
        (0..count).map(|n| (9, n * (len + gap), len)).collect()
    }

    #[test]
    fn runs_hold_equal_lengths_and_one_shorter_end() {
        let list = [(9, 0, 100), (9, 100, 100), (9, 200, 40), (9, 240, 40)];
        assert_eq!(runs(&list), [(3, 1, 0), (1, 1, 1)]);
        assert_eq!(runs(&[(9, 0, 40), (9, 40, 100)]), [(1, 1, 0), (1, 1, 1)]);
        assert_eq!(runs(&[(9, 0, 40), (8, 40, 40)]), [(1, 1, 0), (1, 1, 0)]);
        assert_eq!(runs(&[(9, 0, 0), (9, 0, 0)]), []);
    }

    #[test]
    fn runs_end_where_the_kernel_takes_no_more() {
        assert_eq!(runs(&row(80, 1_200, 0)), [(54, 1, 0), (26, 1, 1)]);
        assert_eq!(runs(&row(70, 100, 0)), [(64, 1, 0), (6, 1, 1)]);
    }

    #[test]
    fn what_lies_apart_goes_together_in_pieces() {
        assert_eq!(runs(&row(5, 100, 60)), [(5, 5, 0)]);
        let list = [(9, 0, 100), (9, 100, 100), (9, 500, 100), (9, 600, 7)];
        assert_eq!(runs(&list), [(4, 2, 0)]);
    }
}
