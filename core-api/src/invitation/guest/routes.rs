//! `/guest`: for whoever holds the secret of an invitation and has no account. The secret comes
//! in the body, because addresses are written down in many places.

use std::sync::Arc;

use axum::extract::State;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;
use crate::http::caller::Visitor;
use crate::http::extract::Json;
use crate::http::origin::MediaUrl;
use crate::http::problem::Problem;
use crate::invitation::dto::{GuestPeople, GuestRequest, InvitedVisit};
use crate::invitation::guest;
use crate::visit::dto::JoinAnswer;

pub(crate) fn router() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(guest_look))
        .routes(routes!(guest_knock))
        .routes(routes!(guest_join))
        .routes(routes!(guest_people))
}

/// The visit a guest is invited to, without anything of its patient. A secret that is wrong, past
/// or taken back is `not_found`.
#[utoipa::path(
    post, path = "/guest/visit", tag = "guests", security(()), request_body = GuestRequest,
    responses((status = 200, description = "The visit", body = InvitedVisit))
)]
async fn guest_look(
    State(app): State<Arc<App>>,
    visitor: Visitor,
    Json(body): Json<GuestRequest>,
) -> Result<axum::Json<InvitedVisit>, Problem> {
    let visit = guest::look(&app, &visitor.moment, &body.secret).await?;
    Ok(axum::Json(visit))
}

/// Ask to be let in; asked again it stays as it was.
#[utoipa::path(
    post, path = "/guest/knock", tag = "guests", security(()), request_body = GuestRequest,
    responses((status = 200, description = "The visit", body = InvitedVisit))
)]
async fn guest_knock(
    State(app): State<Arc<App>>,
    visitor: Visitor,
    Json(body): Json<GuestRequest>,
) -> Result<axum::Json<InvitedVisit>, Problem> {
    let visit = guest::knock(&app, &visitor.moment, &body.secret).await?;
    Ok(axum::Json(visit))
}

/// Obtain a media token, once let in, while the visit is open.
#[utoipa::path(
    post, path = "/guest/join", tag = "guests", security(()), request_body = GuestRequest,
    responses((status = 200, description = "Where to connect, and with what", body = JoinAnswer))
)]
async fn guest_join(
    State(app): State<Arc<App>>,
    visitor: Visitor,
    MediaUrl(url): MediaUrl,
    Json(body): Json<GuestRequest>,
) -> Result<axum::Json<JoinAnswer>, Problem> {
    let answer = guest::join(&app, &visitor.moment, &body.secret, url).await?;
    Ok(axum::Json(answer))
}

/// Who is who in the media room, once let in, while the visit is open.
#[utoipa::path(
    post, path = "/guest/people", tag = "guests", security(()), request_body = GuestRequest,
    responses((status = 200, description = "The people", body = GuestPeople))
)]
async fn guest_people(
    State(app): State<Arc<App>>,
    visitor: Visitor,
    Json(body): Json<GuestRequest>,
) -> Result<axum::Json<GuestPeople>, Problem> {
    let people = guest::people(&app, &visitor.moment, &body.secret).await?;
    Ok(axum::Json(people))
}
