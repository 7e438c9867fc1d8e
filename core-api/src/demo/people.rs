//! Who works at the demo clinic and who is cared for there. None of them exists.

use domain::Role;
use jiff::civil::Date;

use crate::chart::model::EntryKind;
use crate::patient::model::Sex;

/// The demo clinic's name.
pub(super) const CLINIC: &str = "Harbour Street Clinic";
/// Where it is.
pub(super) const TIME_ZONE: &str = "America/Toronto";

/// Somebody who can sign in.
pub(super) struct Person {
    pub(super) role: Role,
    pub(super) name: &'static str,
    pub(super) email: &'static str,
    /// For clinicians.
    pub(super) specialty: &'static str,
}

/// Everybody who can sign in, in the order they are printed: the patient of the visit that
/// starts now first, then one who has no part in it.
pub(super) const PEOPLE: [Person; 7] = [
    person(Role::Patient, "Amina Osei", "amina.osei@demo.example", ""),
    person(
        Role::Patient,
        "Jonas Lindqvist",
        "jonas.lindqvist@demo.example",
        "",
    ),
    person(
        Role::Clinician,
        "Dr Mina Lee",
        "mina.lee@demo.example",
        "Family medicine",
    ),
    person(
        Role::Clinician,
        "Dr Chidi Okafor",
        "chidi.okafor@demo.example",
        "Dermatology",
    ),
    person(
        Role::Coordinator,
        "Paula Ruiz",
        "paula.ruiz@demo.example",
        "",
    ),
    person(
        Role::ClinicAdmin,
        "Tomas Berg",
        "tomas.berg@demo.example",
        "",
    ),
    person(
        Role::Compliance,
        "Ines Duarte",
        "ines.duarte@demo.example",
        "",
    ),
];

const fn person(
    role: Role,
    name: &'static str,
    email: &'static str,
    specialty: &'static str,
) -> Person {
    Person {
        role,
        name,
        email,
        specialty,
    }
}

/// Somebody in care.
pub(super) struct DemoPatient {
    /// The e-mail of their account in [`PEOPLE`], if they have one.
    pub(super) account: Option<&'static str>,
    pub(super) name: &'static str,
    pub(super) date_of_birth: Date,
    pub(super) sex: Sex,
    pub(super) pronouns: Option<&'static str>,
    pub(super) phone: &'static str,
    pub(super) chart: &'static [(EntryKind, &'static str)],
}

/// Everybody in care, the patient of the visit that starts now first.
pub(super) const PATIENTS: [DemoPatient; 3] = [
    DemoPatient {
        account: Some("amina.osei@demo.example"),
        name: "Amina Osei",
        date_of_birth: Date::constant(1984, 3, 9),
        sex: Sex::Female,
        pronouns: Some("she/her"),
        phone: "+1 416 555 0123",
        chart: &[
            (
                EntryKind::Allergy,
                "Penicillin: rash and swelling of the lips (2011)",
            ),
            (EntryKind::Allergy, "Latex: contact rash"),
            (EntryKind::Medication, "Lisinopril 10 mg, once a day"),
            (EntryKind::Medication, "Metformin 500 mg, twice a day"),
            (EntryKind::Condition, "Hypertension, stage 1"),
            (EntryKind::Condition, "Type 2 diabetes"),
            (
                EntryKind::Note,
                "Home readings around 135/85. Asked to bring the diary next time.",
            ),
        ],
    },
    DemoPatient {
        account: Some("jonas.lindqvist@demo.example"),
        name: "Jonas Lindqvist",
        date_of_birth: Date::constant(1959, 7, 30),
        sex: Sex::Male,
        pronouns: None,
        phone: "+1 416 555 0187",
        chart: &[
            (EntryKind::Medication, "Cetirizine 10 mg, when needed"),
            (EntryKind::Condition, "Atopic dermatitis since childhood"),
        ],
    },
    DemoPatient {
        account: None,
        name: "Wei Zhang",
        date_of_birth: Date::constant(1991, 12, 2),
        sex: Sex::Female,
        pronouns: Some("they/them"),
        phone: "+1 416 555 0142",
        chart: &[
            (EntryKind::Allergy, "No known allergies"),
            (EntryKind::Condition, "Asthma, mild"),
        ],
    },
];

/// A visit that every start sees to.
pub(super) struct DemoVisit {
    /// The patient's name in [`PATIENTS`].
    pub(super) patient: &'static str,
    /// The clinician's e-mail in [`PEOPLE`].
    pub(super) clinician: &'static str,
    /// Minutes from now to its start.
    pub(super) starts_in: i64,
    pub(super) minutes: i32,
    pub(super) reason: &'static str,
}

/// The day's visits: one that starts now, and two whose patients could come early.
pub(super) const VISITS: [DemoVisit; 3] = [
    DemoVisit {
        patient: "Amina Osei",
        clinician: "mina.lee@demo.example",
        starts_in: 0,
        minutes: 30,
        reason: "Blood pressure follow-up",
    },
    DemoVisit {
        patient: "Jonas Lindqvist",
        clinician: "chidi.okafor@demo.example",
        starts_in: 15,
        minutes: 20,
        reason: "Rash on both forearms for two weeks, itching at night",
    },
    DemoVisit {
        patient: "Wei Zhang",
        clinician: "mina.lee@demo.example",
        starts_in: 30,
        minutes: 20,
        reason: "Asthma review",
    },
];

/// Visits of the past, for the chart, newest first: patient, clinician, days ago.
pub(super) const PAST: [(&str, &str, i64); 2] = [
    ("Amina Osei", "mina.lee@demo.example", 95),
    ("Amina Osei", "chidi.okafor@demo.example", 203),
];
