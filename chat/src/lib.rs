//! chat: the conversations of visits, the waiting-room feed, and the sockets that carry both.
//!
//! What is acknowledged is committed. Events of a conversation are numbered 1, 2, 3 … under the
//! conversation's row lock; a subscribed client gets each number once and in order, and may
//! always ask again from the last one it has. Visits, accounts and sessions are known from
//! core-api's events only.
//!
//! - `conversation`: the rules and the storage of events and members.
//! - `feed`: applies core-api's events, each once.
//! - `hub`: who is connected and subscribed; passes on what was committed.
//! - `connection`: one socket's life.
//! - `http`: the upgrade and the history.

mod caller;
mod connection;
mod conversation;
mod feed;
mod http;
mod hub;
mod metrics;
mod refusal;
mod store;

use std::sync::Arc;

use ::store::sealing::{SealedColumn, Sealer};
use ::store::{Db, Migrations, StoreError};
use auth::Key;
use bus::{BusDir, CORE_EVENTS, Subscriber};
use domain::{Clock, EntropyError, Ids};
use jiff::{Timestamp, Unit};
use runtime::Context;
use tokio::sync::Semaphore;

use crate::hub::Hub;
use crate::metrics::Metrics;

/// The schema of chat.
pub const MIGRATIONS: Migrations = store::MIGRATIONS;

/// The sealed column of the schema `chat`.
pub const SEALED_COLUMNS: [SealedColumn; 1] = [conversation::store::SEALED];

/// How chat is set up.
#[derive(Debug, Clone)]
pub struct Config {
    /// The address users reach the server at (`https://visits.example`), without a path: its
    /// pages may open sockets. Pages of the host a request was sent to always may.
    pub public_url: Option<String>,
    /// Sockets at most, authenticated or not; more are answered 503.
    pub max_connections: usize,
    /// Sockets of one account at most; one more closes the oldest.
    pub max_connections_per_account: usize,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            public_url: None,
            max_connections: 20_000,
            max_connections_per_account: 10,
        }
    }
}

/// What chat stands on.
#[derive(Clone)]
pub struct Deps {
    /// The database, with [`MIGRATIONS`] applied.
    pub db: Db,
    /// Seals events: of class [`::store::sealing::DataClass::Messages`].
    pub sealer: Sealer,
    /// Verifies session tokens.
    pub session_key: Key,
    /// Where core-api's events come from.
    pub bus: BusDir,
    /// Stamps events and judges tokens.
    pub clock: Arc<dyn Clock>,
    /// Names events and connections.
    pub ids: Ids,
}

/// chat cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The database does not answer, or its schema is not there.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// No randomness for the hub's epoch.
    #[error(transparent)]
    Entropy(#[from] EntropyError),
}

/// What every request and task of chat may use.
pub(crate) struct App {
    pub(crate) config: Config,
    pub(crate) db: Db,
    pub(crate) sealer: Sealer,
    pub(crate) session_key: Key,
    clock: Arc<dyn Clock>,
    pub(crate) ids: Ids,
    pub(crate) hub: Hub,
    pub(crate) metrics: Metrics,
    pub(crate) context: Context,
    /// One permit a socket, held until it ends.
    pub(crate) room: Arc<Semaphore>,
}

impl App {
    /// The present instant, to the microsecond: what is told is what will be stored.
    pub(crate) fn now(&self) -> Timestamp {
        let now = self.clock.now();
        now.round(Unit::Microsecond).unwrap_or(now)
    }
}

/// The running chat.
pub struct Service {
    app: Arc<App>,
}

impl Service {
    /// `/chat/ws` and `/chat/conversations/…`.
    pub fn router(&self) -> axum::Router {
        http::router(Arc::clone(&self.app))
    }
}

impl std::fmt::Debug for Service {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Service")
    }
}

/// Starts chat. It is ready (health part `chat`) once everything core-api has told so far is
/// applied and its events arrive.
///
/// # Errors
/// [`StartError`].
pub async fn start(config: Config, deps: Deps, context: &Context) -> Result<Service, StartError> {
    let epoch = deps.ids.make()?;
    let health = context.health.register("chat");
    let metrics = Metrics::default();
    metrics.register(&context.metrics);
    let app = Arc::new(App {
        hub: Hub::new(epoch, config.max_connections_per_account, metrics.clone()),
        metrics,
        room: Arc::new(Semaphore::new(config.max_connections)),
        config,
        db: deps.db,
        sealer: deps.sealer,
        session_key: deps.session_key,
        clock: deps.clock,
        ids: deps.ids,
        context: context.clone(),
    });
    let consumer = feed::Consumer::load(Arc::clone(&app), health).await?;
    let subscriber = Subscriber::connect(&deps.bus, CORE_EVENTS);
    let shutdown = context.tasks.shutdown();
    context.tasks.spawn_essential("chat-feed", async move {
        consumer.run(subscriber, shutdown).await;
        Ok(())
    });
    Ok(Service { app })
}
