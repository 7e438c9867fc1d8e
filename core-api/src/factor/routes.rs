//! `/factors`.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use domain::AccountId;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::app::App;
use crate::caller::Caller;
use crate::factor::dto::{
    Confirmation, Enrolled, FactorList, FactorName, NewTotp, RecoveryCodes, TotpSetup,
};
use crate::factor::ops;
use crate::http::caller::{Enrolling, Visitor};
use crate::http::cookie;
use crate::http::extract::{Json, Nothing, Path};
use crate::http::problem::Problem;

pub(crate) fn router() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(list_factors))
        .routes(routes!(begin_totp))
        .routes(routes!(confirm_totp))
        .routes(routes!(rename_factor, remove_factor))
        .routes(routes!(make_recovery_codes))
        .routes(routes!(reset_factors))
}

/// The caller's second factors.
#[utoipa::path(
    get, path = "/factors", tag = "factors",
    responses((status = 200, description = "The factors, oldest first", body = FactorList))
)]
async fn list_factors(
    State(app): State<Arc<App>>,
    Enrolling(caller): Enrolling,
) -> Result<axum::Json<FactorList>, Problem> {
    Ok(axum::Json(ops::list(&app, &caller).await?))
}

/// Begin to set an authenticator app up.
///
/// Needs a step-up, except in a session that serves only to enrol. What was being set up before
/// is forgotten.
#[utoipa::path(
    post, path = "/factors/totp", tag = "factors", request_body = NewTotp,
    responses((status = 201, description = "To be confirmed with a first code", body = TotpSetup))
)]
async fn begin_totp(
    State(app): State<Arc<App>>,
    Enrolling(caller): Enrolling,
    Json(body): Json<NewTotp>,
) -> Result<(StatusCode, axum::Json<TotpSetup>), Problem> {
    let setup = ops::begin_totp(&app, &caller, body).await?;
    Ok((StatusCode::CREATED, axum::Json(setup)))
}

/// Confirm an authenticator app with a first code.
#[utoipa::path(
    post, path = "/factors/{id}/confirm", tag = "factors", params(("id" = Uuid, Path)),
    request_body = Confirmation,
    responses((status = 200, description = "It counts from now on", body = Enrolled))
)]
async fn confirm_totp(
    State(app): State<Arc<App>>,
    visitor: Visitor,
    Enrolling(caller): Enrolling,
    Path(id): Path<Uuid>,
    Json(body): Json<Confirmation>,
) -> Result<Response, Problem> {
    let (enrolled, opened) = ops::confirm_totp(&app, &caller, &visitor, id, body).await?;
    let cookies = opened.as_ref().map(cookie::of_session);
    Ok((cookies, axum::Json(enrolled)).into_response())
}

/// Call a second factor something else.
#[utoipa::path(
    patch, path = "/factors/{id}", tag = "factors", params(("id" = Uuid, Path)),
    request_body = FactorName,
    responses((status = 204, description = "Renamed"))
)]
async fn rename_factor(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<Uuid>,
    Json(body): Json<FactorName>,
) -> Result<StatusCode, Problem> {
    ops::rename(&app, &caller, id, body).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Remove a second factor.
///
/// Needs a step-up. The caller's other sessions end.
#[utoipa::path(
    delete, path = "/factors/{id}", tag = "factors", params(("id" = Uuid, Path)),
    responses((status = 204, description = "Removed"))
)]
async fn remove_factor(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<Uuid>,
) -> Result<StatusCode, Problem> {
    ops::remove(&app, &caller, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Make fresh recovery codes.
///
/// Needs a step-up. The ones before count no more.
#[utoipa::path(
    post, path = "/factors/recovery-codes", tag = "factors",
    responses((status = 201, description = "Shown once", body = RecoveryCodes))
)]
async fn make_recovery_codes(
    State(app): State<Arc<App>>,
    caller: Caller,
    _: Nothing,
) -> Result<(StatusCode, axum::Json<RecoveryCodes>), Problem> {
    let codes = ops::new_codes(&app, &caller).await?;
    Ok((StatusCode::CREATED, axum::Json(codes)))
}

/// Take all second factors of an account away whose owner lost them.
///
/// Needs a step-up. Their sessions end; at the next sign-in they enrol anew, as their role asks.
#[utoipa::path(
    post, path = "/accounts/{id}/reset-factors", tag = "factors", params(("id" = Uuid, Path)),
    responses((status = 204, description = "Taken away"))
)]
async fn reset_factors(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<AccountId>,
    _: Nothing,
) -> Result<StatusCode, Problem> {
    ops::reset(&app, &caller, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
