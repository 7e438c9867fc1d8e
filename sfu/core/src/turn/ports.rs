//! Virtual ports: numbers for relayed addresses, at which nothing listens.

use std::collections::HashSet;
use std::ops::RangeInclusive;

/// In order of preference. Linux gives programs ports up to 60,999 by default, so a number above
/// is never that of a client on this very machine; those below are used when the others are.
const RANGES: [RangeInclusive<u16>; 2] = [61_000..=65_535, 49_152..=60_999];

/// The free and the taken numbers.
pub(super) struct VirtualPorts {
    taken: HashSet<u16>,
    /// Numbers the media sockets are bound to.
    bound: Vec<u16>,
    /// The number after the last one given, per range: a number rests as long as possible before
    /// it is given again, so that nothing late reaches another client.
    next: [u16; RANGES.len()],
}

impl VirtualPorts {
    pub(super) fn new(bound: Vec<u16>) -> Self {
        Self {
            taken: HashSet::new(),
            bound,
            next: RANGES.map(|range| *range.start()),
        }
    }

    /// A free number, an even one if asked (EVEN-PORT, RFC 8656, section 7.2).
    pub(super) fn take(&mut self, even: bool) -> Option<u16> {
        for (range, next) in RANGES.iter().zip(&mut self.next) {
            let from_next = *next..=*range.end();
            let from_start = *range.start()..=next.saturating_sub(1);
            let found = from_next.chain(from_start).find(|port| {
                let fits = !even || port % 2 == 0;
                fits && !self.taken.contains(port) && !self.bound.contains(port)
            });
            if let Some(port) = found {
                *next = if port == *range.end() {
                    *range.start()
                } else {
                    port + 1
                };
                self.taken.insert(port);
                return Some(port);
            }
        }
        None
    }

    pub(super) fn release(&mut self, port: u16) {
        self.taken.remove(&port);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_unique_rest_before_reuse_and_run_out() {
        let mut ports = VirtualPorts::new(vec![61_001]);
        assert_eq!(ports.take(false), Some(61_000));
        assert_eq!(ports.take(true), Some(61_002));
        ports.release(61_000);
        assert_eq!(ports.take(false), Some(61_003));
        let mut given = HashSet::from([61_002, 61_003]);
        while let Some(port) = ports.take(false) {
            assert!(port >= 49_152 && port != 61_001);
            assert!(given.insert(port), "{port} was given twice");
        }
        assert_eq!(given.len(), 65_536 - 49_152 - 1);
        ports.release(50_001);
        assert_eq!(ports.take(true), None);
        assert_eq!(ports.take(false), Some(50_001));
    }
}
