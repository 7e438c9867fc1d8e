//! `/audit-events`, `/audit-reports`, and the patient's own view.

use std::sync::Arc;

use axum::extract::State;
use domain::PatientId;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;
use crate::audit_log::dto::{
    AuditEventList, AuditQuery, NewReportExport, RecordAccessList, ReportPage, ReportQuery,
    SignedReport,
};
use crate::audit_log::model::Report;
use crate::audit_log::{history, ops, report};
use crate::caller::Caller;
use crate::http::extract::{Json, Path, Query};
use crate::http::problem::Problem;
use crate::page::PageQuery;

pub(crate) fn router() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(list_audit_events))
        .routes(routes!(read_audit_report))
        .routes(routes!(export_audit_report))
        .routes(routes!(list_record_accesses))
}

/// Who accessed what in the caller's clinic, newest first. This read is itself recorded.
#[utoipa::path(
    get, path = "/audit-events", tag = "audit", params(AuditQuery),
    responses((status = 200, description = "A page", body = AuditEventList))
)]
async fn list_audit_events(
    State(app): State<Arc<App>>,
    caller: Caller,
    Query(query): Query<AuditQuery>,
) -> Result<axum::Json<AuditEventList>, Problem> {
    Ok(axum::Json(ops::list(&app, &caller, &query).await?))
}

/// A report over the log of the clinics the caller may review, newest first. Reading it is itself
/// recorded.
#[utoipa::path(
    get, path = "/audit-reports/{report}", tag = "audit",
    params(("report" = Report, Path), ReportQuery),
    responses((status = 200, description = "A page", body = ReportPage))
)]
async fn read_audit_report(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(kind): Path<Report>,
    Query(query): Query<ReportQuery>,
) -> Result<axum::Json<ReportPage>, Problem> {
    let page = report::page(&app, &caller, kind, &query).await?;
    Ok(axum::Json(page))
}

/// Take a whole report out, signed. Asks for a fresh proof of identity, and is itself recorded.
#[utoipa::path(
    post, path = "/audit-reports/{report}/export", tag = "audit",
    params(("report" = Report, Path)), request_body = NewReportExport,
    responses((status = 200, description = "The report and its signature", body = SignedReport))
)]
async fn export_audit_report(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(kind): Path<Report>,
    Json(body): Json<NewReportExport>,
) -> Result<axum::Json<SignedReport>, Problem> {
    let signed = report::export(&app, &caller, kind, body).await?;
    Ok(axum::Json(signed))
}

/// Who touched the patient's data and what they did, in plain words, newest first: for the patient
/// and for those who act for them.
#[utoipa::path(
    get, path = "/patients/{id}/record-accesses", tag = "audit",
    params(("id" = Uuid, Path), PageQuery),
    responses((status = 200, description = "A page", body = RecordAccessList))
)]
async fn list_record_accesses(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<PatientId>,
    Query(query): Query<PageQuery>,
) -> Result<axum::Json<RecordAccessList>, Problem> {
    let cursor = query.cursor.as_deref();
    let list = history::accesses(&app, &caller, id, cursor, query.limit).await?;
    Ok(axum::Json(list))
}
