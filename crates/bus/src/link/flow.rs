//! The numbers of one link's life, seen from one side. Pure.

use std::collections::VecDeque;

/// Messages under way to the other side at most.
const WINDOW: usize = 1_024;
/// Bytes under way to the other side at most.
const WINDOW_BYTES: usize = 8 * 1024 * 1024;
/// After how many taken messages the other side is told, besides at every beat.
const ACK_EVERY: u64 = 128;

/// The other side does not follow the protocol, or a message is missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Violation;

/// What was sent and acknowledged, what was received and taken.
#[derive(Debug, Default)]
pub(super) struct Flow {
    sent: u64,
    /// Sizes of the messages under way, oldest first; at most [`WINDOW`].
    under_way: VecDeque<usize>,
    bytes: usize,
    received: u64,
    taken: u64,
    told: u64,
}

impl Flow {
    /// Whether one more message may be sent.
    pub(super) fn has_room(&self) -> bool {
        self.under_way.len() < WINDOW && self.bytes < WINDOW_BYTES
    }

    /// The number of the next message, which has `len` bytes.
    pub(super) fn send(&mut self, len: usize) -> u64 {
        self.sent += 1;
        self.under_way.push_back(len);
        self.bytes += len;
        self.sent
    }

    /// The last number sent.
    pub(super) const fn sent(&self) -> u64 {
        self.sent
    }

    /// The other side has taken everything up to `number`.
    pub(super) fn acknowledged(&mut self, number: u64) -> Result<(), Violation> {
        if number > self.sent {
            return Err(Violation);
        }
        let oldest = self.sent - self.under_way.len() as u64;
        for _ in oldest..number {
            let len = self.under_way.pop_front().unwrap_or(0);
            self.bytes -= len;
        }
        Ok(())
    }

    /// Message `number` arrived. The other side keeps to the window, which bounds what waits here.
    pub(super) const fn received(&mut self, number: u64) -> Result<(), Violation> {
        if number != self.received + 1 || number - self.taken > WINDOW as u64 {
            return Err(Violation);
        }
        self.received = number;
        Ok(())
    }

    /// The other side says that it has sent up to `number`: nothing may be missing before it.
    pub(super) const fn reached(&self, number: u64) -> Result<(), Violation> {
        if number == self.received {
            Ok(())
        } else {
            Err(Violation)
        }
    }

    /// The consumer took the next message. True when it is time to tell the other side.
    pub(super) const fn take(&mut self) -> bool {
        self.taken += 1;
        self.taken - self.told >= ACK_EVERY
    }

    /// What to tell the other side; counts as told.
    pub(super) const fn tell(&mut self) -> u64 {
        self.told = self.taken;
        self.taken
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_window_closes_and_opens() {
        let mut flow = Flow::default();
        for number in 1..=WINDOW as u64 {
            assert!(flow.has_room());
            assert_eq!(flow.send(10), number);
        }
        assert!(!flow.has_room());
        flow.acknowledged(1).expect("sent");
        assert!(flow.has_room());
        flow.acknowledged(1).expect("a repetition changes nothing");
        assert_eq!(flow.under_way.len(), WINDOW - 1);
        flow.acknowledged(WINDOW as u64).expect("sent");
        assert_eq!((flow.under_way.len(), flow.bytes), (0, 0));
        assert_eq!(flow.acknowledged(WINDOW as u64 + 1), Err(Violation));
    }

    #[test]
    fn a_hole_a_repetition_and_a_flood_are_violations() {
        let mut flow = Flow::default();
        flow.received(1).expect("next");
        assert_eq!(flow.received(1), Err(Violation));
        assert_eq!(flow.received(3), Err(Violation));
        assert_eq!(flow.reached(2), Err(Violation));
        flow.reached(1).expect("nothing missing");
        for number in 2..=WINDOW as u64 {
            flow.received(number).expect("within the window");
        }
        assert_eq!(flow.received(WINDOW as u64 + 1), Err(Violation));
    }

    #[test]
    fn telling_is_due_after_some_messages() {
        let mut flow = Flow::default();
        for number in 1..ACK_EVERY {
            flow.received(number).expect("next");
            assert!(!flow.take());
        }
        flow.received(ACK_EVERY).expect("next");
        assert!(flow.take());
        assert_eq!(flow.tell(), ACK_EVERY);
    }
}
