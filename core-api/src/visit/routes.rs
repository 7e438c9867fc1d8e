//! `/visits`.

use std::sync::Arc;

use axum::extract::State;
use domain::{VisitAction, VisitId};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;
use crate::caller::Caller;
use crate::http::conditional::Tagged;
use crate::http::extract::{Json, Nothing, Path, Query};
use crate::http::origin::MediaUrl;
use crate::http::problem::Problem;
use crate::visit::dto::{CancelRequest, JoinAnswer, ReadyRequest, Visit, VisitList, VisitQuery};
use crate::visit::{join, ops};

pub(crate) fn router() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(list_visits))
        .routes(routes!(read_visit))
        .routes(routes!(check_in))
        .routes(routes!(ready))
        .routes(routes!(admit))
        .routes(routes!(return_to_waiting))
        .routes(routes!(complete))
        .routes(routes!(cancel_visit))
        .routes(routes!(no_show))
        .routes(routes!(join_visit))
}

type Answer = Result<Tagged<Visit>, Problem>;

/// Visits by start: a patient's or clinician's own, or the clinic's for its coordinators.
#[utoipa::path(
    get, path = "/visits", tag = "visits", params(VisitQuery),
    responses((status = 200, description = "A page", body = VisitList))
)]
async fn list_visits(
    State(app): State<Arc<App>>,
    caller: Caller,
    Query(query): Query<VisitQuery>,
) -> Result<axum::Json<VisitList>, Problem> {
    Ok(axum::Json(ops::list(&app, &caller, &query).await?))
}

/// A visit.
#[utoipa::path(
    get, path = "/visits/{id}", tag = "visits", params(("id" = Uuid, Path)),
    responses((status = 200, description = "The visit", body = Visit))
)]
async fn read_visit(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<VisitId>,
) -> Answer {
    Ok(Tagged(ops::read(&app, &caller, id).await?))
}

/// Say that the patient is here.
#[utoipa::path(
    post, path = "/visits/{id}/check-in", tag = "visits", params(("id" = Uuid, Path)),
    request_body = Nothing,
    responses((status = 200, description = "The visit as it stands now", body = Visit))
)]
async fn check_in(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<VisitId>,
    _: Nothing,
) -> Answer {
    step(&app, &caller, id, VisitAction::CheckIn).await
}

/// Finish set-up: the device check was passed or skipped, and telehealth consent is given.
#[utoipa::path(
    post, path = "/visits/{id}/ready", tag = "visits", params(("id" = Uuid, Path)),
    request_body = ReadyRequest,
    responses((status = 200, description = "The visit as it stands now", body = Visit))
)]
async fn ready(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<VisitId>,
    Json(body): Json<ReadyRequest>,
) -> Answer {
    Ok(Tagged(
        ops::ready(&app, &caller, id, body.device_check).await?,
    ))
}

/// Let the patient in. Of two at once one wins; the other is told who did.
#[utoipa::path(
    post, path = "/visits/{id}/admit", tag = "visits", params(("id" = Uuid, Path)),
    request_body = Nothing,
    responses((status = 200, description = "The visit as it stands now", body = Visit))
)]
async fn admit(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<VisitId>,
    _: Nothing,
) -> Answer {
    step(&app, &caller, id, VisitAction::Admit).await
}

/// Send the patient back to waiting; the place in line is kept.
#[utoipa::path(
    post, path = "/visits/{id}/return-to-waiting", tag = "visits", params(("id" = Uuid, Path)),
    request_body = Nothing,
    responses((status = 200, description = "The visit as it stands now", body = Visit))
)]
async fn return_to_waiting(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<VisitId>,
    _: Nothing,
) -> Answer {
    step(&app, &caller, id, VisitAction::ReturnToWaiting).await
}

/// End the visit.
#[utoipa::path(
    post, path = "/visits/{id}/complete", tag = "visits", params(("id" = Uuid, Path)),
    request_body = Nothing,
    responses((status = 200, description = "The visit as it stands now", body = Visit))
)]
async fn complete(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<VisitId>,
    _: Nothing,
) -> Answer {
    step(&app, &caller, id, VisitAction::Complete).await
}

/// Call the visit and its appointment off.
#[utoipa::path(
    post, path = "/visits/{id}/cancel", tag = "visits", params(("id" = Uuid, Path)),
    request_body = CancelRequest,
    responses((status = 200, description = "The visit as it stands now", body = Visit))
)]
async fn cancel_visit(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<VisitId>,
    Json(body): Json<CancelRequest>,
) -> Answer {
    Ok(Tagged(ops::cancel(&app, &caller, id, body.reason).await?))
}

/// Record that the patient did not come.
#[utoipa::path(
    post, path = "/visits/{id}/no-show", tag = "visits", params(("id" = Uuid, Path)),
    request_body = Nothing,
    responses((status = 200, description = "The visit as it stands now", body = Visit))
)]
async fn no_show(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<VisitId>,
    _: Nothing,
) -> Answer {
    step(&app, &caller, id, VisitAction::NoShow).await
}

/// Obtain a media token: for a party of the visit, once admitted, with consent, inside the window.
#[utoipa::path(
    post, path = "/visits/{id}/join", tag = "visits", params(("id" = Uuid, Path)),
    request_body = Nothing,
    responses((status = 200, description = "Where to connect, and with what", body = JoinAnswer))
)]
async fn join_visit(
    State(app): State<Arc<App>>,
    caller: Caller,
    MediaUrl(url): MediaUrl,
    Path(id): Path<VisitId>,
    _: Nothing,
) -> Result<axum::Json<JoinAnswer>, Problem> {
    Ok(axum::Json(join::join(&app, &caller, id, url).await?))
}

async fn step(app: &App, caller: &Caller, id: VisitId, action: VisitAction) -> Answer {
    Ok(Tagged(ops::step(app, caller, id, action).await?))
}
