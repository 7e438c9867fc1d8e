//! A node's life: bind, open the database, start the services, serve, and stop in order.

use std::io::Write as _;
use std::sync::Arc;
use std::time::Duration;

use auth::SystemEntropy;
use bus::{BusDir, BusDirError};
use domain::{Clock, Entropy, Ids, SystemClock};
use runtime::{Context, Stopped, Tasks};
use store::audit::AuditKey;
use store::{Db, DbConfig};
use tracing::{info, warn};

use crate::audit;
use crate::data_dir::{DataDir, DataDirError};
use crate::database::{Database, DatabaseError};
use crate::listener::{ListenError, Listener};
use crate::node::{Data, Node, Parts};
use crate::services::{self, Front};
use crate::settings::Settings;
use crate::signals::{self, Signals};
use crate::single_port::{Inside, SinglePort};
use crate::tls::{Tls, TlsError};
use crate::{doctor, keys, scrape, turn, web};

/// How long the services may take to end after the stop has begun: clients are told, requests
/// under way finish, the visit journal is written.
const STOP: Duration = Duration::from_secs(15);
/// How long the media engine may take after that.
const STOP_MEDIA: Duration = Duration::from_secs(5);

/// Connections to the database for the services of one node.
const CONNECTIONS: u32 = 24;

/// The node cannot start, or stopped because a part failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NodeError {
    #[error(transparent)]
    Listen(#[from] ListenError),
    #[error(transparent)]
    Tls(#[from] TlsError),
    #[error(transparent)]
    DataDir(#[from] DataDirError),
    #[error(transparent)]
    Bus(#[from] BusDirError),
    #[error(transparent)]
    Database(#[from] DatabaseError),
    #[error(transparent)]
    Keys(#[from] keys::OpenError),
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
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let (tls, single) = secure(&settings, &dir, &clock).await?;
    let front = Front {
        http: listener.address(),
        single: single.as_ref().map(SinglePort::address),
        tls,
    };
    let entropy: Arc<dyn Entropy> = Arc::new(SystemEntropy);
    let keys = dir.keys(&entropy)?;
    let context = Context::new();
    let node = Node {
        bus: BusDir::open(&dir.bus())?,
        journal: dir.journal(),
        ids: Ids::new(clock.clone(), entropy.clone()),
        settings,
        keys,
        clock,
        entropy,
        media: Context {
            tasks: Tasks::default(),
            ..context.clone()
        },
        context,
    };
    let database = match parts {
        Parts { whole: true, .. } => Some(Database::open(&node.settings, &dir).await?),
        Parts { core_api: true, .. } | Parts { chat: true, .. } => {
            Some(Database::existing(&node.settings)?)
        }
        Parts { .. } => None,
    };
    // From here on something runs that must be stopped, whatever happens.
    let mut running = Running::default();
    let opened = Opened {
        listener,
        single,
        front,
    };
    let started = start(&node, parts, &dir, database.as_ref(), &mut running, opened).await;
    let (services, media) = (node.context.tasks.shutdown(), node.media.tasks.shutdown());
    if started.is_ok() {
        tokio::select! {
            () = signals.next() => info!("Stopping; a second signal ends at once"),
            () = services.begun() => {}
            () = media.begun() => {}
        }
    }
    let stopped = tokio::select! {
        stopped = stop(&node, running.sfu.as_ref(), STOP, STOP_MEDIA) => stopped,
        () = signals.next() => {
            stop(&node, running.sfu.as_ref(), Duration::ZERO, Duration::ZERO).await
        }
    };
    if !stopped.is_clean() {
        let unfinished = &stopped.unfinished;
        warn!(task.unfinished = ?unfinished, "Cut off tasks that did not end in time: {unfinished:?}");
    }
    if let Some(db) = running.db {
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

/// What runs and must be stopped.
#[derive(Default)]
struct Running {
    db: Option<Db>,
    sfu: Option<sfu::Service>,
}

/// Stops in order: the media engine takes no new rooms, the services tell their clients and end,
/// and the media engine, over which those clients still heard each other, ends last.
async fn stop(
    node: &Node,
    sfu: Option<&sfu::Service>,
    services: Duration,
    media: Duration,
) -> Stopped {
    if let Some(sfu) = sfu {
        sfu.drain();
    }
    let services = node.context.tasks.stop(services).await;
    let media = node.media.tasks.stop(media).await;
    Stopped {
        failure: services.failure.or(media.failure),
        unfinished: [services.unfinished, media.unfinished].concat(),
    }
}

/// What was bound before anything started.
struct Opened {
    listener: Listener,
    single: Option<SinglePort>,
    front: Front,
}

/// The certificate and the single port, where the settings need them.
async fn secure(
    settings: &Settings,
    dir: &DataDir,
    clock: &Arc<dyn Clock>,
) -> Result<(Option<Tls>, Option<SinglePort>), NodeError> {
    if !settings.paths.needs_certificate() {
        return Ok((None, None));
    }
    let mut names = vec!["localhost".to_owned()];
    names.extend(turn::host(settings, None));
    names.extend(settings.media_ips.iter().map(ToString::to_string));
    let tls = Tls::load(&settings.paths.certificate, &dir.tls(), names, clock)?;
    let single = match settings.paths.tls {
        Some(address) => Some(SinglePort::bind(address, tls.clone()).await?),
        None => None,
    };
    Ok((Some(tls), single))
}

async fn start(
    node: &Node,
    parts: Parts,
    dir: &DataDir,
    database: Option<&Database>,
    running: &mut Running,
    opened: Opened,
) -> Result<(), NodeError> {
    let mut data = None;
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
        if parts.core_api {
            audit::keep(node, dir, &db)?;
        }
        running.db = Some(db.clone());
        let sealing = keys::open(&node.settings, dir, &db).await?;
        data = Some(Data { db, sealing });
    }
    let mut services = services::start(node, parts, data.as_ref(), &opened.front).await?;
    if let Some(core_api) = services.core_api.as_ref().filter(|_| parts.demo) {
        print_demo(node, dir, core_api).await?;
    }
    let targets = services.targets(node, &opened.front);
    running.sfu = services.sfu.take();
    let mut router = services.router;
    let observed = scrape::guard(node.context.router(), node.settings.reach.clone());
    router = router.merge(observed);
    if parts.whole {
        router = router.fallback_service(web::router(node.entropy.clone()));
    }
    if let Some(tls) = &opened.front.tls {
        tls.watch(&node.context);
    }
    if let Some(single) = opened.single {
        let inside = Inside {
            router: router.clone(),
            turn: services.turn.map(|turn| turn.streams().clone()),
            media: services.media,
        };
        single.serve(inside, &node.context);
    }
    opened.listener.serve(router, &node.context);
    if let Some(targets) = targets {
        doctor::self_test(targets, &node.context);
    }
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
