//! `/accounts`.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use domain::AccountId;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::account::dto::{Account, AccountList, NewAccount, PasswordChange};
use crate::account::{change, ops};
use crate::app::App;
use crate::caller::Caller;
use crate::http::extract::{Json, Nothing, Path, Query};
use crate::http::idempotency::IdempotencyKey;
use crate::http::problem::Problem;
use crate::page::PageQuery;

pub(crate) fn router() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(list_accounts, create_account))
        .routes(routes!(disable_account))
        .routes(routes!(enable_account))
        .routes(routes!(change_password))
}

/// The accounts of the caller's clinic, by name.
#[utoipa::path(
    get, path = "/accounts", tag = "accounts", params(PageQuery),
    responses((status = 200, description = "A page", body = AccountList))
)]
async fn list_accounts(
    State(app): State<Arc<App>>,
    caller: Caller,
    Query(page): Query<PageQuery>,
) -> Result<axum::Json<AccountList>, Problem> {
    Ok(axum::Json(ops::list(&app, &caller, &page).await?))
}

/// Create an account in the caller's clinic.
#[utoipa::path(
    post, path = "/accounts", tag = "accounts",
    params(("Idempotency-Key" = Option<String>, Header, description = "Makes a repetition harmless")),
    request_body = NewAccount,
    responses((status = 201, description = "Created", body = Account))
)]
async fn create_account(
    State(app): State<Arc<App>>,
    caller: Caller,
    key: IdempotencyKey,
    Json(body): Json<NewAccount>,
) -> Result<(StatusCode, axum::Json<Account>), Problem> {
    let account = ops::create(&app, &caller, key.into(), body).await?;
    Ok((StatusCode::CREATED, axum::Json(account)))
}

/// Shut an account of the caller's clinic.
///
/// Needs a step-up. Its sessions, sockets and calls end.
#[utoipa::path(
    post, path = "/accounts/{id}/disable", tag = "accounts", params(("id" = Uuid, Path)),
    responses((status = 204, description = "Shut"))
)]
async fn disable_account(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<AccountId>,
    _: Nothing,
) -> Result<StatusCode, Problem> {
    change::disable(&app, &caller, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Open an account of the caller's clinic again.
///
/// Needs a step-up.
#[utoipa::path(
    post, path = "/accounts/{id}/enable", tag = "accounts", params(("id" = Uuid, Path)),
    responses((status = 204, description = "Open"))
)]
async fn enable_account(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<AccountId>,
    _: Nothing,
) -> Result<StatusCode, Problem> {
    change::enable(&app, &caller, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Change the caller's password. Their other sessions end.
#[utoipa::path(
    post, path = "/account/password", tag = "accounts", request_body = PasswordChange,
    responses((status = 204, description = "Changed"))
)]
async fn change_password(
    State(app): State<Arc<App>>,
    caller: Caller,
    Json(body): Json<PasswordChange>,
) -> Result<StatusCode, Problem> {
    change::password(&app, &caller, body).await?;
    Ok(StatusCode::NO_CONTENT)
}
