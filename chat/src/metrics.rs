//! What chat counts.

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::gauge::Gauge;

/// Counters and gauges; clones share them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Metrics {
    /// Authenticated sockets.
    pub(crate) connections: Gauge,
    /// Messages stored, repetitions not counted.
    pub(crate) stored: Counter,
    /// Events passed on to sockets as they happened.
    pub(crate) delivered: Counter,
    /// Sockets closed because they did not keep up.
    pub(crate) slow: Counter,
}

impl Metrics {
    /// Registers everything as `bedside_chat_…`.
    pub(crate) fn register(&self, metrics: &runtime::Metrics) {
        metrics.register("chat", |registry| {
            registry.register(
                "connections",
                "Authenticated sockets",
                self.connections.clone(),
            );
            registry.register(
                "messages_stored",
                "Messages stored, repetitions not counted",
                self.stored.clone(),
            );
            registry.register(
                "events_delivered",
                "Events passed on to sockets as they happened",
                self.delivered.clone(),
            );
            registry.register(
                "slow_consumers_closed",
                "Sockets closed because they did not keep up",
                self.slow.clone(),
            );
        });
    }
}
