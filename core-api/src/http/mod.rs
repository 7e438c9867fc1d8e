//! HTTP: the router, and what is common to every route.

pub(crate) mod address;
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
mod site;

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware;
use axum::routing::any;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;

use crate::app::App;

/// The largest body taken, in bytes.
const BODY_LIMIT: usize = 64 * 1024;

/// Everything under `/api`. Every path there is a route of its own, so that nothing of this frame
/// touches the paths of whoever this is merged with.
pub(crate) fn router(app: Arc<App>) -> Router {
    let (v1, _) = openapi::routes().split_for_parts();
    Router::new()
        .nest("/api/v1", v1)
        .merge(docs::router())
        .route("/api", any(frame::not_found))
        .route("/api/", any(frame::not_found))
        .route("/api/{*rest}", any(frame::not_found))
        .route_layer(DefaultBodyLimit::max(BODY_LIMIT))
        .route_layer(CatchPanicLayer::custom(frame::panicked))
        .route_layer(middleware::from_fn_with_state(
            Arc::clone(&app),
            frame::frame,
        ))
        .route_layer(CompressionLayer::new())
        .with_state(app)
}
