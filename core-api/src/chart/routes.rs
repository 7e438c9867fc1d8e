//! `/visits/{id}/chart`.

use std::sync::Arc;

use axum::extract::State;
use domain::VisitId;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;
use crate::caller::Caller;
use crate::chart::dto::Chart;
use crate::chart::ops;
use crate::http::extract::Path;
use crate::http::problem::Problem;

pub(crate) fn router() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(read_chart))
}

/// The patient's chart, for the clinician of the visit.
#[utoipa::path(
    get, path = "/visits/{id}/chart", tag = "visits", params(("id" = Uuid, Path)),
    responses((status = 200, description = "The chart", body = Chart))
)]
async fn read_chart(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<VisitId>,
) -> Result<axum::Json<Chart>, Problem> {
    Ok(axum::Json(ops::read(&app, &caller, id).await?))
}
