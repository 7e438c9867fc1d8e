//! `/visits/{id}/lock`, `/unlock`, `/room` and `/participants`.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use domain::{AccountId, VisitId};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;
use crate::caller::Caller;
use crate::http::extract::{Json, Nothing, Path};
use crate::http::problem::Problem;
use crate::moderation::dto::{MuteRequest, Room};
use crate::moderation::ops;

pub(crate) fn router() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(read_room))
        .routes(routes!(lock_room))
        .routes(routes!(unlock_room))
        .routes(routes!(remove_participant))
        .routes(routes!(mute_participant))
}

type Answer = Result<axum::Json<Room>, Problem>;

/// How the door of the visit's media room stands.
#[utoipa::path(
    get, path = "/visits/{id}/room", tag = "visits", params(("id" = Uuid, Path)),
    responses((status = 200, description = "The door", body = Room))
)]
async fn read_room(State(app): State<Arc<App>>, caller: Caller, Path(id): Path<VisitId>) -> Answer {
    Ok(axum::Json(ops::read(&app, &caller, id).await?))
}

/// Shut the door of the media room: whoever is inside stays and may come back, nobody new comes
/// in. For the clinician and the clinic's coordinators.
#[utoipa::path(
    post, path = "/visits/{id}/lock", tag = "visits", params(("id" = Uuid, Path)),
    request_body = Nothing,
    responses((status = 200, description = "The door as it stands now", body = Room))
)]
async fn lock_room(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<VisitId>,
    _: Nothing,
) -> Answer {
    Ok(axum::Json(ops::lock(&app, &caller, id).await?))
}

/// Open the door of the media room again.
#[utoipa::path(
    post, path = "/visits/{id}/unlock", tag = "visits", params(("id" = Uuid, Path)),
    request_body = Nothing,
    responses((status = 200, description = "The door as it stands now", body = Room))
)]
async fn unlock_room(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<VisitId>,
    _: Nothing,
) -> Answer {
    Ok(axum::Json(ops::unlock(&app, &caller, id).await?))
}

/// Put somebody out of the media room; they stay out until admitted again.
#[utoipa::path(
    post, path = "/visits/{id}/participants/{account}/remove", tag = "visits",
    params(("id" = Uuid, Path), ("account" = Uuid, Path)), request_body = Nothing,
    responses((status = 200, description = "The door as it stands now", body = Room))
)]
async fn remove_participant(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path((id, account)): Path<(VisitId, AccountId)>,
    _: Nothing,
) -> Answer {
    Ok(axum::Json(ops::remove(&app, &caller, id, account).await?))
}

/// Mute somebody in the media room. They may unmute themselves; nobody else can.
#[utoipa::path(
    post, path = "/visits/{id}/participants/{account}/mute", tag = "visits",
    params(("id" = Uuid, Path), ("account" = Uuid, Path)), request_body = MuteRequest,
    responses((status = 204, description = "Muted"))
)]
async fn mute_participant(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path((id, account)): Path<(VisitId, AccountId)>,
    Json(body): Json<MuteRequest>,
) -> Result<StatusCode, Problem> {
    ops::mute(&app, &caller, id, account, body.source).await?;
    Ok(StatusCode::NO_CONTENT)
}
