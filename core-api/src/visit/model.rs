//! What a visit is.

use ::store::AuditEntry;
use domain::{AccountId, AppointmentId, ClinicId, PatientId, Pii, ProviderId, VisitId, VisitState};
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::access::Reach;
use crate::appointment::model::VisitType;
use crate::caller::Caller;
use crate::moderation::model::Door;
use crate::patient::model::Sex;

/// How long before its start a visit can be entered.
const OPENS_BEFORE: SignedDuration = SignedDuration::from_mins(30);
/// How long after its end a visit can be entered.
const CLOSES_AFTER: SignedDuration = SignedDuration::from_mins(60);

/// When a visit can be entered: from `opens_at` until just before `closes_at`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Window {
    pub(crate) opens_at: Timestamp,
    pub(crate) closes_at: Timestamp,
}

impl Window {
    /// The window of a visit booked for this time.
    pub(crate) fn of(starts_at: Timestamp, ends_at: Timestamp) -> Self {
        Self {
            opens_at: starts_at.saturating_sub(OPENS_BEFORE).unwrap_or(starts_at),
            closes_at: ends_at.saturating_add(CLOSES_AFTER).unwrap_or(ends_at),
        }
    }

    /// Whether `now` is inside.
    pub(crate) fn is_open(&self, now: Timestamp) -> bool {
        (self.opens_at..self.closes_at).contains(&now)
    }

    /// Visits whose window is open at `now` end after this.
    pub(crate) fn oldest_end(now: Timestamp) -> Timestamp {
        now.saturating_sub(CLOSES_AFTER).unwrap_or(Timestamp::MIN)
    }
}

/// How a part of the device check went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum DeviceResult {
    /// It works.
    Ok,
    /// It does not work.
    Failed,
    /// The patient did not try.
    Skipped,
}

impl DeviceResult {
    /// The stable name in storage.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
        }
    }

    /// The result of that stable name.
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        [Self::Ok, Self::Failed, Self::Skipped]
            .into_iter()
            .find(|result| result.name() == name)
    }
}

/// What the patient's device check found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DeviceCheck {
    pub(crate) camera: DeviceResult,
    pub(crate) microphone: DeviceResult,
    pub(crate) network: DeviceResult,
}

/// What the caller may ask of a visit now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = VisitAction)]
pub(crate) enum Offer {
    /// Say that the patient is here.
    CheckIn,
    /// Finish set-up.
    Ready,
    /// Let the patient in.
    Admit,
    /// Obtain a media token.
    Join,
    /// Send the patient back to waiting.
    ReturnToWaiting,
    /// End the visit.
    Complete,
    /// Call the visit off.
    Cancel,
    /// Record that the patient did not come.
    NoShow,
}

/// A visit as stored, with its appointment and parties.
#[derive(Debug, Clone)]
pub(crate) struct VisitRecord {
    pub(crate) id: VisitId,
    pub(crate) version: i64,
    pub(crate) state: VisitState,
    pub(crate) clinic: ClinicId,
    /// What whoever the transaction serves is to the patient, and where the visit belongs.
    pub(crate) reach: Reach,
    /// Whether it is live, or inside the time in which its clinic lets an appointment make a care
    /// relationship.
    pub(crate) is_near: bool,
    pub(crate) appointment: AppointmentId,
    pub(crate) starts_at: Timestamp,
    pub(crate) ends_at: Timestamp,
    pub(crate) reason: Pii<String>,
    pub(crate) visit_type: VisitType,
    pub(crate) patient: PatientParty,
    pub(crate) clinician: ClinicianParty,
    pub(crate) checked_in_at: Option<Timestamp>,
    pub(crate) ready_at: Option<Timestamp>,
    pub(crate) admission: Option<AdmittedBy>,
    pub(crate) started_at: Option<Timestamp>,
    pub(crate) ended_at: Option<Timestamp>,
    pub(crate) device_check: Option<DeviceCheck>,
    /// Whether consent to the telehealth text in force stands.
    pub(crate) consent_telehealth: bool,
    /// Whether the door of its room is shut, and to whom.
    pub(crate) door: Door,
}

/// Who let the patient in, and when.
#[derive(Debug, Clone)]
pub(crate) struct AdmittedBy {
    pub(crate) at: Timestamp,
    pub(crate) account: AccountId,
    pub(crate) display_name: Pii<String>,
}

/// The patient of a visit.
#[derive(Debug, Clone)]
pub(crate) struct PatientParty {
    pub(crate) id: PatientId,
    pub(crate) account: Option<AccountId>,
    pub(crate) display_name: Pii<String>,
    pub(crate) date_of_birth: Date,
    pub(crate) sex: Sex,
    pub(crate) pronouns: Option<Pii<String>>,
}

/// The clinician of a visit.
#[derive(Debug, Clone)]
pub(crate) struct ClinicianParty {
    pub(crate) id: ProviderId,
    pub(crate) account: AccountId,
    pub(crate) display_name: Pii<String>,
    pub(crate) specialty: String,
}

impl VisitRecord {
    /// Whether `caller` conducts the visit, and it is of their work now.
    pub(crate) fn attended_by(&self, caller: &Caller) -> bool {
        self.clinician.account == caller.account && self.is_near
    }

    /// `entry`, about the patient, with what it must tell of the caller's standing.
    pub(crate) fn mark(&self, caller: &Caller, entry: AuditEntry) -> AuditEntry {
        let entry = entry.patient(self.patient.id);
        if self.attended_by(caller) {
            return entry;
        }
        self.reach.standing.mark(entry)
    }

    /// When the visit can be entered.
    pub(crate) fn window(&self) -> Window {
        Window::of(self.starts_at, self.ends_at)
    }
}
