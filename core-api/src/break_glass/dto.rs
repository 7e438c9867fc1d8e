//! Emergency accesses and notices as the API shows and takes them.

use domain::{AccountId, EmergencyAccessId, PatientId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::break_glass::model::{Finding, ReviewState};

/// Access to a patient without a care relationship, for an hour.
#[derive(Serialize, ToSchema)]
pub(crate) struct EmergencyAccess {
    #[schema(value_type = Uuid)]
    pub(crate) id: EmergencyAccessId,
    #[schema(value_type = Uuid)]
    pub(crate) patient_id: PatientId,
    /// Who broke the glass.
    #[schema(value_type = Uuid)]
    pub(crate) account_id: AccountId,
    pub(crate) display_name: String,
    pub(crate) reason: String,
    pub(crate) started_at: Timestamp,
    pub(crate) ends_at: Timestamp,
    pub(crate) review_state: ReviewState,
    #[schema(required = true)]
    pub(crate) escalated_at: Option<Timestamp>,
    #[schema(required = true)]
    pub(crate) reviewed_at: Option<Timestamp>,
    #[schema(value_type = Option<Uuid>, required = true)]
    pub(crate) reviewed_by: Option<AccountId>,
    #[schema(required = true)]
    pub(crate) review_note: Option<String>,
}

/// A page of emergency accesses, newest first.
#[derive(Serialize, ToSchema)]
pub(crate) struct EmergencyAccessList {
    pub(crate) items: Vec<EmergencyAccess>,
    /// Where the next page starts; null on the last.
    #[schema(required = true)]
    pub(crate) next_cursor: Option<String>,
}

/// Why the glass has to be broken.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct BreakGlass {
    /// Read by compliance and sealed.
    #[schema(min_length = 20, max_length = 500)]
    pub(crate) reason: String,
}

/// What a review found.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Review {
    pub(crate) finding: Finding,
    #[schema(min_length = 1, max_length = 500)]
    pub(crate) note: String,
}

/// Which emergency accesses to list.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub(crate) struct EmergencyAccessQuery {
    /// Those whose review stands there.
    pub(crate) state: Option<ReviewState>,
    /// `next_cursor` of the page before.
    pub(crate) cursor: Option<String>,
    /// 1 to 100; 50 when left out.
    #[param(minimum = 1, maximum = 100)]
    pub(crate) limit: Option<u32>,
}

/// What somebody has to be told.
#[derive(Serialize, ToSchema)]
pub(crate) struct EmergencyNotice {
    pub(crate) id: Uuid,
    /// `emergency_access`: somebody broke the glass. `emergency_access_overdue`: nobody has
    /// reviewed it in time.
    pub(crate) kind: String,
    /// What it is about.
    pub(crate) resource_id: Uuid,
    #[schema(value_type = Option<Uuid>, required = true)]
    pub(crate) patient_id: Option<PatientId>,
    pub(crate) created_at: Timestamp,
}

/// The caller's notices, newest first.
#[derive(Serialize, ToSchema)]
pub(crate) struct EmergencyNoticeList {
    pub(crate) items: Vec<EmergencyNotice>,
    /// Where the next page starts; null on the last.
    #[schema(required = true)]
    pub(crate) next_cursor: Option<String>,
}
