//! `/visits/{id}/people`, `/visits/{id}/invitations` and `/invitations`.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use domain::{InvitationId, VisitId};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;
use crate::caller::Caller;
use crate::http::extract::{Json, Nothing, Path};
use crate::http::problem::Problem;
use crate::invitation::dto::{
    ColleagueList, InvitationMade, InvitationRequest, InvitedVisitList, VisitPeople,
};
use crate::invitation::{guest, ops, people};

pub(crate) fn router() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(read_people))
        .routes(routes!(list_colleagues))
        .routes(routes!(invite))
        .routes(routes!(let_in))
        .routes(routes!(revoke_invitation))
        .routes(routes!(list_invitations))
        .merge(guest::routes::router())
}

type Answer = Result<axum::Json<VisitPeople>, Problem>;

/// Everybody of a visit: its parties, who is invited, and who is in the media room.
#[utoipa::path(
    get, path = "/visits/{id}/people", tag = "invitations", params(("id" = Uuid, Path)),
    responses((status = 200, description = "The people", body = VisitPeople))
)]
async fn read_people(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<VisitId>,
) -> Answer {
    Ok(axum::Json(people::read(&app, &caller, id).await?))
}

/// Colleagues with an account whom the caller could invite to the visit, by name.
#[utoipa::path(
    get, path = "/visits/{id}/colleagues", tag = "invitations", params(("id" = Uuid, Path)),
    responses((status = 200, description = "The colleagues", body = ColleagueList))
)]
async fn list_colleagues(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<VisitId>,
) -> Result<axum::Json<ColleagueList>, Problem> {
    Ok(axum::Json(ops::colleagues(&app, &caller, id).await?))
}

/// Invite a third party to the visit, until its window closes: a colleague, who may come in from
/// then on, or a guest by a link, who knocks. For the clinician and the clinic's coordinators. A
/// guest's secret is told this once, so a repetition makes another invitation.
#[utoipa::path(
    post, path = "/visits/{id}/invitations", tag = "invitations", params(("id" = Uuid, Path)),
    request_body = InvitationRequest,
    responses((status = 201, description = "Invited", body = InvitationMade))
)]
async fn invite(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<VisitId>,
    Json(body): Json<InvitationRequest>,
) -> Result<(StatusCode, axum::Json<InvitationMade>), Problem> {
    let made = ops::invite(&app, &caller, id, body).await?;
    Ok((StatusCode::CREATED, axum::Json(made)))
}

/// Let somebody invited in, who knocked, will knock, or was put out before.
#[utoipa::path(
    post, path = "/visits/{id}/invitations/{invitation}/let-in", tag = "invitations",
    params(("id" = Uuid, Path), ("invitation" = Uuid, Path)), request_body = Nothing,
    responses((status = 200, description = "The people as they stand now", body = VisitPeople))
)]
async fn let_in(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path((id, invitation)): Path<(VisitId, InvitationId)>,
    _: Nothing,
) -> Answer {
    Ok(axum::Json(
        ops::let_in(&app, &caller, id, invitation).await?,
    ))
}

/// Take an invitation back: who came by it is put out of the media room at once.
#[utoipa::path(
    post, path = "/visits/{id}/invitations/{invitation}/revoke", tag = "invitations",
    params(("id" = Uuid, Path), ("invitation" = Uuid, Path)), request_body = Nothing,
    responses((status = 200, description = "The people as they stand now", body = VisitPeople))
)]
async fn revoke_invitation(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path((id, invitation)): Path<(VisitId, InvitationId)>,
    _: Nothing,
) -> Answer {
    Ok(axum::Json(
        ops::revoke(&app, &caller, id, invitation).await?,
    ))
}

/// The visits that the caller is invited to, by start.
#[utoipa::path(
    get, path = "/invitations", tag = "invitations",
    responses((status = 200, description = "The visits", body = InvitedVisitList))
)]
async fn list_invitations(
    State(app): State<Arc<App>>,
    caller: Caller,
) -> Result<axum::Json<InvitedVisitList>, Problem> {
    Ok(axum::Json(ops::mine(&app, &caller).await?))
}
