//! `/providers`.

use std::sync::Arc;

use axum::extract::State;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;
use crate::caller::Caller;
use crate::http::extract::Query;
use crate::http::problem::Problem;
use crate::page::PageQuery;
use crate::provider::dto::ProviderList;
use crate::provider::ops;

pub(crate) fn router() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(list_providers))
}

/// The clinicians of the caller's clinic, by name.
#[utoipa::path(
    get, path = "/providers", tag = "providers", params(PageQuery),
    responses((status = 200, description = "A page", body = ProviderList))
)]
async fn list_providers(
    State(app): State<Arc<App>>,
    caller: Caller,
    Query(page): Query<PageQuery>,
) -> Result<axum::Json<ProviderList>, Problem> {
    Ok(axum::Json(ops::list(&app, &caller, &page).await?))
}
