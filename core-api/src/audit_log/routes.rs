//! `/audit-events`.

use std::sync::Arc;

use axum::extract::State;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;
use crate::audit_log::dto::{AuditEventList, AuditQuery};
use crate::audit_log::ops;
use crate::caller::Caller;
use crate::http::extract::Query;
use crate::http::problem::Problem;

pub(crate) fn router() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(list_audit_events))
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
