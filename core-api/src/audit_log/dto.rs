//! The audit log as the API shows it.

use domain::{AccountId, EventId, PatientId, RequestId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

/// One access to health data, or one attempt.
#[derive(Serialize, ToSchema)]
pub(crate) struct AuditEvent {
    #[schema(value_type = Uuid)]
    pub(crate) id: EventId,
    pub(crate) at: Timestamp,
    /// Who; null when the server itself acted or nobody was signed in.
    #[schema(required = true)]
    pub(crate) actor: Option<AuditActor>,
    /// The part of the server that acted by itself, for example `signaling`.
    #[schema(required = true)]
    pub(crate) service: Option<String>,
    /// For example `read`, `search`, `show` or `admit`.
    pub(crate) action: String,
    /// For example `visit` or `patient`.
    pub(crate) resource_type: String,
    #[schema(required = true)]
    pub(crate) resource_id: Option<Uuid>,
    /// The patient whose data it was.
    #[schema(value_type = Option<Uuid>, required = true)]
    pub(crate) patient_id: Option<PatientId>,
    /// `success`, `denied` or `failed`.
    pub(crate) outcome: String,
    #[schema(value_type = Option<Uuid>, required = true)]
    pub(crate) request_id: Option<RequestId>,
}

/// Who acted.
#[derive(Serialize, ToSchema)]
pub(crate) struct AuditActor {
    #[schema(value_type = Uuid)]
    pub(crate) account_id: AccountId,
    pub(crate) display_name: String,
}

/// A page of the audit log, newest first.
#[derive(Serialize, ToSchema)]
pub(crate) struct AuditEventList {
    pub(crate) items: Vec<AuditEvent>,
    /// Where the next page starts; null on the last.
    #[schema(required = true)]
    pub(crate) next_cursor: Option<String>,
}

/// Which rows of the audit log.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub(crate) struct AuditQuery {
    /// Only rows about this patient.
    #[param(value_type = Option<Uuid>)]
    pub(crate) patient_id: Option<PatientId>,
    /// From this instant on.
    pub(crate) from: Option<Timestamp>,
    /// Before this instant.
    pub(crate) to: Option<Timestamp>,
    /// `next_cursor` of the page before.
    pub(crate) cursor: Option<String>,
    /// 1 to 100; 50 when left out.
    #[param(minimum = 1, maximum = 100)]
    pub(crate) limit: Option<u32>,
}
