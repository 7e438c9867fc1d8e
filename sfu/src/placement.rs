//! Which worker has which room, and whether another fits.

use std::collections::{HashMap, HashSet};

use bus::media::RefusalReason;
use sfu_core::{Action, Command, ParticipantSid, RoomName};

use crate::load::Load;

/// How full a worker may be. A worker that reached a limit takes no new room until it is below
/// [`Admission::resume`] of every limit again; who joins a room it already has is taken up to
/// [`Admission::joiners`] of them, since a visit with one of two parties is none.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Admission {
    /// CPU time of a worker's thread, as a share of one core.
    pub cpu: f64,
    /// Datagrams a second, in and out together.
    pub packets: u64,
    /// Part of the limits, below 1.
    pub resume: f64,
    /// Multiple of the limits, at least 1.
    pub joiners: f64,
}

impl Default for Admission {
    /// Four fifths of a core: the rest is for keyframes, joins and what the measured second did
    /// not show.
    fn default() -> Self {
        Self {
            cpu: 0.8,
            packets: 250_000,
            resume: 0.85,
            joiners: 1.15,
        }
    }
}

/// CPU in thousandths of a core that a room is taken to cost until it is measured.
const ROOM_CPU: u64 = 10;
/// Workers whose CPU differs by less than this many thousandths are equally busy.
const STEP: u64 = 50;

/// Where every room is. Pure: it is told loads and orders.
#[derive(Debug)]
pub(crate) struct Placement {
    admission: Admission,
    rooms: HashMap<RoomName, Place>,
    workers: Vec<Slot>,
    /// No new rooms: the node is about to stop.
    draining: bool,
}

#[derive(Debug)]
struct Place {
    worker: usize,
    /// Those who were opened and not closed; the room goes with the last.
    participants: HashSet<ParticipantSid>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Slot {
    rooms: usize,
    /// Rooms placed since the load was measured.
    unmeasured: u64,
    load: Load,
    /// The limit it reached, until it is well below all.
    full: Option<RefusalReason>,
}

impl Placement {
    /// No rooms on `workers` workers.
    pub(crate) fn new(workers: usize, admission: Admission) -> Self {
        Self {
            admission,
            rooms: HashMap::new(),
            workers: vec![Slot::default(); workers],
            draining: false,
        }
    }

    /// Takes note of a worker's load.
    pub(crate) fn measured(&mut self, worker: usize, load: Load) {
        let admission = self.admission;
        let Some(slot) = self.workers.get_mut(worker) else {
            return;
        };
        if load.measured != slot.load.measured {
            slot.unmeasured = 0;
        }
        slot.load = load;
        slot.full = match slot.full {
            None => exceeded(load, admission, 1.0),
            // Whatever made it full, it must be well below every limit.
            Some(reason) => exceeded(load, admission, admission.resume).map(|_| reason),
        };
    }

    /// From now on, or no longer, new rooms are refused.
    pub(crate) fn set_draining(&mut self, draining: bool) {
        self.draining = draining;
    }

    /// Every room is gone.
    pub(crate) fn clear(&mut self) {
        self.rooms.clear();
        for slot in &mut self.workers {
            slot.rooms = 0;
            slot.unmeasured = 0;
        }
    }

    /// The worker an order is for, or none when it is about a room that does not exist.
    ///
    /// # Errors
    /// Why somebody cannot be taken in.
    pub(crate) fn worker_for(&mut self, command: &Command) -> Result<Option<usize>, RefusalReason> {
        match command.action {
            Action::Open { .. } => {
                let (room, participant) = (&command.room, &command.participant);
                let worker = self.open(room)?;
                if let Some(place) = self.rooms.get_mut(room) {
                    place.participants.insert(participant.clone());
                }
                Ok(Some(worker))
            }
            Action::Close => Ok(self.close(&command.room, &command.participant)),
            _ => Ok(self.rooms.get(&command.room).map(|place| place.worker)),
        }
    }

    fn open(&mut self, room: &RoomName) -> Result<usize, RefusalReason> {
        if let Some(place) = self.rooms.get(room) {
            let load = self.workers[place.worker].load;
            let over = exceeded(load, self.admission, self.admission.joiners);
            return over.map_or(Ok(place.worker), Err);
        }
        if self.draining {
            return Err(RefusalReason::Draining);
        }
        let open = self.workers.iter().enumerate();
        let least = open
            .filter(|(_, slot)| slot.full.is_none())
            .min_by_key(|(_, slot)| slot.business());
        let Some((worker, _)) = least else {
            let reason = self.workers.first().and_then(|slot| slot.full);
            return Err(reason.unwrap_or(RefusalReason::Cpu));
        };
        let slot = &mut self.workers[worker];
        slot.rooms += 1;
        slot.unmeasured += 1;
        let place = Place {
            worker,
            participants: HashSet::new(),
        };
        self.rooms.insert(room.clone(), place);
        Ok(worker)
    }

    fn close(&mut self, room: &RoomName, participant: &ParticipantSid) -> Option<usize> {
        let place = self.rooms.get_mut(room)?;
        let worker = place.worker;
        place.participants.remove(participant);
        if place.participants.is_empty() {
            self.rooms.remove(room);
            self.workers[worker].rooms -= 1;
        }
        Some(worker)
    }
}

impl Slot {
    /// What the least busy worker has least of: CPU in steps, so that small differences do not
    /// count, then packets likewise, then rooms.
    fn business(&self) -> (u64, u64, usize) {
        let cpu = self.load.cpu_permille + self.unmeasured * ROOM_CPU;
        (cpu / STEP, self.load.packets / 5_000, self.rooms)
    }
}

/// Which limit, multiplied by `part`, the load reaches.
fn exceeded(load: Load, admission: Admission, part: f64) -> Option<RefusalReason> {
    if load.cpu_permille as f64 >= admission.cpu * part * 1_000.0 {
        Some(RefusalReason::Cpu)
    } else if load.packets as f64 >= admission.packets as f64 * part {
        Some(RefusalReason::Packets)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use sfu_core::Connections;

    use super::*;

    fn order(room: &str, participant: &str, action: Action) -> Command {
        Command {
            room: room.into(),
            participant: participant.into(),
            action,
        }
    }

    fn open(placement: &mut Placement, room: &str, who: &str) -> Result<usize, RefusalReason> {
        let action = Action::Open {
            identity: who.into(),
            connections: Connections::Single,
            publish: true,
            publish_data: true,
        };
        let worker = placement.worker_for(&order(room, who, action))?;
        Ok(worker.expect("an opened room has a worker"))
    }

    fn tell(placement: &mut Placement, room: &str, who: &str, action: Action) -> Option<usize> {
        let worker = placement.worker_for(&order(room, who, action));
        worker.expect("only Open is refused")
    }

    fn load(cpu_permille: u64, packets: u64, measured: u64) -> Load {
        Load {
            cpu_permille,
            packets,
            measured,
        }
    }

    #[test]
    fn a_room_stays_with_its_worker_until_its_last_leave() {
        let mut placement = Placement::new(3, Admission::default());
        let worker = open(&mut placement, "a", "PA_1").expect("room");
        placement.measured(worker, load(700, 0, 1));
        assert_eq!(open(&mut placement, "a", "PA_2"), Ok(worker));
        assert_eq!(
            tell(&mut placement, "a", "PA_2", Action::Resume),
            Some(worker)
        );
        assert_eq!(
            tell(&mut placement, "a", "PA_1", Action::Close),
            Some(worker)
        );
        assert_eq!(
            tell(&mut placement, "a", "PA_1", Action::Close),
            Some(worker)
        );
        assert_eq!(
            tell(&mut placement, "a", "PA_2", Action::Close),
            Some(worker)
        );
        assert_eq!(tell(&mut placement, "a", "PA_2", Action::Resume), None);
        assert!(placement.rooms.is_empty());
        assert!(placement.workers.iter().all(|slot| slot.rooms == 0));
        // The next room of that name goes where it is calm.
        assert_ne!(open(&mut placement, "a", "PA_3"), Ok(worker));
    }

    #[test]
    fn rooms_go_to_the_least_busy_and_spread_when_all_are_alike() {
        let mut placement = Placement::new(2, Admission::default());
        let mut rooms = [0; 2];
        for room in 0..40 {
            rooms[open(&mut placement, &room.to_string(), "PA").expect("room")] += 1;
        }
        assert_eq!(rooms, [20, 20], "a burst is not put in one place");
        placement.measured(0, load(500, 10_000, 1));
        placement.measured(1, load(100, 10_000, 1));
        assert_eq!(open(&mut placement, "x", "PA"), Ok(1), "less CPU");
        placement.measured(0, load(500, 10_000, 2));
        placement.measured(1, load(510, 90_000, 2));
        assert_eq!(
            open(&mut placement, "y", "PA"),
            Ok(0),
            "as good as equal: fewer packets"
        );
    }

    #[test]
    fn a_full_worker_takes_no_room_until_it_is_well_below_its_limit() {
        let mut placement = Placement::new(1, Admission::default());
        open(&mut placement, "old", "PA_1").expect("room");
        placement.measured(0, load(800, 0, 1));
        assert_eq!(open(&mut placement, "new", "PA"), Err(RefusalReason::Cpu));
        assert_eq!(
            open(&mut placement, "old", "PA_2"),
            Ok(0),
            "a visit is completed"
        );
        placement.measured(0, load(700, 0, 2));
        assert_eq!(open(&mut placement, "new", "PA"), Err(RefusalReason::Cpu));
        placement.measured(0, load(670, 240_000, 3));
        assert_eq!(
            open(&mut placement, "new", "PA"),
            Err(RefusalReason::Cpu),
            "near another limit"
        );
        placement.measured(0, load(670, 1_000, 4));
        assert_eq!(open(&mut placement, "new", "PA"), Ok(0));
        placement.measured(0, load(930, 0, 5));
        assert_eq!(open(&mut placement, "old", "PA_3"), Err(RefusalReason::Cpu));
        placement.measured(0, load(0, 250_000, 6));
        placement.measured(0, load(0, 300_000, 7));
        assert_eq!(
            open(&mut placement, "old", "PA_3"),
            Err(RefusalReason::Packets)
        );
        assert!(
            !placement.rooms["old"].participants.contains("PA_3"),
            "nothing of it remains"
        );
    }

    #[test]
    fn a_full_worker_is_passed_over() {
        let mut placement = Placement::new(2, Admission::default());
        placement.measured(0, load(0, 260_000, 1));
        placement.measured(1, load(600, 0, 1));
        assert_eq!(open(&mut placement, "a", "PA"), Ok(1));
    }

    #[test]
    fn a_draining_node_takes_no_rooms_and_keeps_its_own() {
        let mut placement = Placement::new(1, Admission::default());
        open(&mut placement, "old", "PA_1").expect("room");
        placement.set_draining(true);
        assert_eq!(
            open(&mut placement, "new", "PA"),
            Err(RefusalReason::Draining)
        );
        assert_eq!(open(&mut placement, "old", "PA_2"), Ok(0));
        placement.clear();
        assert_eq!(
            open(&mut placement, "old", "PA_2"),
            Err(RefusalReason::Draining)
        );
    }
}
