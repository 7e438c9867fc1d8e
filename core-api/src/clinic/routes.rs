//! `/clinics`.

use std::sync::Arc;

use axum::extract::State;
use domain::ClinicId;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;
use crate::caller::Caller;
use crate::clinic::dto::Clinic;
use crate::clinic::ops;
use crate::http::extract::Path;
use crate::http::problem::Problem;

pub(crate) fn router() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(read_clinic))
}

/// The caller's clinic.
#[utoipa::path(
    get, path = "/clinics/{id}", tag = "clinics", params(("id" = Uuid, Path)),
    responses((status = 200, description = "The clinic", body = Clinic))
)]
async fn read_clinic(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<ClinicId>,
) -> Result<axum::Json<Clinic>, Problem> {
    Ok(axum::Json(ops::read(&app, &caller, id).await?))
}
