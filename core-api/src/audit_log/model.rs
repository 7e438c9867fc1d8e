//! What a report is, and what stands out in one.

use ::store::audit::{Action, Outcome, Row, Topic};
use domain::Role;
use jiff::Timestamp;
use jiff::civil::Weekday;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The first hour, on the clinic's clock, of a working day.
const OPENS: i8 = 7;
/// The hour at which a working day is over.
const CLOSES: i8 = 19;

/// The reports there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Report {
    /// Everything done with one patient's data (45 CFR 164.528). Needs `patient_id`.
    AccountingOfDisclosures,
    /// Everything one person did. Needs `account_id`.
    UserActivity,
    /// Emergency access, its review, and what was done under it.
    BreakGlass,
    /// Sign-ins and proofs of identity that failed.
    FailedSignIns,
    /// What left the system.
    Exports,
    /// Staff who reached data of patients outside working days, 7 to 19 o'clock at the clinic.
    AfterHours,
    /// Staff who reached data of patients with their own family name.
    SameFamilyName,
}

impl Report {
    /// The stable name.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::AccountingOfDisclosures => "accounting-of-disclosures",
            Self::UserActivity => "user-activity",
            Self::BreakGlass => "break-glass",
            Self::FailedSignIns => "failed-sign-ins",
            Self::Exports => "exports",
            Self::AfterHours => "after-hours",
            Self::SameFamilyName => "same-family-name",
        }
    }

    /// The rows it is taken from; none means all.
    pub(crate) const fn topic(self) -> Option<Topic> {
        match self {
            Self::AccountingOfDisclosures | Self::UserActivity => None,
            Self::BreakGlass => Some(Topic::BreakGlass),
            Self::FailedSignIns => Some(Topic::FailedSignIns),
            Self::Exports => Some(Topic::Exports),
            Self::AfterHours | Self::SameFamilyName => Some(Topic::PatientData),
        }
    }
}

/// Whether staff wrote the row: somebody with a role other than a patient's or family's.
pub(crate) fn is_by_staff(row: &Row) -> bool {
    let outsiders = [Role::Patient, Role::FamilyMember].map(Role::name);
    row.roles
        .iter()
        .any(|role| !outsiders.contains(&role.as_str()))
}

/// Whether `at` is outside working days on the clock of `zone`.
pub(crate) fn is_after_hours(at: Timestamp, zone: &TimeZone) -> bool {
    let local = at.to_zoned(zone.clone());
    let weekend = matches!(local.weekday(), Weekday::Saturday | Weekday::Sunday);
    weekend || !(OPENS..CLOSES).contains(&local.hour())
}

/// The family name in a display name: its last word, without regard to case. None for less than
/// two words, where no word is known to be a family name.
pub(crate) fn family_name(display_name: &str) -> Option<String> {
    let mut words = display_name.split_whitespace();
    words.next()?;
    words.next_back().map(str::to_lowercase)
}

/// What a row means to the patient, as a sentence that begins after the name of who acted.
pub(crate) fn in_plain_words(row: &Row) -> String {
    let thing = match row.resource_type.as_str() {
        "patient" => "your personal details",
        "chart" => "your medical record",
        "visit" => "your visit",
        "visit_journal" => "the record of who was in your visit",
        "appointment" => "your appointment",
        "consent" => "your consents",
        "conversation" | "message" => "your messages",
        "waiting_room" => "the waiting room you were in",
        "audit_log" => "the list of who opened your record",
        "care_team" => "your care team",
        "proxy" => "who may act for you",
        "emergency_access" => "an emergency access to your record",
        "invitation" => "an invitation to your visit",
        _ => "something of yours",
    };
    let deed = match row.action.as_str() {
        "read" => format!("looked at {thing}"),
        "search" | "show" => format!("saw {thing} in a list"),
        "create" => format!("made {thing}"),
        "update" => format!("changed {thing}"),
        "delete" => format!("removed {thing}"),
        "export" => format!("took out a copy of {thing}"),
        "reschedule" => "moved your appointment".to_owned(),
        "cancel" => "called off your appointment".to_owned(),
        "check_in" => "checked you in".to_owned(),
        "admit" => "let you in to your visit".to_owned(),
        "join" | "enter" => "came into your visit".to_owned(),
        "leave" => "left your visit".to_owned(),
        "start" => "began your visit".to_owned(),
        "complete" => "ended your visit".to_owned(),
        "send" => "sent you a message".to_owned(),
        "break_glass" => "opened your record in an emergency".to_owned(),
        _ => format!("did something with {thing}"),
    };
    let emergency = row.purpose == "emergency" && row.action != Action::BreakGlass.name();
    let tried = match row.outcome.as_str() {
        outcome if outcome == Outcome::Success.name() => deed,
        _ => format!("tried something with {thing} and was not allowed to"),
    };
    match emergency {
        true => format!("{tried}, in an emergency"),
        false => tried,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn working_hours_are_the_clinics_own() {
        let toronto = TimeZone::get("America/Toronto").expect("a zone");
        let after = |at: &str| is_after_hours(at.parse().expect("an instant"), &toronto);
        // Monday 23 November 2026, UTC-5.
        assert!(after("2026-11-23T11:59:59Z"));
        assert!(!after("2026-11-23T12:00:00Z"));
        assert!(!after("2026-11-23T23:59:59Z"));
        assert!(after("2026-11-24T00:00:00Z"));
        assert!(after("2026-11-22T17:00:00Z"), "a Sunday");
    }

    #[test]
    fn a_family_name_is_the_last_of_several_words() {
        assert_eq!(family_name("Mina  LEE "), Some("lee".to_owned()));
        assert_eq!(family_name("Ana María Ruiz"), Some("ruiz".to_owned()));
        assert_eq!(family_name("Cher"), None);
        assert_eq!(family_name(""), None);
    }
}
