//! `/factors/passkeys`, `/sessions/passkey` and the options of every ceremony.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;
use crate::caller::Caller;
use crate::factor::dto::Enrolled;
use crate::http::caller::{Enrolling, Visitor};
use crate::http::cookie;
use crate::http::extract::{Json, Nothing};
use crate::http::problem::Problem;
use crate::passkey::ceremony::Site;
use crate::passkey::dto::{CreationOptions, NewPasskey, PasskeySignIn, RequestOptions, Waiting};
use crate::passkey::{enrol, sign_in};
use crate::session::dto::Session;
use crate::session::{second_step, step_up};

pub(crate) fn router() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(begin_passkey))
        .routes(routes!(add_passkey))
        .routes(routes!(begin_passkey_sign_in))
        .routes(routes!(sign_in_with_passkey))
        .routes(routes!(begin_passkey_second_factor))
        .routes(routes!(begin_passkey_step_up))
}

/// Begin to add a passkey or a security key.
///
/// Needs a step-up, except in a session that serves only to enrol. The answer is for
/// `PublicKeyCredential.parseCreationOptionsFromJSON()`, and good for five minutes and one key.
#[utoipa::path(
    post, path = "/factors/passkeys/options", tag = "factors",
    responses((status = 200, description = "What to make it with", body = CreationOptions))
)]
async fn begin_passkey(
    State(app): State<Arc<App>>,
    Enrolling(caller): Enrolling,
    site: Site,
    _: Nothing,
) -> Result<axum::Json<CreationOptions>, Problem> {
    Ok(axum::Json(enrol::options(&app, &caller, &site).await?))
}

/// Add a passkey or a security key. It counts from now on.
#[utoipa::path(
    post, path = "/factors/passkeys", tag = "factors", request_body = NewPasskey,
    responses((status = 201, description = "Added", body = Enrolled))
)]
async fn add_passkey(
    State(app): State<Arc<App>>,
    visitor: Visitor,
    Enrolling(caller): Enrolling,
    site: Site,
    Json(body): Json<NewPasskey>,
) -> Result<Response, Problem> {
    let (enrolled, opened) = enrol::add(&app, &caller, &visitor, &site, body).await?;
    let cookies = opened.as_ref().map(cookie::of_session);
    Ok((StatusCode::CREATED, cookies, axum::Json(enrolled)).into_response())
}

/// Begin to sign in with a passkey alone.
///
/// The answer is for `PublicKeyCredential.parseRequestOptionsFromJSON()`.
#[utoipa::path(
    post, path = "/sessions/passkey/options", tag = "sessions", security(()),
    responses((status = 200, description = "What to ask it with", body = RequestOptions))
)]
async fn begin_passkey_sign_in(
    State(app): State<Arc<App>>,
    visitor: Visitor,
    site: Site,
    _: Nothing,
) -> Result<axum::Json<RequestOptions>, Problem> {
    Ok(axum::Json(sign_in::options(&app, &visitor, &site).await?))
}

/// Sign in with a passkey alone.
///
/// It has to verify its holder, and then stands for both factors. Whatever is wrong with it is
/// answered `invalid_code`.
#[utoipa::path(
    post, path = "/sessions/passkey", tag = "sessions", security(()),
    request_body = PasskeySignIn,
    responses((status = 201, description = "Signed in; the cookie is set", body = Session,
        headers(("Set-Cookie" = String, description = "`__Host-bedside`, the session's secret"))))
)]
async fn sign_in_with_passkey(
    State(app): State<Arc<App>>,
    visitor: Visitor,
    site: Site,
    Json(body): Json<PasskeySignIn>,
) -> Result<Response, Problem> {
    let opened = sign_in::sign_in(&app, &visitor, &site, body).await?;
    let cookies = cookie::of_session(&opened);
    Ok((StatusCode::CREATED, cookies, axum::Json(opened.session)).into_response())
}

/// Begin to show a passkey after the password.
///
/// The answer is for `PublicKeyCredential.parseRequestOptionsFromJSON()`; what the browser makes of
/// it goes to `POST /sessions/second-factor`.
#[utoipa::path(
    post, path = "/sessions/second-factor/passkey", tag = "sessions", security(()),
    request_body = Waiting,
    responses((status = 200, description = "What to ask it with", body = RequestOptions))
)]
async fn begin_passkey_second_factor(
    State(app): State<Arc<App>>,
    visitor: Visitor,
    site: Site,
    Json(body): Json<Waiting>,
) -> Result<axum::Json<RequestOptions>, Problem> {
    let options = second_step::passkey_options(&app, &visitor, &site, &body.attempt).await?;
    Ok(axum::Json(options))
}

/// Begin to prove again with a passkey who is signed in.
///
/// The answer is for `PublicKeyCredential.parseRequestOptionsFromJSON()`; what the browser makes of
/// it goes to `POST /session/step-up`.
#[utoipa::path(
    post, path = "/session/step-up/passkey", tag = "sessions",
    responses((status = 200, description = "What to ask it with", body = RequestOptions))
)]
async fn begin_passkey_step_up(
    State(app): State<Arc<App>>,
    caller: Caller,
    site: Site,
    _: Nothing,
) -> Result<axum::Json<RequestOptions>, Problem> {
    let options = step_up::passkey_options(&app, &caller, &site).await?;
    Ok(axum::Json(options))
}
