//! `/visits/{id}/journal`.

use std::sync::Arc;

use axum::extract::State;
use domain::VisitId;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;
use crate::caller::Caller;
use crate::http::extract::{Path, Query};
use crate::http::problem::Problem;
use crate::journal::dto::JournalPage;
use crate::journal::ops;
use crate::page::PageQuery;

pub(crate) fn router() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(read_journal))
}

/// What happened in the visit's media room, in order: for its clinician and its clinic's
/// schedulers.
#[utoipa::path(
    get, path = "/visits/{id}/journal", tag = "visits", params(("id" = Uuid, Path), PageQuery),
    responses((status = 200, description = "A page", body = JournalPage))
)]
async fn read_journal(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<VisitId>,
    Query(query): Query<PageQuery>,
) -> Result<axum::Json<JournalPage>, Problem> {
    Ok(axum::Json(ops::read(&app, &caller, id, &query).await?))
}
