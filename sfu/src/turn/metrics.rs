//! What the TURN server measures of itself.

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::gauge::Gauge;
use sfu_core::turn::Counters;

/// The TURN server's metrics.
#[derive(Debug, Clone, Default)]
pub(super) struct Metrics {
    allocations: Gauge,
    allocated: Counter,
    unauthorized: Counter,
    forbidden: Counter,
    full: Counter,
    throttled: Counter,
    dropped: Counter,
    to_peer: Counter,
    to_client: Counter,
    /// Datagrams that a socket, a connection's queue or a worker did not take.
    pub(super) unsent: Counter,
}

impl Metrics {
    /// Metrics under `bedside_turn_`.
    pub(super) fn register(metrics: &runtime::Metrics) -> Self {
        let this = Self::default();
        metrics.register("turn", |registry| {
            let open = this.allocations.clone();
            registry.register("allocations", "Allocations that are open", open);
            let counters = [
                ("allocated", "Allocations made", &this.allocated),
                (
                    "unauthorized",
                    "Signed requests refused",
                    &this.unauthorized,
                ),
                ("forbidden", "Peers refused", &this.forbidden),
                ("full", "Allocations refused for want of room", &this.full),
                ("throttled", "Datagrams over a user's rate", &this.throttled),
                ("dropped", "Messages that led nowhere", &this.dropped),
                ("to_peer", "Datagrams relayed to the SFU", &this.to_peer),
                ("to_client", "Datagrams relayed to clients", &this.to_client),
                ("unsent", "Datagrams that were not taken", &this.unsent),
            ];
            for (name, help, counter) in counters {
                registry.register(name, help, counter.clone());
            }
        });
        this
    }

    /// Adds what happened since `before`.
    pub(super) fn add(&self, before: Counters, now: Counters, allocations: usize) {
        self.allocations
            .set(i64::try_from(allocations).unwrap_or(i64::MAX));
        self.allocated.inc_by(now.allocated - before.allocated);
        self.unauthorized
            .inc_by(now.unauthorized - before.unauthorized);
        self.forbidden.inc_by(now.forbidden - before.forbidden);
        self.full.inc_by(now.full - before.full);
        self.throttled.inc_by(now.throttled - before.throttled);
        self.dropped.inc_by(now.dropped - before.dropped);
        self.to_peer.inc_by(now.to_peer - before.to_peer);
        self.to_client.inc_by(now.to_client - before.to_client);
    }
}
