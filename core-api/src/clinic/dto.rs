//! Clinics as the API shows them.

use domain::ClinicId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A clinic.
#[derive(Clone, Serialize, ToSchema)]
pub(crate) struct Clinic {
    #[schema(value_type = Uuid)]
    pub(crate) id: ClinicId,
    pub(crate) name: String,
    /// An IANA time zone name, for example `America/Toronto`.
    pub(crate) time_zone: String,
}

/// What a clinic decides about access to its patients.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AccessPolicy {
    /// Days before its start from which on an appointment makes a care relationship.
    #[schema(minimum = 0, maximum = 365)]
    pub(crate) care_days_before: i32,
    /// Days after its end until which it does.
    #[schema(minimum = 0, maximum = 365)]
    pub(crate) care_days_after: i32,
    /// The age of the patient from which on a parent's grant rests.
    #[schema(minimum = 0, maximum = 18)]
    pub(crate) proxy_cutoff_age: i32,
}
