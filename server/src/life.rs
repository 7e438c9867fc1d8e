//! A node's life: bind, open the database, start the services, serve, and stop in order.

use std::io::Write as _;
use std::sync::Arc;
use std::time::Duration;

use auth::SystemEntropy;
use bus::{BusDir, BusDirError};
use domain::{Clock, Entropy, Ids, SystemClock};
use runtime::Context;
use store::audit::AuditKey;
use store::sealing::KeyRing;
use store::{Db, DbConfig};
use tracing::{info, warn};

use crate::data_dir::{DataDir, DataDirError};
use crate::database::{Database, DatabaseError};
use crate::listener::{ListenError, Listener};
use crate::node::{Node, Parts};
use crate::settings::Settings;
use crate::signals::{self, Signals};
use crate::{services, web};

/// How long the services may take to end after the stop has begun.
const STOP: Duration = Duration::from_secs(15);

/// Connections to the database for the services of one node.
const CONNECTIONS: u32 = 24;

/// The node cannot start, or stopped because a part failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NodeError {
    #[error(transparent)]
    Listen(#[from] ListenError),
    #[error(transparent)]
    DataDir(#[from] DataDirError),
    #[error(transparent)]
    Bus(#[from] BusDirError),
    #[error(transparent)]
    Database(#[from] DatabaseError),
    #[error(transparent)]
    Service(#[from] services::ServiceError),
    #[error("the demo accounts cannot be printed: {0}")]
    Print(std::io::Error),
    #[error("signals cannot be caught: {0}")]
    Signals(#[from] signals::SignalsError),
    #[error("{0}")]
    Failed(String),
}

/// Runs `parts` until a signal or a failure, and stops them in order.
pub(crate) async fn run(settings: Settings, parts: Parts) -> Result<(), NodeError> {
    let mut signals = Signals::new()?;
    let listener = Listener::bind(settings.http).await?;
    let dir = DataDir::create(&settings.data_dir)?;
    let entropy: Arc<dyn Entropy> = Arc::new(SystemEntropy);
    let keys = dir.keys(&entropy)?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let node = Node {
        bus: BusDir::open(&dir.bus())?,
        journal: dir.journal(),
        sealing: KeyRing::new(keys.master.bytes()),
        ids: Ids::new(clock.clone(), entropy.clone()),
        settings,
        keys,
        clock,
        entropy,
        context: Context::new(),
    };
    let database = match parts {
        Parts { whole: true, .. } => Some(Database::open(&node.settings, &dir).await?),
        Parts { core_api: true, .. } | Parts { chat: true, .. } => {
            Some(Database::existing(&node.settings)?)
        }
        Parts { .. } => None,
    };
    // From here on something runs that must be stopped, whatever happens.
    let mut db = None;
    let started = start(&node, parts, &dir, database.as_ref(), &mut db, listener).await;
    let shutdown = node.context.tasks.shutdown();
    if started.is_ok() {
        tokio::select! {
            () = signals.next() => info!("Stopping; a second signal ends at once"),
            () = shutdown.begun() => {}
        }
    }
    let stopped = tokio::select! {
        stopped = node.context.tasks.stop(STOP) => stopped,
        () = signals.next() => node.context.tasks.stop(Duration::ZERO).await,
    };
    if !stopped.is_clean() {
        let unfinished = &stopped.unfinished;
        warn!(task.unfinished = ?unfinished, "Cut off tasks that did not end in time: {unfinished:?}");
    }
    if let Some(db) = db {
        db.close().await;
    }
    if let Some(database) = database {
        database.stop().await.map_err(DatabaseError::from)?;
    }
    started?;
    stopped
        .failure
        .map_or(Ok(()), |failure| Err(NodeError::Failed(failure)))
}

async fn start(
    node: &Node,
    parts: Parts,
    dir: &DataDir,
    database: Option<&Database>,
    opened: &mut Option<Db>,
    listener: Listener,
) -> Result<(), NodeError> {
    if let Some(database) = database {
        database.prepare().await?;
        let config = DbConfig {
            max_connections: CONNECTIONS,
            audit_key: AuditKey::new(node.keys.audit.bytes()),
            clock: node.clock.clone(),
            ids: node.ids.clone(),
        };
        let db = Db::connect(&database.access, config)
            .await
            .map_err(DatabaseError::from)?;
        database.watch(&db, &node.context);
        *opened = Some(db);
    }
    let services = services::start(node, parts, opened.as_ref(), listener.address()).await?;
    if let Some(core_api) = services.core_api.as_ref().filter(|_| parts.demo) {
        print_demo(node, dir, core_api).await?;
    }
    let mut router = services.router;
    router = router.merge(node.context.router());
    if parts.whole {
        router = router.fallback_service(web::router(node.entropy.clone()));
    }
    listener.serve(router, &node.context);
    Ok(())
}

/// Seeds the demo clinic and prints its accounts on standard output, one a line.
async fn print_demo(
    node: &Node,
    dir: &DataDir,
    core_api: &core_api::Service,
) -> Result<(), NodeError> {
    let key = dir.demo_key(&node.entropy)?;
    let accounts = core_api
        .seed_demo(&key)
        .await
        .map_err(services::ServiceError::from)?;
    let mut out = std::io::stdout().lock();
    for account in accounts {
        writeln!(out, "{account}").map_err(NodeError::Print)?;
    }
    out.flush().map_err(NodeError::Print)
}

/// Migrates the database and nothing else.
pub(crate) async fn migrate(settings: Settings) -> Result<(), NodeError> {
    let dir = DataDir::create(&settings.data_dir)?;
    let database = Database::open(&settings, &dir).await?;
    let prepared = database.prepare().await;
    database.stop().await.map_err(DatabaseError::from)?;
    Ok(prepared?)
}
