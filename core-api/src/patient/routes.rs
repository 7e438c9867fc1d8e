//! `/patients`.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use domain::PatientId;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;
use crate::caller::Caller;
use crate::http::conditional::{IfMatch, Tagged};
use crate::http::extract::{Json, Path, Query};
use crate::http::idempotency::IdempotencyKey;
use crate::http::problem::Problem;
use crate::page::PageQuery;
use crate::patient::dto::{NewPatient, Patient, PatientChange, PatientList, PatientSearch};
use crate::patient::ops;

pub(crate) fn router() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(list_patients, create_patient))
        .routes(routes!(search_patients))
        .routes(routes!(read_patient, change_patient))
}

/// The patients of the caller's clinic, by name.
#[utoipa::path(
    get, path = "/patients", tag = "patients", params(PageQuery),
    responses((status = 200, description = "A page", body = PatientList))
)]
async fn list_patients(
    State(app): State<Arc<App>>,
    caller: Caller,
    Query(page): Query<PageQuery>,
) -> Result<axum::Json<PatientList>, Problem> {
    let everybody = PatientSearch {
        query: None,
        cursor: page.cursor,
        limit: page.limit,
    };
    Ok(axum::Json(ops::list(&app, &caller, &everybody).await?))
}

/// The patients of the caller's clinic whose name contains a text, by name.
#[utoipa::path(
    post, path = "/patients/_search", tag = "patients", request_body = PatientSearch,
    responses((status = 200, description = "A page", body = PatientList))
)]
async fn search_patients(
    State(app): State<Arc<App>>,
    caller: Caller,
    Json(search): Json<PatientSearch>,
) -> Result<axum::Json<PatientList>, Problem> {
    Ok(axum::Json(ops::list(&app, &caller, &search).await?))
}

/// Create a patient in the caller's clinic.
#[utoipa::path(
    post, path = "/patients", tag = "patients",
    params(("Idempotency-Key" = Option<String>, Header, description = "Makes a repetition harmless")),
    request_body = NewPatient,
    responses((status = 201, description = "Created", body = Patient))
)]
async fn create_patient(
    State(app): State<Arc<App>>,
    caller: Caller,
    key: IdempotencyKey,
    Json(body): Json<NewPatient>,
) -> Result<(StatusCode, Tagged<Patient>), Problem> {
    let patient = ops::create(&app, &caller, key.into(), body).await?;
    Ok((StatusCode::CREATED, Tagged(patient)))
}

/// A patient.
#[utoipa::path(
    get, path = "/patients/{id}", tag = "patients", params(("id" = Uuid, Path)),
    responses((status = 200, description = "The patient", body = Patient))
)]
async fn read_patient(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<PatientId>,
) -> Result<Tagged<Patient>, Problem> {
    Ok(Tagged(ops::read(&app, &caller, id).await?))
}

/// Change a patient's details.
#[utoipa::path(
    patch, path = "/patients/{id}", tag = "patients",
    params(("id" = Uuid, Path), ("If-Match" = String, Header, description = "The version edited, in quotes")),
    request_body = PatientChange,
    responses((status = 200, description = "Changed", body = Patient))
)]
async fn change_patient(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<PatientId>,
    IfMatch(version): IfMatch,
    Json(body): Json<PatientChange>,
) -> Result<Tagged<Patient>, Problem> {
    Ok(Tagged(ops::change(&app, &caller, id, version, body).await?))
}
