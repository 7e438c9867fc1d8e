//! Liveness and readiness.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Json, Router};
use serde::Serialize;

/// What every part of the program says about itself. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Health {
    // Held for a map insertion or copy only, never across an await.
    parts: Arc<Mutex<BTreeMap<&'static str, Result<(), String>>>>,
}

/// One part's voice in [`Health`].
#[derive(Clone, Debug)]
pub struct HealthHandle {
    health: Health,
    part: &'static str,
}

#[derive(Serialize)]
struct Report {
    status: &'static str,
    parts: BTreeMap<&'static str, String>,
}

impl Health {
    /// Registers `part`, not ready until it says so.
    pub fn register(&self, part: &'static str) -> HealthHandle {
        let handle = HealthHandle {
            health: self.clone(),
            part,
        };
        handle.unready("starting");
        handle
    }

    /// Whether every registered part is ready.
    pub fn is_ready(&self) -> bool {
        self.snapshot().values().all(Result::is_ok)
    }

    fn snapshot(&self) -> BTreeMap<&'static str, Result<(), String>> {
        self.parts
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    fn set(&self, part: &'static str, state: Result<(), String>) {
        self.parts
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(part, state);
    }
}

impl HealthHandle {
    /// The part serves.
    pub fn ready(&self) {
        self.health.set(self.part, Ok(()));
    }

    /// The part does not serve; `reason` is shown to whoever asks, so it names no person or secret.
    pub fn unready(&self, reason: impl Into<String>) {
        self.health.set(self.part, Err(reason.into()));
    }
}

/// `/healthz` answers 200 while the program runs; `/readyz` answers 200 when every part is ready,
/// otherwise 503, with each part's word.
pub(crate) fn router(health: Health) -> Router {
    Router::new()
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", get(readyz))
        .with_state(health)
}

async fn readyz(State(health): State<Health>) -> (StatusCode, Json<Report>) {
    let parts = health.snapshot();
    let ready = parts.values().all(Result::is_ok);
    let report = Report {
        status: if ready { "ready" } else { "unready" },
        parts: parts
            .into_iter()
            .map(|(part, state)| (part, state.err().unwrap_or_else(|| "ready".to_owned())))
            .collect(),
    };
    let status = if ready {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    (status, Json(report))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_part_that_is_not_ready_is_enough() {
        let health = Health::default();
        let database = health.register("database");
        let bus = health.register("bus");
        assert!(!health.is_ready());
        database.ready();
        bus.ready();
        assert!(health.is_ready());
        database.unready("the database has stopped");
        assert!(!health.is_ready());
    }
}
