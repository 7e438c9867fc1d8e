//! What an appointment is and when it may be booked.

use domain::{
    AccountId, AppointmentId, ClinicId, OrganisationId, PatientId, Pii, ProviderId, VisitId,
    VisitState,
};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::refusal::Refusal;

/// Minutes an appointment may take.
const MINUTES: std::ops::RangeInclusive<i32> = 5..=240;
/// How late a slot may still be booked: somebody at the desk needs a moment to type.
const LATE: SignedDuration = SignedDuration::from_mins(5);
/// How far ahead a slot may be booked; further is a slip of the keyboard.
const AHEAD: SignedDuration = SignedDuration::from_hours(24 * 366 * 2);
/// Free starts are looked for in steps of this length …
const STEP: SignedDuration = SignedDuration::from_mins(15);
/// … this many to each side …
const STEPS: i32 = 16;
/// … and this many are told.
const ALTERNATIVES: usize = 3;

/// How patient and clinician meet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum VisitType {
    /// Over video.
    Video,
}

impl VisitType {
    /// The stable name in storage.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Video => "video",
        }
    }

    /// The type of that stable name.
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        (name == Self::Video.name()).then_some(Self::Video)
    }
}

/// A stretch of time: from `starts_at` until just before `ends_at`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Slot {
    pub(crate) starts_at: Timestamp,
    pub(crate) ends_at: Timestamp,
}

impl Slot {
    /// The slot of `minutes` from `starts_at`, if it may be booked at `now`.
    pub(crate) fn bookable(
        starts_at: Timestamp,
        minutes: i32,
        now: Timestamp,
    ) -> Result<Self, Refusal> {
        if !MINUTES.contains(&minutes) {
            return Err(Refusal::Field {
                field: "minutes",
                problem: "An appointment takes 5 to 240 minutes.",
            });
        }
        let until_start = starts_at.duration_since(now);
        if until_start < -LATE {
            return Err(Refusal::Field {
                field: "starts_at",
                problem: "This is in the past.",
            });
        }
        if until_start > AHEAD {
            return Err(Refusal::Field {
                field: "starts_at",
                problem: "This is more than two years ahead.",
            });
        }
        let length = SignedDuration::from_mins(i64::from(minutes));
        let ends_at = starts_at.checked_add(length).map_err(Refusal::internal)?;
        Ok(Self { starts_at, ends_at })
    }

    /// Whether both share an instant.
    pub(crate) fn overlaps(&self, other: &Self) -> bool {
        self.starts_at < other.ends_at && other.starts_at < self.ends_at
    }

    fn moved(&self, by: SignedDuration) -> Option<Self> {
        Some(Self {
            starts_at: self.starts_at.checked_add(by).ok()?,
            ends_at: self.ends_at.checked_add(by).ok()?,
        })
    }

    /// The stretch in which [`Slot::alternatives`] looks.
    pub(crate) fn neighbourhood(&self) -> Self {
        let reach = STEP * STEPS;
        Self {
            starts_at: self.starts_at.checked_sub(reach).unwrap_or(self.starts_at),
            ends_at: self.ends_at.checked_add(reach).unwrap_or(self.ends_at),
        }
    }

    /// Starts near this slot at which one of its length is free of `taken`, in order.
    pub(crate) fn alternatives(&self, taken: &[Self], now: Timestamp) -> Vec<Timestamp> {
        let nearest_first = (1..=STEPS).flat_map(|step| [STEP * step, STEP * -step]);
        let mut starts: Vec<Timestamp> = nearest_first
            .filter_map(|by| self.moved(by))
            .filter(|slot| slot.starts_at >= now)
            .filter(|slot| taken.iter().all(|other| !slot.overlaps(other)))
            .map(|slot| slot.starts_at)
            .take(ALTERNATIVES)
            .collect();
        starts.sort_unstable();
        starts
    }
}

/// An appointment as stored, with the state of its visit.
#[derive(Debug, Clone)]
pub(crate) struct AppointmentRecord {
    pub(crate) id: AppointmentId,
    pub(crate) version: i64,
    pub(crate) clinic: ClinicId,
    pub(crate) organisation: OrganisationId,
    pub(crate) visit: VisitId,
    pub(crate) patient: PatientId,
    pub(crate) provider: ProviderId,
    pub(crate) slot: Slot,
    pub(crate) status: VisitState,
    pub(crate) reason: Pii<String>,
    /// The account of the patient, if they have one.
    pub(crate) patient_account: Option<AccountId>,
    /// The account of the clinician.
    pub(crate) clinician_account: AccountId,
}

/// An appointment about to be stored, with its visit.
#[derive(Debug, Clone)]
pub(crate) struct NewRecord {
    pub(crate) id: AppointmentId,
    pub(crate) visit: VisitId,
    pub(crate) clinic: ClinicId,
    pub(crate) patient: PatientId,
    pub(crate) provider: ProviderId,
    pub(crate) slot: Slot,
    pub(crate) visit_type: VisitType,
    pub(crate) reason: Pii<String>,
    pub(crate) created_at: Timestamp,
    pub(crate) created_by: AccountId,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minute: i64) -> Timestamp {
        Timestamp::from_second(minute * 60).unwrap()
    }
    fn slot(from: i64, to: i64) -> Slot {
        Slot {
            starts_at: at(from),
            ends_at: at(to),
        }
    }

    #[test]
    fn a_slot_is_booked_ahead_and_has_a_sensible_length() {
        let now = at(100);
        assert_eq!(Slot::bookable(at(95), 30, now).unwrap(), slot(95, 125));
        for (start, minutes, field) in [
            (94, 30, "starts_at"),
            (60 * 24 * 800, 30, "starts_at"),
            (100, 4, "minutes"),
            (100, 241, "minutes"),
        ] {
            let refusal = Slot::bookable(at(start), minutes, now).unwrap_err();
            assert!(matches!(refusal, Refusal::Field { field: f, .. } if f == field));
        }
    }

    #[test]
    fn touching_slots_do_not_overlap() {
        assert!(!slot(0, 30).overlaps(&slot(30, 60)));
        assert!(slot(0, 31).overlaps(&slot(30, 60)));
    }

    #[test]
    fn alternatives_are_near_free_and_ahead() {
        let wanted = slot(600, 630);
        let taken = [slot(600, 630), slot(630, 660)];
        let near = wanted.alternatives(&taken, at(0));
        assert_eq!(near, [at(555), at(570), at(660)]);
        let late = wanted.alternatives(&taken, at(600));
        assert_eq!(late, [at(660), at(675), at(690)]);
        assert!(wanted.alternatives(&[slot(0, 10_000)], at(0)).is_empty());
    }
}
