//! Extractors whose refusals are problem documents.

use axum::extract::rejection::{JsonRejection, PathRejection, QueryRejection};
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::IntoResponse as _;
use serde::de::DeserializeOwned;

use crate::http::problem::Problem;
use crate::refusal::Refusal;

/// A JSON body.
pub(crate) struct Json<T>(pub(crate) T);

/// Parameters in the path.
pub(crate) struct Path<T>(pub(crate) T);

/// Parameters in the query.
pub(crate) struct Query<T>(pub(crate) T);

impl<T, S> FromRequest<S> for Json<T>
where
    T: DeserializeOwned,
    S: Send + Sync,
{
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        match axum::Json::<T>::from_request(request, state).await {
            Ok(axum::Json(value)) => Ok(Self(value)),
            Err(rejection) if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE => {
                Err(Refusal::TooLarge.into())
            }
            Err(rejection) => Err(json_refusal(&rejection).into()),
        }
    }
}

fn json_refusal(rejection: &JsonRejection) -> Refusal {
    match rejection {
        JsonRejection::MissingJsonContentType(_) => {
            Refusal::Invalid("The body must be JSON: send Content-Type: application/json.".into())
        }
        // serde's words name the member and the place, and never repeat more than the offending
        // scalar, which the caller sent anyway.
        JsonRejection::JsonDataError(error) => Refusal::Invalid(error.body_text()),
        JsonRejection::JsonSyntaxError(error) => Refusal::Invalid(error.body_text()),
        _ => Refusal::Invalid("The body could not be read.".into()),
    }
}

impl<T, S> FromRequestParts<S> for Path<T>
where
    T: DeserializeOwned + Send,
    S: Send + Sync,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        axum::extract::Path::<T>::from_request_parts(parts, state)
            .await
            .map(|axum::extract::Path(value)| Self(value))
            .map_err(|_: PathRejection| {
                Refusal::Invalid("An identifier in the path is not a UUID.".into()).into()
            })
    }
}

impl<T, S> FromRequestParts<S> for Query<T>
where
    T: DeserializeOwned,
    S: Send + Sync,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        axum::extract::Query::<T>::from_request_parts(parts, state)
            .await
            .map(|axum::extract::Query(value)| Self(value))
            .map_err(|rejection: QueryRejection| Refusal::Invalid(rejection.body_text()).into())
    }
}

/// No body, or an empty JSON object: an action whose path says everything.
#[derive(utoipa::ToSchema)]
pub(crate) struct Nothing {}

impl<S: Send + Sync> FromRequest<S> for Nothing {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let bytes = axum::body::Bytes::from_request(request, state)
            .await
            .map_err(|rejection| {
                if rejection.into_response().status() == StatusCode::PAYLOAD_TOO_LARGE {
                    Refusal::TooLarge
                } else {
                    Refusal::Invalid("The body could not be read.".into())
                }
            })?;
        match bytes.trim_ascii() {
            b"" | b"{}" => Ok(Self {}),
            _ => Err(Refusal::Invalid("This action takes no members: send {}.".into()).into()),
        }
    }
}
