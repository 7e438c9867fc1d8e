//! `/accounts`.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::account::dto::{Account, AccountList, NewAccount};
use crate::account::ops;
use crate::app::App;
use crate::caller::Caller;
use crate::http::extract::{Json, Query};
use crate::http::idempotency::IdempotencyKey;
use crate::http::problem::Problem;
use crate::page::PageQuery;

pub(crate) fn router() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(list_accounts, create_account))
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
