//! `/waiting-room`.

use std::sync::Arc;

use axum::extract::State;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;
use crate::caller::Caller;
use crate::http::problem::Problem;
use crate::waiting_room::dto::WaitingRoom;
use crate::waiting_room::ops;

pub(crate) fn router() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(read_waiting_room))
}

/// Today's board: a clinician's own visits, or the clinic's for its coordinators.
#[utoipa::path(
    get, path = "/waiting-room", tag = "visits",
    responses((status = 200, description = "The board", body = WaitingRoom))
)]
async fn read_waiting_room(
    State(app): State<Arc<App>>,
    caller: Caller,
) -> Result<axum::Json<WaitingRoom>, Problem> {
    Ok(axum::Json(ops::read(&app, &caller).await?))
}
