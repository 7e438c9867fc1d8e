//! LiveKit signalling: clients connect over WebSocket, core-api decides who may, the SFU carries
//! the media.
//!
//! ```text
//! http/    the routes: token, join request, WebSocket          (one task pair a connection)
//! node/    the one task that owns the rooms and the SFU link
//! journal/ what happened, on disk until core-api has it
//! room/    the rooms themselves, without sockets, tasks or clock
//! ```
//!
//! One task owns all rooms of the node. Signalling is a few messages a second a room, so a single
//! owner costs nothing and spares every lock; its queue is bounded and fair, so one client that
//! floods only waits for itself.

mod http;
mod journal;
mod metrics;
mod node;
mod room;

use std::path::PathBuf;
use std::sync::Arc;

use auth::Key;
use bus::BusDir;
use domain::{Clock, Entropy};

use http::Gateway;
use metrics::Metrics;

pub use journal::JournalError;

/// How signaling behaves.
#[derive(Debug, Clone)]
pub struct Config {
    /// Open signal connections at most; more are answered 503.
    pub max_connections: usize,
    /// Bytes of the visit journal on disk at most: more than a day of 200 visits at a time without
    /// core-api. What happens then is told in `docs/protocol/journal.md`.
    pub journal_bytes: u64,
    /// The TURN relay that clients are told of; none tells of none.
    pub relay: Option<RelayConfig>,
}

/// A TURN relay: ours, or an external one that shares the key.
#[derive(Debug, Clone)]
pub struct RelayConfig {
    /// How clients reach it: `turn:HOST:PORT?transport=udp` and so on (RFC 7065).
    pub urls: Vec<String>,
    /// Mints the credentials (`auth::turn`).
    pub key: Key,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            max_connections: 10_000,
            journal_bytes: 256 * 1024 * 1024,
            relay: None,
        }
    }
}

/// What signaling works with.
#[derive(Clone)]
pub struct Deps {
    /// Where "now" comes from.
    pub clock: Arc<dyn Clock>,
    /// Where names of sessions and tracks come from.
    pub entropy: Arc<dyn Entropy>,
    /// Verifies media tokens; nothing is ever signed with it here.
    pub media_key: Arc<Key>,
    /// Where core-api and the SFU are met.
    pub bus: BusDir,
    /// Where the visit journal waits for core-api; made with mode 0700. One program at a time.
    pub journal: PathBuf,
}

/// Why signaling did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// No randomness, so no names.
    #[error(transparent)]
    Entropy(#[from] domain::EntropyError),
    /// A socket of the bus.
    #[error("signaling: {0}")]
    Bus(#[from] bus::BindError),
    /// The files of the visit journal.
    #[error(transparent)]
    Journal(#[from] JournalError),
}

/// Running signaling.
pub struct Service {
    router: axum::Router,
}

impl Service {
    /// `/rtc` and `/rtc/v1` (WebSocket), `/rtc/validate` and `/rtc/v1/validate`.
    pub fn router(&self) -> axum::Router {
        self.router.clone()
    }
}

/// Starts signaling. Its tasks live in `context` and end with it; it is ready once the SFU has
/// answered, and whenever the SFU is away it is not.
///
/// # Errors
/// [`StartError`].
pub async fn start(
    config: Config,
    deps: Deps,
    context: &runtime::Context,
) -> Result<Service, StartError> {
    let metrics = Metrics::register(&context.metrics);
    let node = node::start(&config, &deps, metrics.clone(), context).await?;
    let gateway = Gateway::new(&config, &deps, node, metrics, context.tasks.clone());
    Ok(Service {
        router: http::router(gateway),
    })
}
