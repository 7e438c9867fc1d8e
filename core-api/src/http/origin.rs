//! The address this server is reached at.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};

use crate::app::App;
use crate::http::problem::Problem;
use crate::refusal::Refusal;

/// Where a media client connects: the configured public address, else the one the request was
/// sent to, as `ws(s)://host`.
pub(crate) struct MediaUrl(pub(crate) String);

impl FromRequestParts<Arc<App>> for MediaUrl {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Problem> {
        let origin = match &app.config.public_url {
            Some(url) => url.clone(),
            None => own_origin(&parts.headers)
                .ok_or_else(|| Refusal::Invalid("The Host header is missing.".into()))?,
        };
        let url = origin
            .strip_prefix("https://")
            .map(|host| format!("wss://{host}"))
            .or_else(|| origin.strip_prefix("http://").map(|host| format!("ws://{host}")));
        url.map(Self)
            .ok_or_else(|| Refusal::Invalid("The Host header is not a host.".into()).into())
    }
}

/// Scheme and authority the client used. Plain HTTP unless the page itself says otherwise: a
/// browser on HTTPS sends its origin, and a proxy in front sets `X-Forwarded-Proto`.
pub(crate) fn own_origin(headers: &HeaderMap) -> Option<String> {
    let host = headers.get(header::HOST)?.to_str().ok()?;
    let text = |name| headers.get(name).and_then(|value: &axum::http::HeaderValue| value.to_str().ok());
    let secure = text(header::ORIGIN).is_some_and(|origin| origin.starts_with("https://"))
        || text(header::HeaderName::from_static("x-forwarded-proto")) == Some("https");
    let valid = !host.is_empty()
        && host.len() <= 255
        && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-:[]_".contains(&byte));
    let scheme = if secure { "https" } else { "http" };
    valid.then(|| format!("{scheme}://{host}"))
}
