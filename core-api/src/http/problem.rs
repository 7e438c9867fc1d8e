//! Problem documents (RFC 9457).

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::{ErrorCode, RequestId, VisitState};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::schema::{ErrorCodeName, VisitStateName};
use crate::refusal::Refusal;
use crate::session::attempt::SecondFactor;
use crate::throttle::Wait;

/// Why a request was refused (RFC 9457). `code` is stable; texts may change.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct Problem {
    /// `about:blank`: the status says the kind, `code` says the rest.
    #[serde(rename = "type")]
    kind: &'static str,
    title: &'static str,
    status: u16,
    /// One sentence for a person.
    detail: String,
    #[schema(value_type = ErrorCodeName)]
    code: ErrorCode,
    /// Leads an operator to the log line and the audit row.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Uuid, required = true)]
    request_id: Option<RequestId>,
    #[serde(flatten)]
    #[schema(inline)]
    extra: Extra,
    /// With `rate_limited`: the seconds of `Retry-After`.
    #[serde(skip)]
    retry_after: Option<i64>,
}

/// Members beyond RFC 9457, each with the codes it comes with.
#[derive(Debug, Clone, Default, Serialize, ToSchema)]
struct Extra {
    /// With `illegal_transition`, `already_admitted`, `not_admitted`: where the visit stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<VisitStateName>, nullable = false)]
    state: Option<VisitState>,
    /// With `already_admitted`: who did.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    admitted_by: Option<AdmittedBy>,
    /// With `slot_taken`: free starts nearby.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    alternatives: Option<Vec<Timestamp>>,
    /// With `invalid_field`: which.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    field: Option<&'static str>,
    /// With `outside_window`: from when it would do.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    window_opens_at: Option<Timestamp>,
    /// With `outside_window`: until when it would do.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    window_closes_at: Option<Timestamp>,
    /// With `second_factor_required`: how to go on.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    second_factor: Option<SecondFactor>,
}

/// Who admitted the patient.
#[derive(Debug, Clone, Serialize, ToSchema)]
struct AdmittedBy {
    display_name: String,
}

impl Problem {
    /// The status the document goes with.
    fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// The document as a response to request `request`.
    pub(crate) fn render(mut self, request: RequestId) -> Response {
        self.request_id = Some(request);
        let mut response = (self.status(), axum::Json(&self)).into_response();
        response.headers_mut().insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/problem+json"),
        );
        response
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let code = refusal.code();
        match &refusal {
            Refusal::Internal(cause) => {
                tracing::error!(error = cause.as_ref(), "Failed to serve a request");
            }
            Refusal::Store(error) => tracing::error!(%error, "The database failed a request"),
            _ => {}
        }
        let detail = refusal.to_string();
        let mut extra = Extra::default();
        let mut retry_after = None;
        match refusal {
            Refusal::Field { field, .. } => extra.field = Some(field),
            Refusal::IllegalTransition { state, .. }
            | Refusal::NotMovable { state }
            | Refusal::NotAdmitted { state } => {
                extra.state = Some(state);
            }
            Refusal::AlreadyAdmitted { state, by } => {
                extra.state = Some(state);
                extra.admitted_by = Some(AdmittedBy {
                    display_name: by.into_inner(),
                });
            }
            Refusal::OutsideWindow {
                opens_at,
                closes_at,
            } => {
                extra.window_opens_at = Some(opens_at);
                extra.window_closes_at = Some(closes_at);
            }
            Refusal::SecondFactorRequired(next) => extra.second_factor = Some(*next),
            Refusal::RateLimited(Wait(wait)) => {
                // To the second after, so that whoever obeys is not early.
                retry_after = Some(wait.as_secs() + i64::from(wait.subsec_nanos() > 0));
            }
            Refusal::SlotTaken { alternatives } => extra.alternatives = Some(alternatives),
            _ => {}
        }
        let status = code.http_status();
        Self {
            kind: "about:blank",
            title: StatusCode::from_u16(status)
                .ok()
                .and_then(|status| status.canonical_reason())
                .unwrap_or("Error"),
            status,
            detail,
            code,
            request_id: None,
            extra,
            retry_after,
        }
    }
}

/// The outermost layer knows the request's id and writes the body ([`Problem::render`]); until
/// then the document rides in the response's extensions.
impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = self.status().into_response();
        if let Some(seconds) = self.retry_after {
            let seconds = HeaderValue::from(seconds.max(1));
            response.headers_mut().insert(header::RETRY_AFTER, seconds);
        }
        response.extensions_mut().insert(self);
        response
    }
}
