//! Why a connection is refused before it is upgraded. Clients show the body as the message.

use auth::TokenError;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use crate::room::Refusal;

/// A refusal with a status a client understands: 401 and 403 are final, 503 is tried again.
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
    const fn status(self) -> StatusCode {
        match self {
            Self::NoToken | Self::Token(_) => StatusCode::UNAUTHORIZED,
            Self::Room(Refusal::Ended | Refusal::NotAdmitted | Refusal::Full) => {
                StatusCode::FORBIDDEN
            }
            Self::JoinRequest(_) => StatusCode::BAD_REQUEST,
            Self::Room(Refusal::Unavailable) | Self::Busy => StatusCode::SERVICE_UNAVAILABLE,
        }
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        (self.status(), self.to_string()).into_response()
    }
}
