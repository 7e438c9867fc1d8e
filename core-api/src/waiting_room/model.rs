//! What the board shows, and in which order.

use domain::VisitState;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan as _};

use crate::visit::model::VisitRecord;

/// How far the board looks back over midnight, for visits still under way.
const BACK: SignedDuration = SignedDuration::from_hours(4);
/// How far the board looks ahead over midnight, for patients who come early.
const AHEAD: SignedDuration = SignedDuration::from_hours(1);

/// The starts the board covers at `now`: the local day of the clinic, and what is near `now` on
/// either side of midnight. A zone nobody knows counts as UTC.
pub(crate) fn day(now: Timestamp, time_zone: &str) -> (Timestamp, Timestamp) {
    let zone = TimeZone::get(time_zone).unwrap_or(TimeZone::UTC);
    let local = now.to_zoned(zone);
    let midnight = local.start_of_day().map_or(now, |start| start.timestamp());
    let tomorrow = local
        .tomorrow()
        .and_then(|next| next.start_of_day())
        .map(|start| start.timestamp())
        .or_else(|_| now.checked_add(24.hours()))
        .unwrap_or(now);
    let near = |by| now.checked_add(by).unwrap_or(now);
    (midnight.min(near(-BACK)), tomorrow.max(near(AHEAD)))
}

/// Brings visits into the board's order: who waits, by arrival; who is in a visit; who is
/// expected, by start; who is done.
pub(crate) fn sort(visits: &mut [VisitRecord]) {
    visits.sort_by_key(|visit| {
        let group = match visit.state {
            VisitState::CheckedIn | VisitState::Ready => 0,
            VisitState::Admitted | VisitState::InProgress => 1,
            VisitState::Scheduled => 2,
            VisitState::Completed | VisitState::Cancelled | VisitState::NoShow => 3,
        };
        let arrival = visit.checked_in_at.filter(|_| group == 0);
        (group, arrival.unwrap_or(visit.starts_at), visit.id)
    });
}

#[cfg(test)]
mod tests {
    use super::day;

    fn board(now: &str, zone: &str) -> (String, String) {
        let (from, to) = day(now.parse().unwrap(), zone);
        (from.to_string(), to.to_string())
    }

    #[test]
    fn the_board_covers_the_clinics_day() {
        assert_eq!(
            board("2026-11-23T18:00:00Z", "America/Toronto"),
            ("2026-11-23T05:00:00Z".into(), "2026-11-24T05:00:00Z".into())
        );
    }

    #[test]
    fn a_day_with_a_change_of_clocks_has_its_own_length() {
        assert_eq!(
            board("2026-11-01T18:00:00Z", "America/Toronto"),
            ("2026-11-01T04:00:00Z".into(), "2026-11-02T05:00:00Z".into())
        );
    }

    #[test]
    fn around_midnight_neighbours_stay_in_sight() {
        assert_eq!(
            board("2026-11-24T05:10:00Z", "America/Toronto"),
            ("2026-11-24T01:10:00Z".into(), "2026-11-25T05:00:00Z".into())
        );
        assert_eq!(
            board("2026-11-24T04:50:00Z", "America/Toronto"),
            ("2026-11-23T05:00:00Z".into(), "2026-11-24T05:50:00Z".into())
        );
    }
}
