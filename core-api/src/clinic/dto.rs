//! Clinics as the API shows them.

use domain::ClinicId;
use serde::Serialize;
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
