//! What every service needs around its own work: supervised tasks and an orderly stop, health,
//! metrics, and logs.
//!
//! A service is a function `start(config, deps, &Context) -> Result<Service, StartError>`; the
//! program and the tests call the same one.

mod health;
mod metrics;
mod tasks;
mod telemetry;

pub use health::{Health, HealthHandle};
pub use metrics::Metrics;
pub use tasks::{Shutdown, Stopped, Tasks};
pub use telemetry::{LogFormat, TelemetryError, init_logs};

/// What a starting service is given. Cheap to clone; all clones are the same context.
#[derive(Clone, Debug, Default)]
pub struct Context {
    /// Where the service's tasks live.
    pub tasks: Tasks,
    /// Where the service says whether it is ready.
    pub health: Health,
    /// Where the service registers its metrics.
    pub metrics: Metrics,
}

impl Context {
    /// A fresh context: nothing runs, nothing is registered.
    pub fn new() -> Self {
        Self::default()
    }

    /// `/healthz`, `/readyz` and `/metrics`.
    pub fn router(&self) -> axum::Router {
        health::router(self.health.clone()).merge(metrics::router(self.metrics.clone()))
    }
}
