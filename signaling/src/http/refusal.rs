//! Why a connection is refused before it is upgraded. Clients show the body as the message.

use auth::TokenError;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::room::Refusal;

/// A refusal with a status a client understands: 401 and 403 are final, 429 and 503 are tried
/// again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Refused {
    /// No token was given.
    #[error("an access token is required")]
    NoToken,
    /// The token does not count.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// The token counts, but the room is not open to its bearer.
    #[error(transparent)]
    Room(#[from] Refusal),
    /// The join request cannot be read.
    #[error("the join request is malformed: {0}")]
    JoinRequest(&'static str),
    /// As many connections as there may be.
    #[error("too many connections, try again later")]
    Busy,
}

impl Refused {
    /// The stable name; the text may change.
    const fn code(self) -> &'static str {
        match self {
            Self::NoToken => "token_required",
            Self::Token(TokenError::Expired) => "token_expired",
            Self::Token(TokenError::NotYet) => "token_not_yet_valid",
            Self::Token(TokenError::Invalid) => "token_invalid",
            Self::Room(refusal) => refusal.code(),
            Self::JoinRequest(_) => "join_request_malformed",
            Self::Busy => "too_many_connections",
        }
    }

    const fn status(self) -> StatusCode {
        match self {
            Self::NoToken | Self::Token(_) => StatusCode::UNAUTHORIZED,
            Self::Room(Refusal::Ended | Refusal::NotAdmitted | Refusal::Full | Refusal::Locked) => {
                StatusCode::FORBIDDEN
            }
            Self::JoinRequest(_) => StatusCode::BAD_REQUEST,
            Self::Room(Refusal::TooOften) => StatusCode::TOO_MANY_REQUESTS,
            Self::Room(Refusal::Overloaded | Refusal::Draining | Refusal::Unavailable)
            | Self::Busy => StatusCode::SERVICE_UNAVAILABLE,
        }
    }
}

/// Clients show the body to their users, and it is all they keep of the answer: so it holds the
/// stable name, then the text.
impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let body = format!("{}: {self}", self.code());
        let mut response = (self.status(), body).into_response();
        if matches!(
            self.status(),
            StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS
        ) {
            let soon = HeaderValue::from_static("2");
            response.headers_mut().insert(header::RETRY_AFTER, soon);
        }
        response
    }
}
