//! `ETag` and `If-Match` (RFC 9110, sections 8.8.3 and 13.1.1): the row's version in quotes.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::http::problem::Problem;
use crate::refusal::Refusal;

/// Something with a row version.
pub(crate) trait Versioned {
    /// The version of the row shown.
    fn version(&self) -> i64;
}

macro_rules! versioned {
    ($($shape:ty),+ $(,)?) => {$(
        impl Versioned for $shape {
            fn version(&self) -> i64 {
                self.version
            }
        }
    )+};
}

versioned!(
    crate::appointment::dto::Appointment,
    crate::patient::dto::Patient,
    crate::visit::dto::Visit,
);

/// A JSON answer with its version as `ETag`.
pub(crate) struct Tagged<T>(pub(crate) T);

impl<T: Versioned + Serialize> IntoResponse for Tagged<T> {
    fn into_response(self) -> Response {
        let tag = format!("\"{}\"", self.0.version());
        let mut response = axum::Json(self.0).into_response();
        if let Ok(value) = HeaderValue::try_from(tag) {
            response.headers_mut().insert(header::ETAG, value);
        }
        response
    }
}

/// The version a change is based on; mandatory.
pub(crate) struct IfMatch(pub(crate) i64);

impl<S: Send + Sync> FromRequestParts<S> for IfMatch {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let value = parts
            .headers
            .get(header::IF_MATCH)
            .ok_or(Refusal::PreconditionRequired)?;
        let version = value.to_str().ok().and_then(parse);
        Ok(Self(version.ok_or(Refusal::VersionMismatch)?))
    }
}

/// One strong tag of ours. Another form matches no version that we ever gave out.
fn parse(value: &str) -> Option<i64> {
    value
        .trim()
        .strip_prefix('"')?
        .strip_suffix('"')?
        .parse()
        .ok()
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn only_a_quoted_version_matches() {
        assert_eq!(parse("\"7\""), Some(7));
        for other in ["7", "W/\"7\"", "\"7\", \"8\"", "*", "\"\"", "\"x\""] {
            assert_eq!(parse(other), None, "{other}");
        }
    }
}
