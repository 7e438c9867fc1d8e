//! Appointments as the API shows and takes them.

use domain::{AppointmentId, PatientId, ProviderId, VisitId, VisitState};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::appointment::model::VisitType;
use crate::http::schema::VisitStateName;

/// A booked slot.
#[derive(Clone, Serialize, ToSchema)]
pub(crate) struct Appointment {
    #[schema(value_type = Uuid)]
    pub(crate) id: AppointmentId,
    /// The value of `ETag` and `If-Match`.
    pub(crate) version: i64,
    #[schema(value_type = Uuid)]
    pub(crate) visit_id: VisitId,
    #[schema(value_type = Uuid)]
    pub(crate) patient_id: PatientId,
    #[schema(value_type = Uuid)]
    pub(crate) provider_id: ProviderId,
    pub(crate) starts_at: Timestamp,
    pub(crate) ends_at: Timestamp,
    /// The state of its visit.
    #[schema(value_type = VisitStateName)]
    pub(crate) status: VisitState,
    pub(crate) reason: String,
}

/// An appointment to be booked.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewAppointment {
    #[schema(value_type = Uuid)]
    pub(crate) patient_id: PatientId,
    #[schema(value_type = Uuid)]
    pub(crate) provider_id: ProviderId,
    pub(crate) starts_at: Timestamp,
    /// 5 to 240.
    #[schema(minimum = 5, maximum = 240)]
    pub(crate) minutes: i32,
    pub(crate) visit_type: VisitType,
    /// Why the patient comes, in their words.
    #[schema(max_length = 500)]
    pub(crate) reason: String,
}

/// Another time for an appointment.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MoveAppointment {
    pub(crate) starts_at: Timestamp,
    /// 5 to 240.
    #[schema(minimum = 5, maximum = 240)]
    pub(crate) minutes: i32,
}
