//! Metrics in Prometheus' text format (OpenMetrics).

use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use prometheus_client::registry::Registry;

/// The program's metrics. Cheap to clone. Each service registers one struct of its own, under a
/// prefix of its own, once.
#[derive(Clone, Debug)]
pub struct Metrics {
    // Held while registering or encoding, never across an await.
    registry: Arc<Mutex<Registry>>,
}

impl Default for Metrics {
    fn default() -> Self {
        Self {
            registry: Arc::new(Mutex::new(Registry::with_prefix("bedside"))),
        }
    }
}

impl Metrics {
    /// Lets a service register its metrics as `bedside_{service}_…`. No label may carry an
    /// identifier of a person, a secret or free text.
    pub fn register(&self, service: &'static str, register: impl FnOnce(&mut Registry)) {
        let mut registry = self.registry.lock().unwrap_or_else(PoisonError::into_inner);
        register(registry.sub_registry_with_prefix(service));
    }

    /// All metrics as Prometheus reads them.
    ///
    /// # Errors
    /// If a metric cannot be written as text.
    pub fn encode(&self) -> Result<String, std::fmt::Error> {
        let registry = self.registry.lock().unwrap_or_else(PoisonError::into_inner);
        let mut text = String::new();
        prometheus_client::encoding::text::encode(&mut text, &registry)?;
        Ok(text)
    }
}

pub(crate) fn router(metrics: Metrics) -> Router {
    Router::new()
        .route("/metrics", get(expose))
        .with_state(metrics)
}

async fn expose(State(metrics): State<Metrics>) -> Response {
    match metrics.encode() {
        Ok(text) => (
            [(
                header::CONTENT_TYPE,
                "application/openmetrics-text; version=1.0.0; charset=utf-8",
            )],
            text,
        )
            .into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use prometheus_client::metrics::counter::Counter;

    #[test]
    fn a_registered_counter_appears_under_its_service() {
        let metrics = Metrics::default();
        let sent: Counter = Counter::default();
        metrics.register("chat", |registry| {
            registry.register("messages_sent", "Messages stored", sent.clone());
        });
        sent.inc_by(3);
        let text = metrics.encode().expect("encodes");
        assert!(
            text.contains("bedside_chat_messages_sent_total 3"),
            "{text}"
        );
    }
}
