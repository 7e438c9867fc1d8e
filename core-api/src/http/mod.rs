//! HTTP: the router, and what is common to every route.

pub(crate) mod caller;
pub(crate) mod conditional;
pub(crate) mod cookie;
mod docs;
pub(crate) mod extract;
mod frame;
pub(crate) mod idempotency;
pub(crate) mod openapi;
pub(crate) mod origin;
pub(crate) mod problem;
pub(crate) mod schema;

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;

use crate::app::App;

/// The largest body taken, in bytes.
const BODY_LIMIT: usize = 64 * 1024;

/// Everything under `/api`. Other paths are left to whoever this is merged with.
pub(crate) fn router(app: Arc<App>) -> Router {
    let (v1, _) = openapi::routes().split_for_parts();
    let api = Router::new()
        .nest("/v1", v1)
        .merge(docs::router())
        .fallback(frame::not_found)
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
        .layer(CatchPanicLayer::custom(frame::panicked))
        .layer(middleware::from_fn_with_state(
            Arc::clone(&app),
            frame::frame,
        ))
        .layer(CompressionLayer::new())
        .with_state(app);
    Router::new().nest("/api", api)
}
