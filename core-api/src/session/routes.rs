//! `/sessions`, `/session`.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use domain::SessionId;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;
use crate::caller::Caller;
use crate::http::caller::{ByCookie, Enrolling, Visitor};
use crate::http::cookie;
use crate::http::extract::{Json, Path};
use crate::http::problem::Problem;
use crate::passkey::ceremony::Site;
use crate::session::dto::{
    OwnSessions, Refresh, SecondStep, Session, SessionToken, SessionTokens, SignIn, StepUp,
};
use crate::session::open::Opened;
use crate::session::{ops, own, refresh, second_step, sign_in, step_up};

pub(crate) fn router() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(sign_in, list_sessions, end_other_sessions))
        .routes(routes!(show_second_factor))
        .routes(routes!(end_session))
        .routes(routes!(read_session, sign_out))
        .routes(routes!(step_up))
        .routes(routes!(refresh))
        .routes(routes!(make_session_token))
}

/// Sign in.
///
/// A wrong password and an unknown address get the same answer after the same work. Whoever has a
/// second factor is answered `second_factor_required` and goes on with it. Whoever must have one
/// and has none gets a session that serves only to enrol it.
#[utoipa::path(
    post, path = "/sessions", tag = "sessions", security(()),
    request_body = SignIn,
    responses((status = 201, description = "Signed in; the cookie is set", body = Session,
        headers(("Set-Cookie" = String, description = "`__Host-bedside`, the session's secret"))))
)]
async fn sign_in(
    State(app): State<Arc<App>>,
    visitor: Visitor,
    Json(body): Json<SignIn>,
) -> Result<Response, Problem> {
    Ok(signed_in(sign_in::sign_in(&app, &visitor, body).await?))
}

/// Show the second factor of a sign-in.
#[utoipa::path(
    post, path = "/sessions/second-factor", tag = "sessions", security(()),
    request_body = SecondStep,
    responses((status = 201, description = "Signed in; the cookie is set", body = Session,
        headers(("Set-Cookie" = String, description = "`__Host-bedside`, the session's secret"))))
)]
async fn show_second_factor(
    State(app): State<Arc<App>>,
    visitor: Visitor,
    site: Site,
    Json(body): Json<SecondStep>,
) -> Result<Response, Problem> {
    Ok(signed_in(
        second_step::second_step(&app, &visitor, &site, body).await?,
    ))
}

fn signed_in(opened: Opened) -> Response {
    let cookies = cookie::of_session(&opened);
    (StatusCode::CREATED, cookies, axum::Json(opened.session)).into_response()
}

/// The caller's sessions.
#[utoipa::path(
    get, path = "/sessions", tag = "sessions",
    responses((status = 200, description = "Those that go on, newest first", body = OwnSessions))
)]
async fn list_sessions(
    State(app): State<Arc<App>>,
    caller: Caller,
) -> Result<axum::Json<OwnSessions>, Problem> {
    Ok(axum::Json(own::list(&app, &caller).await?))
}

/// End the caller's sessions but this one.
#[utoipa::path(
    delete, path = "/sessions", tag = "sessions",
    responses((status = 204, description = "Ended, sockets included"))
)]
async fn end_other_sessions(
    State(app): State<Arc<App>>,
    caller: Caller,
) -> Result<StatusCode, Problem> {
    own::end_the_others(&app, &caller).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// End one of the caller's sessions.
#[utoipa::path(
    delete, path = "/sessions/{id}", tag = "sessions", params(("id" = Uuid, Path)),
    responses((status = 204, description = "Ended, sockets included"))
)]
async fn end_session(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<SessionId>,
) -> Result<StatusCode, Problem> {
    own::end(&app, &caller, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Who is signed in, and until when.
///
/// Asking counts as activity and with that extends the session; with `Bedside-Background: 1` it
/// does not, as for every route.
#[utoipa::path(
    get, path = "/session", tag = "sessions",
    params(("Bedside-Background" = Option<String>, Header,
        description = "`1` on requests that nobody asked for: they do not count as activity")),
    responses((status = 200, description = "The session", body = Session))
)]
async fn read_session(
    State(app): State<Arc<App>>,
    Enrolling(caller): Enrolling,
) -> Result<axum::Json<Session>, Problem> {
    Ok(axum::Json(ops::read(&app, &caller).await?))
}

/// What a browser forgets at sign-out beside the cookie, which has its own header: the device
/// cookie stays, so that the next sign-in from here is none from a stranger's.
const CLEAR: (HeaderName, HeaderValue) = (
    HeaderName::from_static("clear-site-data"),
    HeaderValue::from_static("\"cache\", \"storage\""),
);

/// Sign out.
#[utoipa::path(
    delete, path = "/session", tag = "sessions",
    responses((status = 204, description = "Signed out; the browser forgets what it kept of us"))
)]
async fn sign_out(
    State(app): State<Arc<App>>,
    Enrolling(caller): Enrolling,
) -> Result<Response, Problem> {
    ops::sign_out(&app, &caller).await?;
    Ok((StatusCode::NO_CONTENT, [cookie::clear(), CLEAR]).into_response())
}

/// Prove again who is signed in.
///
/// With the second factor, or with the password of an account that has none. Counts for five
/// minutes.
#[utoipa::path(
    post, path = "/session/step-up", tag = "sessions", request_body = StepUp,
    responses((status = 200, description = "Proved", body = Session))
)]
async fn step_up(
    State(app): State<Arc<App>>,
    caller: Caller,
    site: Site,
    Json(body): Json<StepUp>,
) -> Result<axum::Json<Session>, Problem> {
    let session = step_up::step_up(&app, &caller, &site, body).await?;
    Ok(axum::Json(session))
}

/// Exchange a refresh token for the next tokens. Does not count as activity.
#[utoipa::path(
    post, path = "/session/refresh", tag = "sessions", security(()), request_body = Refresh,
    responses((status = 200, description = "The next tokens", body = SessionTokens))
)]
async fn refresh(
    State(app): State<Arc<App>>,
    visitor: Visitor,
    Json(body): Json<Refresh>,
) -> Result<axum::Json<SessionTokens>, Problem> {
    Ok(axum::Json(refresh::refresh(&app, &visitor, body).await?))
}

/// Obtain a short token for the chat socket or an API client.
///
/// Needs the cookie: clients that hold tokens refresh them. Does not count as activity.
#[utoipa::path(
    post, path = "/session/token", tag = "sessions",
    responses((status = 200, description = "A token of five minutes", body = SessionToken))
)]
async fn make_session_token(
    State(app): State<Arc<App>>,
    ByCookie(caller): ByCookie,
) -> Result<axum::Json<SessionToken>, Problem> {
    Ok(axum::Json(ops::make_token(&app, &caller).await?))
}
