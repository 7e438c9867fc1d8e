//! Grants as the API shows and takes them.

use domain::{AccountId, PatientId, ProxyGrantId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::proxy::model::{Basis, Level};

/// Somebody's grant to act for a patient.
#[derive(Serialize, ToSchema)]
pub(crate) struct ProxyGrant {
    #[schema(value_type = Uuid)]
    pub(crate) id: ProxyGrantId,
    #[schema(value_type = Uuid)]
    pub(crate) patient_id: PatientId,
    /// Who acts.
    #[schema(value_type = Uuid)]
    pub(crate) account_id: AccountId,
    pub(crate) display_name: String,
    pub(crate) level: Level,
    pub(crate) basis: Basis,
    pub(crate) starts_at: Timestamp,
    #[schema(required = true)]
    pub(crate) ends_at: Option<Timestamp>,
    pub(crate) granted_at: Timestamp,
    #[schema(value_type = Uuid)]
    pub(crate) granted_by: AccountId,
    #[schema(required = true)]
    pub(crate) revoked_at: Option<Timestamp>,
}

/// Who acts, and acted, for a patient.
#[derive(Serialize, ToSchema)]
pub(crate) struct ProxyGrantList {
    /// Newest first.
    pub(crate) items: Vec<ProxyGrant>,
    /// Always null: a patient's grants are one page.
    #[schema(required = true)]
    pub(crate) next_cursor: Option<String>,
}

/// A grant to be made.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewProxyGrant {
    /// The e-mail address of the account of a family member.
    #[schema(max_length = 254)]
    pub(crate) email: String,
    pub(crate) level: Level,
    pub(crate) basis: Basis,
    /// Which documents the desk has seen, for a basis other than the patient's word.
    #[serde(default)]
    #[schema(max_length = 500)]
    pub(crate) documents: Option<String>,
    /// Now, when left out.
    #[serde(default)]
    pub(crate) starts_at: Option<Timestamp>,
    /// Until it is taken back, when left out.
    #[serde(default)]
    pub(crate) ends_at: Option<Timestamp>,
}

/// Somebody the caller acts for.
#[derive(Serialize, ToSchema)]
pub(crate) struct RepresentedPatient {
    #[schema(value_type = Uuid)]
    pub(crate) patient_id: PatientId,
    pub(crate) display_name: String,
    pub(crate) level: Level,
}

/// Whom the caller acts for now.
#[derive(Serialize, ToSchema)]
pub(crate) struct RepresentedPatientList {
    /// By name.
    pub(crate) items: Vec<RepresentedPatient>,
    /// Always null: they are one page.
    #[schema(required = true)]
    pub(crate) next_cursor: Option<String>,
}
