//! `/sessions`, `/session`.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;
use crate::caller::Caller;
use crate::http::caller::Visitor;
use crate::http::cookie;
use crate::http::extract::Json;
use crate::http::problem::Problem;
use crate::session::dto::{Session, SessionToken, SignIn};
use crate::session::ops;

pub(crate) fn router() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(sign_in))
        .routes(routes!(read_session, sign_out))
        .routes(routes!(make_session_token))
}

/// Sign in.
///
/// A wrong password and an unknown address get the same answer after the same work.
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
    let signed_in = ops::sign_in(&app, &visitor.moment, visitor.user_agent, body).await?;
    Ok((
        StatusCode::CREATED,
        [cookie::set(&signed_in.secret)],
        axum::Json(signed_in.session),
    )
        .into_response())
}

/// Who is signed in.
#[utoipa::path(
    get, path = "/session", tag = "sessions",
    responses((status = 200, description = "The session", body = Session))
)]
async fn read_session(
    State(app): State<Arc<App>>,
    caller: Caller,
) -> Result<axum::Json<Session>, Problem> {
    Ok(axum::Json(ops::read(&app, &caller).await?))
}

/// Sign out.
#[utoipa::path(
    delete, path = "/session", tag = "sessions",
    responses((status = 204, description = "Signed out; the cookie is cleared"))
)]
async fn sign_out(State(app): State<Arc<App>>, caller: Caller) -> Result<Response, Problem> {
    ops::sign_out(&app, &caller).await?;
    Ok((StatusCode::NO_CONTENT, [cookie::clear()]).into_response())
}

/// Obtain a short token for the chat socket or an API client.
#[utoipa::path(
    post, path = "/session/token", tag = "sessions",
    responses((status = 200, description = "A token of five minutes", body = SessionToken))
)]
async fn make_session_token(
    State(app): State<Arc<App>>,
    caller: Caller,
) -> Result<axum::Json<SessionToken>, Problem> {
    Ok(axum::Json(ops::make_token(&app, &caller).await?))
}
