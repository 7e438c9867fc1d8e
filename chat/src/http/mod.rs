//! The two ways in over HTTP.

mod history;
mod origin;
mod problem;
mod upgrade;

use std::sync::Arc;

use axum::Router;
use axum::routing::get;

use crate::App;

/// `GET /chat/ws` and `GET /chat/conversations/{id}/events`.
pub(crate) fn router(app: Arc<App>) -> Router {
    Router::new()
        .route("/chat/ws", get(upgrade::upgrade))
        .route(
            "/chat/conversations/{conversation}/events",
            get(history::events),
        )
        .with_state(app)
}
