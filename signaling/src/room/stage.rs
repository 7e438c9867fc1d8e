//! Whose cameras are received without asking: in a crowd only those of the last few who spoke
//! (last-N). Everybody's voice and every shared screen is received in any case, and whoever asks
//! for a camera gets it.
//!
//! There are as many seats as the room may hold before it counts as a crowd, so a small room is
//! on stage as a whole. Who speaks takes the seat of whoever has been silent longest; a seat just
//! taken or just spoken from is kept for a while, because each change of seats is a negotiation
//! with everybody.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use bus::media::ParticipantSid;

/// How long a seat is kept after the last word, or after it was taken.
const TENURE: Duration = Duration::from_secs(5);

/// The seats, and when everybody spoke last. One entry a participant.
#[derive(Debug, Default)]
pub(crate) struct Stage(BTreeMap<ParticipantSid, Member>);

#[derive(Debug, Clone, Copy)]
struct Member {
    /// Since when it has a seat.
    seated: Option<Duration>,
    /// When it was heard last.
    spoke: Option<Duration>,
}

/// Who changed places. Subscriptions to their cameras have to be settled.
pub(crate) type Moves = Vec<ParticipantSid>;

impl Stage {
    /// Whether the camera of `sid` is received without asking.
    pub(crate) fn holds(&self, sid: &str) -> bool {
        self.0.get(sid).is_some_and(|who| who.seated.is_some())
    }

    /// Somebody came: a free seat is taken.
    pub(crate) fn enter(&mut self, sid: &ParticipantSid, seats: usize, now: Duration) {
        let seated = (self.taken() < seats).then_some(now);
        let newcomer = Member {
            seated,
            spoke: None,
        };
        self.0.insert(Arc::clone(sid), newcomer);
    }

    /// Somebody left: of those without a seat the one who spoke last moves up.
    pub(crate) fn leave(&mut self, sid: &str, now: Duration) -> Moves {
        let left = self.0.remove(sid);
        if left.is_none_or(|who| who.seated.is_none()) {
            return Moves::new();
        }
        let standing = self.0.iter_mut().filter(|(_, who)| who.seated.is_none());
        let Some((next, who)) = standing.max_by_key(|(_, who)| who.spoke) else {
            return Moves::new();
        };
        who.seated = Some(now);
        vec![Arc::clone(next)]
    }

    /// These speak at `now`, loudest first. Whoever has no seat takes one, if one can be had.
    pub(crate) fn speak(&mut self, speakers: &[ParticipantSid], now: Duration) -> Moves {
        for sid in speakers {
            if let Some(who) = self.0.get_mut(sid) {
                who.spoke = Some(now);
            }
        }
        let mut moves = Moves::new();
        for sid in speakers {
            if self.0.get(sid).is_none_or(|who| who.seated.is_some()) {
                continue;
            }
            let Some(silent) = self.most_silent(speakers, now) else {
                break;
            };
            self.seat(&silent, None);
            self.seat(sid, Some(now));
            moves.extend([silent, Arc::clone(sid)]);
        }
        moves
    }

    fn seat(&mut self, sid: &ParticipantSid, seated: Option<Duration>) {
        if let Some(who) = self.0.get_mut(sid) {
            who.seated = seated;
        }
    }

    /// Who has to give up a seat first, if anybody has to.
    fn most_silent(&self, speakers: &[ParticipantSid], now: Duration) -> Option<ParticipantSid> {
        let seated = self.0.iter().filter_map(|(sid, who)| {
            let kept_until = who.seated?.max(who.spoke.unwrap_or_default()) + TENURE;
            (kept_until <= now && !speakers.contains(sid)).then_some((who.spoke, who.seated, sid))
        });
        let (.., sid) = seated.min()?;
        Some(Arc::clone(sid))
    }

    fn taken(&self) -> usize {
        let seated = self.0.values().filter(|who| who.seated.is_some());
        seated.count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn sid(number: u32) -> ParticipantSid {
        format!("PA_{number:02}").into()
    }

    /// Three seats, five people.
    fn stage() -> Stage {
        let mut stage = Stage::default();
        for number in 0..5 {
            stage.enter(&sid(number), 3, Duration::ZERO);
        }
        stage
    }

    fn seated(stage: &Stage) -> Vec<u32> {
        (0..5).filter(|n| stage.holds(&sid(*n))).collect()
    }

    #[test]
    fn who_speaks_takes_the_seat_of_the_most_silent() {
        let mut stage = stage();
        assert_eq!(seated(&stage), [0, 1, 2]);
        assert_eq!(stage.speak(&[sid(0)], SECOND), []);
        assert_eq!(stage.speak(&[sid(2)], 2 * SECOND), []);
        assert_eq!(stage.speak(&[sid(4)], 7 * SECOND), [sid(1), sid(4)]);
        assert_eq!(stage.speak(&[sid(3)], 8 * SECOND), [sid(0), sid(3)]);
        assert_eq!(seated(&stage), [2, 3, 4]);
    }

    #[test]
    fn a_seat_is_kept_while_its_holder_speaks_and_a_while_after() {
        let mut stage = stage();
        assert_eq!(stage.speak(&[sid(4)], 4 * SECOND), [], "all have just come");
        let all: Vec<_> = (0..5).map(sid).collect();
        assert_eq!(stage.speak(&all, 60 * SECOND), [], "all speak at once");
        assert_eq!(stage.speak(&[sid(3)], 64 * SECOND), []);
        assert_eq!(stage.speak(&[sid(3)], 65 * SECOND).len(), 2);
    }

    #[test]
    fn a_free_seat_goes_to_who_spoke_last_of_those_without() {
        let mut stage = stage();
        assert_eq!(stage.speak(&[sid(4)], SECOND), []);
        assert_eq!(stage.leave(&sid(3), 2 * SECOND), []);
        assert_eq!(stage.leave(&sid(0), 2 * SECOND), [sid(4)]);
        assert_eq!(stage.leave(&sid(1), 2 * SECOND), []);
    }
}
