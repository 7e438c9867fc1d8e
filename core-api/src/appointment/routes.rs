//! `/appointments`.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use domain::AppointmentId;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;
use crate::appointment::dto::{Appointment, MoveAppointment, NewAppointment};
use crate::appointment::ops;
use crate::caller::Caller;
use crate::http::conditional::{IfMatch, Tagged};
use crate::http::extract::{Json, Path};
use crate::http::idempotency::IdempotencyKey;
use crate::http::problem::Problem;
use crate::visit::dto::CancelRequest;

pub(crate) fn router() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(book_appointment))
        .routes(routes!(read_appointment, move_appointment))
        .routes(routes!(cancel_appointment))
}

/// Book a slot. An overlap for clinician or patient is refused, with free starts nearby.
#[utoipa::path(
    post, path = "/appointments", tag = "appointments",
    params(("Idempotency-Key" = Option<String>, Header, description = "Makes a repetition harmless")),
    request_body = NewAppointment,
    responses((status = 201, description = "Booked", body = Appointment))
)]
async fn book_appointment(
    State(app): State<Arc<App>>,
    caller: Caller,
    key: IdempotencyKey,
    Json(body): Json<NewAppointment>,
) -> Result<(StatusCode, Tagged<Appointment>), Problem> {
    let appointment = ops::book(&app, &caller, key.into(), body).await?;
    Ok((StatusCode::CREATED, Tagged(appointment)))
}

/// An appointment.
#[utoipa::path(
    get, path = "/appointments/{id}", tag = "appointments", params(("id" = Uuid, Path)),
    responses((status = 200, description = "The appointment", body = Appointment))
)]
async fn read_appointment(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<AppointmentId>,
) -> Result<Tagged<Appointment>, Problem> {
    Ok(Tagged(ops::read(&app, &caller, id).await?))
}

/// Move an appointment whose patient has not checked in.
#[utoipa::path(
    patch, path = "/appointments/{id}", tag = "appointments",
    params(("id" = Uuid, Path), ("If-Match" = String, Header, description = "The version edited, in quotes")),
    request_body = MoveAppointment,
    responses((status = 200, description = "Moved", body = Appointment))
)]
async fn move_appointment(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<AppointmentId>,
    IfMatch(version): IfMatch,
    Json(body): Json<MoveAppointment>,
) -> Result<Tagged<Appointment>, Problem> {
    Ok(Tagged(
        ops::reschedule(&app, &caller, id, version, body).await?,
    ))
}

/// Call an appointment and its visit off.
#[utoipa::path(
    post, path = "/appointments/{id}/cancel", tag = "appointments", params(("id" = Uuid, Path)),
    request_body = CancelRequest,
    responses((status = 200, description = "Cancelled", body = Appointment))
)]
async fn cancel_appointment(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<AppointmentId>,
    Json(body): Json<CancelRequest>,
) -> Result<Tagged<Appointment>, Problem> {
    Ok(Tagged(ops::cancel(&app, &caller, id, body.reason).await?))
}
