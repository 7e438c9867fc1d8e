//! The line before one clinician, and an honest guess of how long it takes.

pub(crate) mod store;

use domain::VisitId;
use jiff::Timestamp;

use crate::visit::dto::{EstimatedMinutes, Queue};

/// Guesses are told in steps of this many minutes: more would be pretence.
const STEP: i64 = 5;

/// One who waits.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Waiting {
    pub(crate) visit: VisitId,
    /// The booked length.
    pub(crate) minutes: i64,
}

/// The line before one clinician at one moment.
#[derive(Debug, Clone, Default)]
pub(crate) struct Line {
    /// First in line first.
    pub(crate) waiting: Vec<Waiting>,
    /// When the visit the clinician is in began, and its booked length in minutes.
    pub(crate) current: Option<(Timestamp, i64)>,
}

impl Line {
    /// The visits that wait, first in line first.
    pub(crate) fn ids(&self) -> Vec<VisitId> {
        self.waiting.iter().map(|waiting| waiting.visit).collect()
    }

    /// The place of `visit`, if it waits in this line.
    ///
    /// Those ahead take between half and all of their booked time; the visit under way takes
    /// what is left of its own, and when it runs over, up to one step more.
    pub(crate) fn place(&self, visit: VisitId, now: Timestamp) -> Option<Queue> {
        let index = self.waiting.iter().position(|other| other.visit == visit)?;
        let ahead: i64 = self.waiting[..index]
            .iter()
            .map(|other| other.minutes)
            .sum();
        let left = self.current.map(|(since, minutes)| {
            let gone = now.duration_since(since).as_mins().max(0);
            (minutes - gone).max(0)
        });
        let (low, high) = match left {
            None => (ahead / 2, ahead),
            Some(left) => (left / 2 + ahead / 2, left.max(STEP) + ahead),
        };
        Some(Queue {
            ahead: u32::try_from(index).unwrap_or(u32::MAX),
            estimated_minutes: EstimatedMinutes {
                low: rounded(low / STEP),
                high: rounded((high + STEP - 1) / STEP),
            },
        })
    }
}

fn rounded(steps: i64) -> u32 {
    u32::try_from(steps * STEP).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn visit(n: u128) -> VisitId {
        Uuid::from_u128(n).into()
    }
    fn at(minute: i64) -> Timestamp {
        Timestamp::from_second(minute * 60).unwrap()
    }
    fn line(lengths: &[i64], current: Option<(Timestamp, i64)>) -> Line {
        let waiting = lengths.iter().zip(1..).map(|(minutes, n)| Waiting {
            visit: visit(n),
            minutes: *minutes,
        });
        Line {
            waiting: waiting.collect(),
            current,
        }
    }
    fn guess(line: &Line, n: u128, now: i64) -> (u32, u32, u32) {
        let place = line.place(visit(n), at(now)).unwrap();
        let minutes = place.estimated_minutes;
        (place.ahead, minutes.low, minutes.high)
    }

    #[test]
    fn the_first_of_an_idle_clinician_is_next() {
        assert_eq!(guess(&line(&[30], None), 1, 0), (0, 0, 0));
    }

    #[test]
    fn those_ahead_take_between_half_and_all_of_their_time() {
        assert_eq!(guess(&line(&[20, 10, 30], None), 3, 0), (2, 15, 30));
    }

    #[test]
    fn the_visit_under_way_takes_what_is_left_of_it() {
        let busy = line(&[20], Some((at(0), 30)));
        assert_eq!(guess(&busy, 1, 10), (0, 10, 20));
        assert_eq!(guess(&busy, 1, 45), (0, 0, 5), "running over");
    }

    #[test]
    fn whoever_does_not_wait_has_no_place() {
        assert_eq!(line(&[20], None).place(visit(9), at(0)), None);
    }
}
