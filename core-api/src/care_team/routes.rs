//! `/patients/{id}/care-team`.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use domain::{CareTeamMemberId, PatientId};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;
use crate::caller::Caller;
use crate::care_team::dto::{CareTeam, CareTeamMember, NewCareTeamMember};
use crate::care_team::ops;
use crate::http::extract::{Json, Nothing, Path};
use crate::http::problem::Problem;

pub(crate) fn router() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(read_care_team, add_care_team_member))
        .routes(routes!(end_care_team_member))
}

/// Who cares, and cared, for a patient.
#[utoipa::path(
    get, path = "/patients/{id}/care-team", tag = "patients", params(("id" = Uuid, Path)),
    responses((status = 200, description = "The care team", body = CareTeam))
)]
async fn read_care_team(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<PatientId>,
) -> Result<axum::Json<CareTeam>, Problem> {
    Ok(axum::Json(ops::list(&app, &caller, id).await?))
}

/// Give somebody of the organisation a place in a patient's care team: a care relationship for as
/// long as it lasts.
#[utoipa::path(
    post, path = "/patients/{id}/care-team", tag = "patients", params(("id" = Uuid, Path)),
    request_body = NewCareTeamMember,
    responses((status = 201, description = "Given", body = CareTeamMember))
)]
async fn add_care_team_member(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<PatientId>,
    Json(body): Json<NewCareTeamMember>,
) -> Result<(StatusCode, axum::Json<CareTeamMember>), Problem> {
    let member = ops::add(&app, &caller, id, body).await?;
    Ok((StatusCode::CREATED, axum::Json(member)))
}

/// End a place in a care team, from now on.
#[utoipa::path(
    post, path = "/patients/{id}/care-team/{member}/end", tag = "patients",
    params(("id" = Uuid, Path), ("member" = Uuid, Path)), request_body = Nothing,
    responses((status = 200, description = "Ended", body = CareTeamMember))
)]
async fn end_care_team_member(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path((id, member)): Path<(PatientId, CareTeamMemberId)>,
    _: Nothing,
) -> Result<axum::Json<CareTeamMember>, Problem> {
    Ok(axum::Json(ops::end(&app, &caller, id, member).await?))
}
