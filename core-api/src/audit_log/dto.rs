//! The audit log as the API shows it.

use domain::{AccountId, EventId, PatientId, RequestId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::audit_log::model::Report;

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

/// Which rows a report is made of.
#[derive(Debug, Clone, Default, Deserialize, ToSchema, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub(crate) struct ReportQuery {
    /// Only rows about this patient.
    #[param(value_type = Option<Uuid>)]
    #[schema(value_type = Option<Uuid>)]
    pub(crate) patient_id: Option<PatientId>,
    /// Only rows of this person's acts.
    #[param(value_type = Option<Uuid>)]
    #[schema(value_type = Option<Uuid>)]
    pub(crate) account_id: Option<AccountId>,
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

/// One row of a report.
#[derive(Serialize, ToSchema)]
pub(crate) struct ReportRow {
    pub(crate) id: Uuid,
    pub(crate) at: Timestamp,
    #[schema(required = true)]
    pub(crate) actor_id: Option<Uuid>,
    #[schema(required = true)]
    pub(crate) actor_name: Option<String>,
    /// The roles they held then.
    pub(crate) roles: Vec<String>,
    #[schema(required = true)]
    pub(crate) service: Option<String>,
    pub(crate) action: String,
    pub(crate) resource_type: String,
    #[schema(required = true)]
    pub(crate) resource_id: Option<Uuid>,
    #[schema(required = true)]
    pub(crate) patient_id: Option<Uuid>,
    /// What for: `treatment`, `operations`, `emergency` and so on.
    pub(crate) purpose: String,
    pub(crate) outcome: String,
    /// Why it was refused.
    #[schema(required = true)]
    pub(crate) code: Option<String>,
    #[schema(required = true)]
    pub(crate) request_id: Option<Uuid>,
}

/// A page of a report, newest first. It may hold fewer rows than asked for, or none, and still
/// have a next page: only `next_cursor` tells.
#[derive(Serialize, ToSchema)]
pub(crate) struct ReportPage {
    /// Which report.
    pub(crate) report: Report,
    pub(crate) items: Vec<ReportRow>,
    #[schema(required = true)]
    pub(crate) next_cursor: Option<String>,
}

/// In which form a report is taken out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ReportFormat {
    Csv,
    Json,
}

/// A report to be taken out.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewReportExport {
    pub(crate) format: ReportFormat,
    #[schema(value_type = Option<Uuid>)]
    pub(crate) patient_id: Option<PatientId>,
    #[schema(value_type = Option<Uuid>)]
    pub(crate) account_id: Option<AccountId>,
    pub(crate) from: Option<Timestamp>,
    pub(crate) to: Option<Timestamp>,
}

/// A whole report with its signature. Keep `content` byte for byte: the signature is over its
/// UTF-8 bytes.
#[derive(Serialize, ToSchema)]
pub(crate) struct SignedReport {
    pub(crate) file_name: String,
    pub(crate) media_type: String,
    pub(crate) content: String,
    pub(crate) signature: ReportSignature,
}

/// A detached signature (RFC 8032).
#[derive(Serialize, ToSchema)]
pub(crate) struct ReportSignature {
    /// `Ed25519`.
    pub(crate) algorithm: String,
    /// The public key, in base64.
    pub(crate) public_key: String,
    /// The signature, in base64.
    pub(crate) value: String,
}

/// One time somebody touched the patient's data.
#[derive(Serialize, ToSchema)]
pub(crate) struct RecordAccess {
    pub(crate) at: Timestamp,
    /// The name of who it was; null for the server itself.
    #[schema(required = true)]
    pub(crate) who: Option<String>,
    /// The roles they held then.
    pub(crate) roles: Vec<String>,
    /// What they did, in plain words, to be read after the name.
    pub(crate) what: String,
    /// Whether it was done in an emergency, without a care relationship.
    pub(crate) emergency: bool,
    /// Whether it was refused.
    pub(crate) refused: bool,
}

/// A page of who touched the patient's data, newest first.
#[derive(Serialize, ToSchema)]
pub(crate) struct RecordAccessList {
    pub(crate) items: Vec<RecordAccess>,
    #[schema(required = true)]
    pub(crate) next_cursor: Option<String>,
}
