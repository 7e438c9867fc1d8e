//! `/patients/{id}/proxies`, `/represented-patients`.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use domain::{PatientId, ProxyGrantId};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;
use crate::caller::Caller;
use crate::http::extract::{Json, Nothing, Path};
use crate::http::problem::Problem;
use crate::proxy::dto::{NewProxyGrant, ProxyGrant, ProxyGrantList, RepresentedPatientList};
use crate::proxy::ops;

pub(crate) fn router() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(list_proxies, grant_proxy))
        .routes(routes!(revoke_proxy))
        .routes(routes!(list_represented_patients))
}

/// Who acts, and acted, for a patient.
#[utoipa::path(
    get, path = "/patients/{id}/proxies", tag = "proxies", params(("id" = Uuid, Path)),
    responses((status = 200, description = "All of them", body = ProxyGrantList))
)]
async fn list_proxies(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<PatientId>,
) -> Result<axum::Json<ProxyGrantList>, Problem> {
    Ok(axum::Json(ops::list(&app, &caller, id).await?))
}

/// Let a family member act for a patient: by the patient's word, or by the desk on documents.
#[utoipa::path(
    post, path = "/patients/{id}/proxies", tag = "proxies", params(("id" = Uuid, Path)),
    request_body = NewProxyGrant,
    responses((status = 201, description = "Granted", body = ProxyGrant))
)]
async fn grant_proxy(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<PatientId>,
    Json(body): Json<NewProxyGrant>,
) -> Result<(StatusCode, axum::Json<ProxyGrant>), Problem> {
    let grant = ops::grant(&app, &caller, id, body).await?;
    Ok((StatusCode::CREATED, axum::Json(grant)))
}

/// Take a grant back, from now on.
#[utoipa::path(
    post, path = "/patients/{id}/proxies/{grant}/revoke", tag = "proxies",
    params(("id" = Uuid, Path), ("grant" = Uuid, Path)), request_body = Nothing,
    responses((status = 200, description = "Taken back", body = ProxyGrant))
)]
async fn revoke_proxy(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path((id, grant)): Path<(PatientId, ProxyGrantId)>,
    _: Nothing,
) -> Result<axum::Json<ProxyGrant>, Problem> {
    Ok(axum::Json(ops::revoke(&app, &caller, id, grant).await?))
}

/// Whom the caller acts for now, by name.
#[utoipa::path(
    get, path = "/represented-patients", tag = "proxies",
    responses((status = 200, description = "All of them", body = RepresentedPatientList))
)]
async fn list_represented_patients(
    State(app): State<Arc<App>>,
    caller: Caller,
) -> Result<axum::Json<RepresentedPatientList>, Problem> {
    Ok(axum::Json(ops::represented(&app, &caller).await?))
}
