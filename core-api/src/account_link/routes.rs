//! `/password-resets`, `/sign-in-links` and what their links open.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::account_link::dto::{LinkRequest, LinkSignIn, PasswordReset};
use crate::account_link::model::Purpose;
use crate::account_link::{ask, reset, sign_in};
use crate::app::App;
use crate::http::caller::Visitor;
use crate::http::cookie;
use crate::http::extract::Json;
use crate::http::problem::Problem;
use crate::session::dto::Session;

pub(crate) fn router() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(ask_password_reset))
        .routes(routes!(reset_password))
        .routes(routes!(ask_sign_in_link))
        .routes(routes!(sign_in_with_link))
}

/// Ask for a link to choose a new password.
///
/// The same answer whether or not the address has an account. A server that sends no mail answers
/// `mail_unavailable`.
#[utoipa::path(
    post, path = "/password-resets", tag = "sessions", security(()), request_body = LinkRequest,
    responses((status = 202, description = "If there is such an account, a link is on its way"))
)]
async fn ask_password_reset(
    State(app): State<Arc<App>>,
    visitor: Visitor,
    Json(body): Json<LinkRequest>,
) -> Result<StatusCode, Problem> {
    ask::ask(&app, &visitor, Purpose::PasswordReset, &body.email).await?;
    Ok(StatusCode::ACCEPTED)
}

/// Choose a new password with a link.
///
/// All sessions of the account end; nobody is signed in by it. A link that was used, replaced or
/// is too old is `link_spent`; a password that may not be chosen leaves it as it is.
#[utoipa::path(
    post, path = "/password-resets/complete", tag = "sessions", security(()),
    request_body = PasswordReset,
    responses((status = 204, description = "Changed"))
)]
async fn reset_password(
    State(app): State<Arc<App>>,
    visitor: Visitor,
    Json(body): Json<PasswordReset>,
) -> Result<StatusCode, Problem> {
    reset::complete(&app, &visitor, body).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Ask for a link to sign in with, as a patient.
///
/// The same answer whether or not the address has an account that may have one. A server that
/// sends no mail answers `mail_unavailable`.
#[utoipa::path(
    post, path = "/sign-in-links", tag = "sessions", security(()), request_body = LinkRequest,
    responses((status = 202, description = "If there is such an account, a link is on its way"))
)]
async fn ask_sign_in_link(
    State(app): State<Arc<App>>,
    visitor: Visitor,
    Json(body): Json<LinkRequest>,
) -> Result<StatusCode, Problem> {
    ask::ask(&app, &visitor, Purpose::SignIn, &body.email).await?;
    Ok(StatusCode::ACCEPTED)
}

/// Sign in with a link.
///
/// It stands for the password: whoever has a second factor is answered `second_factor_required`.
#[utoipa::path(
    post, path = "/sessions/link", tag = "sessions", security(()), request_body = LinkSignIn,
    responses((status = 201, description = "Signed in; the cookie is set", body = Session,
        headers(("Set-Cookie" = String, description = "`__Host-bedside`, the session's secret"))))
)]
async fn sign_in_with_link(
    State(app): State<Arc<App>>,
    visitor: Visitor,
    Json(body): Json<LinkSignIn>,
) -> Result<Response, Problem> {
    let opened = sign_in::sign_in(&app, &visitor, body).await?;
    let cookies = cookie::of_session(&opened);
    Ok((StatusCode::CREATED, cookies, axum::Json(opened.session)).into_response())
}
