//! Visits as the API shows and takes them.

use domain::{
    AccountId, AppointmentId, ClinicId, ConversationId, PatientId, ProviderId, VisitId, VisitState,
};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::appointment::model::VisitType;
use crate::http::schema::VisitStateName;
use crate::journal::dto::PartyMedia;
use crate::patient::model::Sex;
use crate::visit::model::{DeviceCheck, Offer};

/// A telehealth visit as the caller may see it.
#[derive(Clone, Serialize, ToSchema)]
pub(crate) struct Visit {
    #[schema(value_type = Uuid)]
    pub(crate) id: VisitId,
    /// Grows with each change; the value of `ETag`.
    pub(crate) version: i64,
    #[schema(value_type = VisitStateName)]
    pub(crate) state: VisitState,
    #[schema(value_type = Uuid)]
    pub(crate) clinic_id: ClinicId,
    #[schema(value_type = Uuid)]
    pub(crate) appointment_id: AppointmentId,
    pub(crate) starts_at: Timestamp,
    pub(crate) ends_at: Timestamp,
    /// From here on the patient can check in and parties can join.
    pub(crate) window_opens_at: Timestamp,
    /// From here on nobody can.
    pub(crate) window_closes_at: Timestamp,
    pub(crate) reason: String,
    pub(crate) visit_type: VisitType,
    pub(crate) patient: VisitPatient,
    pub(crate) clinician: VisitClinician,
    #[schema(required = true)]
    pub(crate) checked_in_at: Option<Timestamp>,
    #[schema(required = true)]
    pub(crate) ready_at: Option<Timestamp>,
    #[schema(required = true)]
    pub(crate) admitted_at: Option<Timestamp>,
    /// The account that admitted the patient.
    #[schema(value_type = Option<Uuid>, required = true)]
    pub(crate) admitted_by: Option<AccountId>,
    #[schema(required = true)]
    pub(crate) started_at: Option<Timestamp>,
    #[schema(required = true)]
    pub(crate) ended_at: Option<Timestamp>,
    #[schema(value_type = Uuid)]
    pub(crate) conversation_id: ConversationId,
    /// Whether the patient's consent to the telehealth text in force is given and not withdrawn.
    pub(crate) consent_telehealth: bool,
    #[schema(required = true)]
    pub(crate) device_check: Option<DeviceCheck>,
    /// The place in line while the patient waits.
    #[schema(required = true)]
    pub(crate) queue: Option<Queue>,
    /// How the media of each party went; empty until the visit is over. Patients see their own.
    pub(crate) media: Vec<PartyMedia>,
    /// What the caller may do now.
    pub(crate) actions: Vec<Offer>,
}

/// The patient of a visit.
#[derive(Clone, Serialize, ToSchema)]
pub(crate) struct VisitPatient {
    #[schema(value_type = Uuid)]
    pub(crate) id: PatientId,
    #[schema(value_type = Option<Uuid>, required = true)]
    pub(crate) account_id: Option<AccountId>,
    pub(crate) display_name: String,
    pub(crate) date_of_birth: Date,
    pub(crate) sex: Sex,
    #[schema(required = true)]
    pub(crate) pronouns: Option<String>,
}

/// The clinician of a visit.
#[derive(Clone, Serialize, ToSchema)]
pub(crate) struct VisitClinician {
    #[schema(value_type = Uuid)]
    pub(crate) id: ProviderId,
    #[schema(value_type = Uuid)]
    pub(crate) account_id: AccountId,
    pub(crate) display_name: String,
    pub(crate) specialty: String,
}

/// The place of a waiting patient.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Queue {
    /// How many wait before this one for the same clinician.
    pub(crate) ahead: u32,
    pub(crate) estimated_minutes: EstimatedMinutes,
}

/// A range, honest about what nobody can know exactly.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct EstimatedMinutes {
    pub(crate) low: u32,
    pub(crate) high: u32,
}

/// A page of visits, by start.
#[derive(Serialize, ToSchema)]
pub(crate) struct VisitList {
    pub(crate) items: Vec<Visit>,
    /// Where the next page starts; null on the last.
    #[schema(required = true)]
    pub(crate) next_cursor: Option<String>,
}

/// The end of set-up.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReadyRequest {
    pub(crate) device_check: DeviceCheck,
}

/// Why something is called off.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CancelRequest {
    #[serde(default)]
    #[schema(max_length = 500)]
    pub(crate) reason: String,
}

/// How to enter the media room.
#[derive(Serialize, ToSchema)]
pub(crate) struct JoinAnswer {
    /// The address for a LiveKit client: `ws(s)://host`.
    pub(crate) url: String,
    /// A LiveKit access token, good for minutes.
    pub(crate) token: String,
    /// The room: the visit's id.
    #[schema(value_type = Uuid)]
    pub(crate) room: VisitId,
    /// Who the bearer is in the room: the account's id.
    #[schema(value_type = Uuid)]
    pub(crate) identity: AccountId,
    pub(crate) expires_at: Timestamp,
}

/// Which visits to list.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub(crate) struct VisitQuery {
    /// Those that start at or after this instant.
    pub(crate) from: Option<Timestamp>,
    /// Those that start before this instant.
    pub(crate) to: Option<Timestamp>,
    /// Those in this state.
    #[param(value_type = Option<VisitStateName>)]
    pub(crate) state: Option<VisitState>,
    /// `next_cursor` of the page before.
    pub(crate) cursor: Option<String>,
    /// 1 to 100; 50 when left out.
    #[param(minimum = 1, maximum = 100)]
    pub(crate) limit: Option<u32>,
}
