//! `/session/notices`.

use std::sync::Arc;

use axum::extract::State;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;
use crate::caller::Caller;
use crate::http::problem::Problem;
use crate::notice::dto::NoticeList;
use crate::notice::ops;

pub(crate) fn router() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(list_notices))
}

/// What happened to the security of the caller's account lately.
#[utoipa::path(
    get, path = "/session/notices", tag = "sessions",
    responses((status = 200, description = "The latest fifty", body = NoticeList))
)]
async fn list_notices(
    State(app): State<Arc<App>>,
    caller: Caller,
) -> Result<axum::Json<NoticeList>, Problem> {
    Ok(axum::Json(ops::list(&app, &caller).await?))
}
