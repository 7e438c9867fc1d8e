//! Who is at the door. The token is read here and nowhere else, and never logged.

use auth::media::Grant;
use axum::http::{HeaderMap, header};
use jiff::Timestamp;
use serde::Deserialize;

use super::Gateway;
use super::refusal::Refused;

/// The query of every route. Values a client does not send are empty.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Query {
    access_token: String,
    /// v1: see [`super::join_request`].
    pub(super) join_request: String,
    /// v0: `1` or `0`; absent means yes.
    pub(super) auto_subscribe: Option<String>,
    /// v0: the client wants its session back.
    pub(super) reconnect: String,
    /// v0: which.
    pub(super) sid: String,
    /// The client's protocol number, shown to the others.
    pub(super) client_protocol: String,
}

/// Whether a flag of the query is set.
pub(super) fn is_set(flag: &str) -> bool {
    matches!(flag, "1" | "true")
}

impl Gateway {
    /// What the bearer of the request's token may do, and until when. Native clients send it in the header,
    /// browsers, which cannot set one on a WebSocket, in the query.
    pub(super) fn authorize(
        &self,
        headers: &HeaderMap,
        query: &Query,
    ) -> Result<(Grant, Timestamp), Refused> {
        let header = headers.get(header::AUTHORIZATION);
        let bearer = header
            .and_then(|value| value.to_str().ok())
            .and_then(|value| value.strip_prefix("Bearer "));
        let token = bearer.unwrap_or(&query.access_token);
        if token.is_empty() {
            return Err(Refused::NoToken);
        }
        let now = self.clock.now();
        Ok(auth::media::verify(&self.media_key, token, now)?)
    }
}
