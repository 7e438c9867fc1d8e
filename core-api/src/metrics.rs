//! What core-api measures.

use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

/// Upper bounds of the buckets of request times, in seconds. The target is p99 under 50 ms.
const BUCKETS: [f64; 10] = [0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 2.0, 20.0];

/// Registered once a process as `bedside_core_…`. Labels are words of the program.
#[derive(Debug, Clone)]
pub(crate) struct Metrics {
    /// Requests answered, by route template, method and status.
    requests: Family<Request, Counter>,
    /// Time from a request's arrival to its answer, by route template and method.
    seconds: Family<Route, Histogram>,
    /// Facts the bus could not take; consumers read them from the outbox.
    unpublished: Counter,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Request {
    route: String,
    method: &'static str,
    status: u16,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Route {
    route: String,
    method: &'static str,
}

impl Metrics {
    /// Fresh metrics, registered with `registry`.
    pub(crate) fn new(registry: &mut Registry) -> Self {
        let this = Self {
            requests: Family::default(),
            seconds: Family::new_with_constructor(|| Histogram::new(BUCKETS)),
            unpublished: Counter::default(),
        };
        registry.register("http_requests", "Requests answered", this.requests.clone());
        registry.register(
            "http_request_seconds",
            "Time from a request's arrival to its answer",
            this.seconds.clone(),
        );
        registry.register(
            "events_unpublished",
            "Facts the bus could not take; consumers read them from the outbox",
            this.unpublished.clone(),
        );
        this
    }

    /// Counts an answered request. `route` is a template of ours, `method` one of its words.
    pub(crate) fn answered(
        &self,
        method: &'static str,
        route: &str,
        status: u16,
        elapsed: Duration,
    ) {
        let request = Request {
            route: route.to_owned(),
            method,
            status,
        };
        self.requests.get_or_create(&request).inc();
        let route = Route {
            route: request.route,
            method,
        };
        self.seconds
            .get_or_create(&route)
            .observe(elapsed.as_secs_f64());
    }

    /// Counts a fact the bus could not take.
    pub(crate) fn unpublished(&self) {
        self.unpublished.inc();
    }
}
