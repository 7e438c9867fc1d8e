//! The routes: LiveKit's `/rtc` (two peer connections) and `/rtc/v1` (one).

mod access;
mod flood;
mod join_request;
mod refusal;
mod relay;
mod routes;
mod socket;
mod wire;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use auth::Key;
use domain::Clock;
use tokio::sync::Semaphore;

use crate::metrics::Metrics;
use crate::node::Node;
use crate::room::ConnectionId;
use crate::{Config, Deps};

pub(crate) use routes::router;

/// What the handlers share.
#[derive(Clone)]
pub(crate) struct Gateway {
    clock: Arc<dyn Clock>,
    media_key: Arc<Key>,
    node: Node,
    metrics: Metrics,
    relay: Arc<relay::Relay>,
    tasks: runtime::Tasks,
    /// One permit an open connection; held by the connection's task.
    room: Arc<Semaphore>,
    last_connection: Arc<AtomicU64>,
}

impl Gateway {
    pub(crate) fn new(
        config: &Config,
        deps: &Deps,
        node: Node,
        metrics: Metrics,
        tasks: runtime::Tasks,
    ) -> Self {
        Self {
            clock: Arc::clone(&deps.clock),
            media_key: Arc::clone(&deps.media_key),
            node,
            metrics,
            relay: Arc::new(relay::Relay::new(config.relay.as_ref())),
            tasks,
            room: Arc::new(Semaphore::new(config.max_connections)),
            last_connection: Arc::new(AtomicU64::new(0)),
        }
    }

    fn next_connection(&self) -> ConnectionId {
        ConnectionId(self.last_connection.fetch_add(1, Ordering::Relaxed) + 1)
    }
}
