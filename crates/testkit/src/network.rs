//! A simulated datagram network: seeded loss, delay and reordering, on a clock moved by hand.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, HashSet};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

/// A datagram under way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Datagram {
    /// Who sent it.
    pub source: SocketAddr,
    /// To whom.
    pub destination: SocketAddr,
    /// The bytes.
    pub contents: Vec<u8>,
}

/// What the way to an address does to datagrams.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Path {
    /// Share of datagrams that vanish, 0.0–1.0.
    pub loss: f64,
    /// How many in a row vanish, on average; 1 or less: each for itself.
    pub burst: f64,
    /// The least time a datagram takes.
    pub delay: Duration,
    /// Up to this much more, drawn anew for each datagram: more than the gap between two means
    /// that they may overtake each other.
    pub jitter: Duration,
    /// Bits per second it carries; none = any number. What exceeds it queues, and is lost when
    /// the queue is longer than `queue`.
    pub bandwidth: Option<u64>,
    /// The longest wait in front of a narrow path.
    pub queue: Duration,
    /// Bytes that pass a narrow path at once after it was idle for so long, as shapers of access
    /// networks let them (a token bucket: `tc-tbf`).
    pub bucket: usize,
}

/// The longest wait in front of a narrow path that says nothing of its queue.
pub const QUEUE: Duration = Duration::from_millis(300);

impl Default for Path {
    /// Nothing is lost, 5 ms one way.
    fn default() -> Self {
        Self {
            loss: 0.0,
            burst: 1.0,
            delay: Duration::from_millis(5),
            jitter: Duration::ZERO,
            bandwidth: None,
            queue: QUEUE,
            bucket: 0,
        }
    }
}

/// Carries datagrams. The same seed and the same calls lose and delay the same ones.
#[derive(Debug)]
pub struct Network {
    state: u64,
    paths: HashMap<SocketAddr, Path>,
    /// Until when a narrow path is busy; in the past while its bucket fills.
    busy: HashMap<SocketAddr, Instant>,
    /// Paths in the middle of a burst of losses.
    losing: HashSet<SocketAddr>,
    /// By arrival, then by the order they were sent in.
    under_way: BinaryHeap<Reverse<(Instant, u64, usize)>>,
    datagrams: HashMap<usize, Datagram>,
    sent: usize,
    lost: usize,
}

impl Network {
    /// A network whose chances follow from `seed`.
    pub fn new(seed: u64) -> Self {
        Self {
            state: seed,
            paths: HashMap::new(),
            busy: HashMap::new(),
            losing: HashSet::new(),
            under_way: BinaryHeap::new(),
            datagrams: HashMap::new(),
            sent: 0,
            lost: 0,
        }
    }

    /// What happens to datagrams for `destination` from now on.
    pub fn set_path(&mut self, destination: SocketAddr, path: Path) {
        self.paths.insert(destination, path);
    }

    /// Takes a datagram, or loses it.
    pub fn send(&mut self, now: Instant, datagram: Datagram) {
        let path = self.paths.get(&datagram.destination).copied();
        let path = path.unwrap_or_default();
        self.sent += 1;
        if self.loses(datagram.destination, path) {
            self.lost += 1;
            return;
        }
        let Some(sent_at) = self.enqueue(now, &datagram, path) else {
            self.lost += 1;
            return;
        };
        let at = sent_at + path.delay + path.jitter.mul_f64(self.chance());
        let order = self.sent as u64;
        self.under_way.push(Reverse((at, order, self.sent)));
        self.datagrams.insert(self.sent, datagram);
    }

    /// When the next datagram arrives.
    pub fn next_arrival(&self) -> Option<Instant> {
        self.under_way.peek().map(|Reverse((at, ..))| *at)
    }

    /// A datagram that has arrived by `now`.
    pub fn receive(&mut self, now: Instant) -> Option<Datagram> {
        if self.next_arrival()? > now {
            return None;
        }
        let Reverse((.., id)) = self.under_way.pop()?;
        self.datagrams.remove(&id)
    }

    /// Datagrams handed in, and how many of them were lost.
    pub fn counts(&self) -> (usize, usize) {
        (self.sent, self.lost)
    }

    /// When the path has sent the datagram; none when its queue is full.
    fn enqueue(&mut self, now: Instant, datagram: &Datagram, path: Path) -> Option<Instant> {
        let Some(bandwidth) = path.bandwidth else {
            return Some(now);
        };
        let takes = |bytes| Duration::from_secs_f64(bytes as f64 * 8.0 / bandwidth as f64);
        let full = now.checked_sub(takes(path.bucket)).unwrap_or(now);
        let busy = self.busy.entry(datagram.destination).or_insert(full);
        let begins = full.max(*busy);
        if begins.saturating_duration_since(now) > path.queue {
            return None;
        }
        *busy = begins + takes(datagram.contents.len());
        Some(now.max(*busy))
    }

    /// Whether a datagram vanishes: a chain of two states (Gilbert), as often in the losing one as
    /// `loss` says and as long as `burst` says.
    fn loses(&mut self, destination: SocketAddr, path: Path) -> bool {
        let chance = self.chance();
        if path.burst <= 1.0 || path.loss >= 1.0 {
            return chance < path.loss;
        }
        let ends = 1.0 / path.burst;
        let begins = ends * path.loss / (1.0 - path.loss);
        let losing = match self.losing.contains(&destination) {
            true => chance >= ends,
            false => chance < begins,
        };
        match losing {
            true => self.losing.insert(destination),
            false => self.losing.remove(&destination),
        };
        losing
    }

    /// SplitMix64, as a number from 0 to 1.
    fn chance(&mut self) -> f64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn datagram(byte: u8) -> Datagram {
        Datagram {
            source: ([192, 0, 2, 1], 1).into(),
            destination: ([192, 0, 2, 2], 2).into(),
            contents: vec![byte],
        }
    }

    fn arrivals(seed: u64, start: Instant) -> Vec<(Duration, u8)> {
        let mut network = Network::new(seed);
        let path = Path {
            loss: 0.3,
            burst: 1.0,
            delay: Duration::from_millis(10),
            jitter: Duration::from_millis(10),
            ..Path::default()
        };
        network.set_path(datagram(0).destination, path);
        for byte in 0..100 {
            let at = start + Duration::from_millis(byte.into());
            network.send(at, datagram(byte));
        }
        let mut out = Vec::new();
        while let Some(at) = network.next_arrival() {
            let datagram = network.receive(at).expect("it has arrived");
            out.push((at - start, datagram.contents[0]));
        }
        assert_eq!(network.counts(), (100, 100 - out.len()));
        out
    }

    #[test]
    #[expect(
        clippy::disallowed_methods,
        reason = "an origin for a hand-moved clock"
    )]
    fn a_seed_repeats_and_paths_lose_and_reorder() {
        let start = Instant::now();
        let first = arrivals(7, start);
        assert_eq!(first, arrivals(7, start));
        assert_ne!(first, arrivals(8, start));
        assert!((50..90).contains(&first.len()));
        assert!(first.is_sorted_by_key(|(at, _)| *at));
        assert!(!first.is_sorted_by_key(|(_, byte)| *byte));
    }

    #[test]
    #[expect(
        clippy::disallowed_methods,
        reason = "an origin for a hand-moved clock"
    )]
    fn bursts_lose_as_much_in_longer_rows() {
        let start = Instant::now();
        let mut network = Network::new(3);
        let path = Path {
            loss: 0.1,
            burst: 8.0,
            ..Path::default()
        };
        network.set_path(datagram(0).destination, path);
        let (mut rows, mut before) = (0, false);
        for _ in 0..100_000 {
            let (_, lost) = network.counts();
            network.send(start, datagram(0));
            let loses = network.counts().1 > lost;
            rows += usize::from(loses && !before);
            before = loses;
        }
        let (_, lost) = network.counts();
        assert!((9_000..11_000).contains(&lost), "{lost}");
        let mean = lost as f64 / rows as f64;
        assert!((7.0..9.0).contains(&mean), "{mean}");
    }

    #[test]
    #[expect(
        clippy::disallowed_methods,
        reason = "an origin for a hand-moved clock"
    )]
    fn a_narrow_path_queues_and_then_loses() {
        let start = Instant::now();
        let mut network = Network::new(1);
        let path = Path {
            delay: Duration::ZERO,
            bandwidth: Some(80_000),
            ..Path::default()
        };
        network.set_path(datagram(0).destination, path);
        // A byte takes 0.1 ms.
        for _ in 0..5_000 {
            network.send(start, datagram(0));
        }
        assert_eq!(
            network.next_arrival(),
            Some(start + Duration::from_micros(100))
        );
        let (sent, lost) = network.counts();
        assert_eq!(sent - lost, 3_001);
    }

    #[test]
    #[expect(
        clippy::disallowed_methods,
        reason = "an origin for a hand-moved clock"
    )]
    fn a_bucketful_passes_a_narrow_path_at_once() {
        let start = Instant::now();
        let mut network = Network::new(1);
        let path = Path {
            delay: Duration::ZERO,
            bandwidth: Some(80_000),
            bucket: 100,
            ..Path::default()
        };
        network.set_path(datagram(0).destination, path);
        let mut passed_at_once = |at: Instant| {
            for _ in 0..150 {
                network.send(at, datagram(0));
            }
            let mut passed = 0;
            while network.receive(at).is_some() {
                passed += 1;
            }
            passed
        };
        assert_eq!(passed_at_once(start), 100);
        // The rest takes 5 ms, and the bucket 10 ms to fill.
        assert_eq!(passed_at_once(start + Duration::from_millis(10)), 100);
        assert_eq!(passed_at_once(start + Duration::from_secs(9)), 200);
    }
}
