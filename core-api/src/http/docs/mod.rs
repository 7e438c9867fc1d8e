//! The API's own documentation: one page that draws `openapi.json`, without anything from
//! anybody else.

use std::sync::LazyLock;

use axum::Router;
use axum::http::{HeaderName, header};
use axum::response::IntoResponse;
use axum::routing::get;

/// What the page may load: its own script, style and document.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The document does not change while the program runs.
static DOCUMENT: LazyLock<String> = LazyLock::new(super::openapi::json);

/// `/api/docs` and `/api/openapi.json`.
pub(crate) fn router<S: Clone + Send + Sync + 'static>() -> Router<S> {
    let html = "text/html; charset=utf-8";
    let script = "text/javascript; charset=utf-8";
    let style = "text/css; charset=utf-8";
    Router::new()
        .route(
            "/api/openapi.json",
            get(|| file("application/json", &DOCUMENT)),
        )
        .route(
            "/api/docs",
            get(move || file(html, include_str!("index.html"))),
        )
        .route(
            "/api/docs/docs.js",
            get(move || file(script, include_str!("docs.js"))),
        )
        .route(
            "/api/docs/docs.css",
            get(move || file(style, include_str!("docs.css"))),
        )
}

async fn file(kind: &'static str, text: &'static str) -> impl IntoResponse {
    let headers: [(HeaderName, &str); 2] = [
        (header::CONTENT_TYPE, kind),
        (header::CONTENT_SECURITY_POLICY, POLICY),
    ];
    (headers, text)
}
