//! `/clinics`.

use std::sync::Arc;

use axum::extract::State;
use domain::ClinicId;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;
use crate::caller::Caller;
use crate::clinic::dto::{AccessPolicy, Clinic};
use crate::clinic::ops;
use crate::http::extract::{Json, Path};
use crate::http::problem::Problem;

pub(crate) fn router() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(read_clinic))
        .routes(routes!(read_access_policy, change_access_policy))
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

/// What a clinic decides about access to its patients.
#[utoipa::path(
    get, path = "/clinics/{id}/access-policy", tag = "clinics", params(("id" = Uuid, Path)),
    responses((status = 200, description = "The policy", body = AccessPolicy))
)]
async fn read_access_policy(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<ClinicId>,
) -> Result<axum::Json<AccessPolicy>, Problem> {
    Ok(axum::Json(ops::read_policy(&app, &caller, id).await?))
}

/// Decide anew about access to a clinic's patients.
#[utoipa::path(
    patch, path = "/clinics/{id}/access-policy", tag = "clinics", params(("id" = Uuid, Path)),
    request_body = AccessPolicy,
    responses((status = 200, description = "The policy from now on", body = AccessPolicy))
)]
async fn change_access_policy(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<ClinicId>,
    Json(body): Json<AccessPolicy>,
) -> Result<axum::Json<AccessPolicy>, Problem> {
    Ok(axum::Json(ops::set_policy(&app, &caller, id, body).await?))
}
