//! Packets that left together are one observation of the path.

/// Packets sent within this time of the first form one group, in microseconds
/// (draft-ietf-rmcat-gcc-02, section 5.2).
const BURST: u64 = 5_000;
/// Packets that arrive this close to each other after a stall form one group, however far apart
/// they were sent: the path held them back and let them go at once.
const CATCH_UP: i64 = 5_000;
/// No group spans more arrival time than this.
const LONGEST: i64 = 100_000;

/// How long a group was under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Sample {
    /// When it was sent, in microseconds of our clock.
    pub(super) sent: u64,
    /// When it arrived, in microseconds of the receiver's clock.
    pub(super) arrival: i64,
}

impl Sample {
    /// The difference of two clocks: only its changes mean anything.
    pub(super) fn delay(self) -> i64 {
        self.arrival - self.sent as i64
    }
}

#[derive(Debug)]
struct Group {
    first: Sample,
    last_arrival: i64,
    /// The packet that was under way for the shortest time speaks for the group. The others
    /// waited for their own neighbours: without a pacer a picture leaves at once, and the time its
    /// own bytes take says how long it is, not how full the path is.
    quickest: Sample,
}

/// Gathers packets into groups.
#[derive(Debug, Default)]
pub(super) struct Groups {
    open: Option<Group>,
}

impl Groups {
    /// Takes a packet; gives the sample of the group that it ends.
    pub(super) fn add(&mut self, packet: Sample) -> Option<Sample> {
        if let Some(group) = &mut self.open {
            if packet.sent < group.first.sent {
                // Overtaken: its group is closed.
                return None;
            }
            if group.takes(packet) {
                group.last_arrival = group.last_arrival.max(packet.arrival);
                if packet.delay() <= group.quickest.delay() {
                    group.quickest = packet;
                }
                return None;
            }
        }
        let next = Group {
            first: packet,
            last_arrival: packet.arrival,
            quickest: packet,
        };
        self.open.replace(next).map(|group| group.quickest)
    }
}

impl Group {
    fn takes(&self, packet: Sample) -> bool {
        if packet.sent - self.first.sent <= BURST {
            return true;
        }
        packet.arrival - self.last_arrival <= CATCH_UP
            && packet.delay() < self.first.delay()
            && packet.arrival - self.first.arrival <= LONGEST
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(sent: u64, arrival: i64) -> Sample {
        Sample { sent, arrival }
    }

    #[test]
    fn a_burst_is_one_group_and_its_quickest_packet_speaks() {
        let mut groups = Groups::default();
        assert_eq!(groups.add(at(1_000, 21_000)), None);
        assert_eq!(groups.add(at(1_000, 31_000)), None);
        assert_eq!(groups.add(at(6_000, 41_000)), None);
        assert_eq!(groups.add(at(34_000, 54_000)), Some(at(1_000, 21_000)));
        assert_eq!(groups.add(at(2_000, 60_000)), None, "overtaken");
        assert_eq!(groups.add(at(67_000, 87_000)), Some(at(34_000, 54_000)));
    }

    #[test]
    fn what_a_stall_held_back_is_one_group() {
        let mut groups = Groups::default();
        groups.add(at(0, 300_000));
        for sent in 1..15 {
            let packet = at(sent * 20_000, 300_000 + sent as i64 * 500);
            assert_eq!(groups.add(packet), None);
        }
        let sample = groups.add(at(320_000, 340_000)).expect("the stall is over");
        assert_eq!(sample.delay(), 27_000);
    }
}
