//! `/consent-documents`, `/patients/{id}/consents`.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use domain::{ConsentId, PatientId};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;
use crate::caller::Caller;
use crate::consent::dto::{Consent, ConsentDocument, ConsentList, GiveConsent};
use crate::consent::ops;
use crate::http::extract::{Json, Nothing, Path};
use crate::http::problem::Problem;

pub(crate) fn router() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(read_telehealth_document))
        .routes(routes!(list_consents, give_consent))
        .routes(routes!(withdraw_consent))
}

/// The telehealth consent text in force.
#[utoipa::path(
    get, path = "/consent-documents/telehealth", tag = "consents",
    responses((status = 200, description = "The text", body = ConsentDocument))
)]
async fn read_telehealth_document(
    State(app): State<Arc<App>>,
    caller: Caller,
) -> Result<axum::Json<ConsentDocument>, Problem> {
    Ok(axum::Json(ops::telehealth_document(&app, &caller).await?))
}

/// What a patient consented to, newest first.
#[utoipa::path(
    get, path = "/patients/{id}/consents", tag = "consents", params(("id" = Uuid, Path)),
    responses((status = 200, description = "All of them", body = ConsentList))
)]
async fn list_consents(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<PatientId>,
) -> Result<axum::Json<ConsentList>, Problem> {
    Ok(axum::Json(ops::list(&app, &caller, id).await?))
}

/// Consent to a text, as the patient. Giving it again while it stands changes nothing.
#[utoipa::path(
    post, path = "/patients/{id}/consents", tag = "consents", params(("id" = Uuid, Path)),
    request_body = GiveConsent,
    responses((status = 201, description = "Given", body = Consent))
)]
async fn give_consent(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<PatientId>,
    Json(body): Json<GiveConsent>,
) -> Result<(StatusCode, axum::Json<Consent>), Problem> {
    let consent = ops::give(&app, &caller, id, body.document_id).await?;
    Ok((StatusCode::CREATED, axum::Json(consent)))
}

/// Withdraw a consent, as the patient.
#[utoipa::path(
    post, path = "/patients/{id}/consents/{cid}/withdraw", tag = "consents",
    params(("id" = Uuid, Path), ("cid" = Uuid, Path)),
    request_body = Nothing,
    responses((status = 200, description = "Withdrawn", body = Consent))
)]
async fn withdraw_consent(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path((id, consent)): Path<(PatientId, ConsentId)>,
    _: Nothing,
) -> Result<axum::Json<Consent>, Problem> {
    Ok(axum::Json(ops::withdraw(&app, &caller, id, consent).await?))
}
