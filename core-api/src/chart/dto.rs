//! The chart as the API shows it.

use domain::{VisitId, VisitState};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::chart::model::EntryKind;
use crate::http::schema::VisitStateName;
use crate::visit::dto::VisitPatient;

/// What the clinician of a visit needs beside the picture.
#[derive(Serialize, ToSchema)]
pub(crate) struct Chart {
    pub(crate) patient: VisitPatient,
    pub(crate) reason: String,
    /// Newest first.
    pub(crate) entries: Vec<ChartEntry>,
    /// Newest first; at most 20.
    pub(crate) previous_visits: Vec<PreviousVisit>,
}

/// One line of the chart.
#[derive(Serialize, ToSchema)]
pub(crate) struct ChartEntry {
    pub(crate) id: Uuid,
    pub(crate) kind: EntryKind,
    pub(crate) text: String,
    pub(crate) recorded_at: Timestamp,
}

/// A visit before this one.
#[derive(Serialize, ToSchema)]
pub(crate) struct PreviousVisit {
    #[schema(value_type = Uuid)]
    pub(crate) id: VisitId,
    pub(crate) starts_at: Timestamp,
    #[schema(value_type = VisitStateName)]
    pub(crate) state: VisitState,
    pub(crate) clinician_display_name: String,
}
