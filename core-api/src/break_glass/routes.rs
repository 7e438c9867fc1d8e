//! `/patients/{id}/emergency-access`, `/emergency-access`, `/emergency-notices`.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use domain::{EmergencyAccessId, PatientId};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;
use crate::break_glass::dto::{
    BreakGlass, EmergencyAccess, EmergencyAccessList, EmergencyAccessQuery, EmergencyNoticeList,
    Review,
};
use crate::break_glass::{ops, review};
use crate::caller::Caller;
use crate::http::extract::{Json, Path, Query};
use crate::http::problem::Problem;
use crate::page::PageQuery;

pub(crate) fn router() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(break_glass))
        .routes(routes!(list_emergency_access))
        .routes(routes!(read_emergency_access))
        .routes(routes!(review_emergency_access))
        .routes(routes!(list_emergency_notices))
}

/// Break the glass: read a patient's data without a care relationship, for an hour.
///
/// Each access under it is marked in the audit log, the patient and compliance are told, and
/// compliance reviews it.
#[utoipa::path(
    post, path = "/patients/{id}/emergency-access", tag = "emergency access",
    params(("id" = Uuid, Path)), request_body = BreakGlass,
    responses((status = 201, description = "Open from now on", body = EmergencyAccess))
)]
async fn break_glass(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<PatientId>,
    Json(body): Json<BreakGlass>,
) -> Result<(StatusCode, axum::Json<EmergencyAccess>), Problem> {
    let access = ops::open(&app, &caller, id, &body.reason).await?;
    Ok((StatusCode::CREATED, axum::Json(access)))
}

/// The organisation's emergency accesses, newest first, for compliance.
#[utoipa::path(
    get, path = "/emergency-access", tag = "emergency access", params(EmergencyAccessQuery),
    responses((status = 200, description = "A page", body = EmergencyAccessList))
)]
async fn list_emergency_access(
    State(app): State<Arc<App>>,
    caller: Caller,
    Query(query): Query<EmergencyAccessQuery>,
) -> Result<axum::Json<EmergencyAccessList>, Problem> {
    Ok(axum::Json(review::list(&app, &caller, &query).await?))
}

/// One emergency access, for compliance.
#[utoipa::path(
    get, path = "/emergency-access/{id}", tag = "emergency access", params(("id" = Uuid, Path)),
    responses((status = 200, description = "The emergency access", body = EmergencyAccess))
)]
async fn read_emergency_access(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<EmergencyAccessId>,
) -> Result<axum::Json<EmergencyAccess>, Problem> {
    Ok(axum::Json(review::read(&app, &caller, id).await?))
}

/// Judge an emergency access; once, and not one's own.
#[utoipa::path(
    post, path = "/emergency-access/{id}/review", tag = "emergency access",
    params(("id" = Uuid, Path)), request_body = Review,
    responses((status = 200, description = "Reviewed", body = EmergencyAccess))
)]
async fn review_emergency_access(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<EmergencyAccessId>,
    Json(body): Json<Review>,
) -> Result<axum::Json<EmergencyAccess>, Problem> {
    Ok(axum::Json(review::review(&app, &caller, id, body).await?))
}

/// Emergency accesses the caller has to be told of, newest first: to their own data, or by their
/// role.
#[utoipa::path(
    get, path = "/emergency-notices", tag = "emergency access", params(PageQuery),
    responses((status = 200, description = "A page", body = EmergencyNoticeList))
)]
async fn list_emergency_notices(
    State(app): State<Arc<App>>,
    caller: Caller,
    Query(query): Query<PageQuery>,
) -> Result<axum::Json<EmergencyNoticeList>, Problem> {
    Ok(axum::Json(ops::notices(&app, &caller, &query).await?))
}
