//! What core-api does without being asked over HTTP.

use std::sync::Arc;
use std::time::Duration;

use ::store::outbox::{Relay, Relayed};
use ::store::scope;
use bus::command::CoreRequest;
use bus::event::{Event, Positioned, Published};
use bus::{BindError, BusDir, CORE_COMMANDS, CORE_EVENTS, Publisher, request};
use runtime::{HealthHandle, Tasks};
use tokio_util::sync::CancellationToken;

use crate::app::App;
use crate::refusal::Refusal;
use crate::{account_link, break_glass, mail, room, session};

/// How often expired sessions are ended and overdue reviews escalated. Sockets close within this of
/// their time.
const SWEEP: Duration = Duration::from_secs(5);
/// How often the database is asked whether it is there.
const CHECK: Duration = Duration::from_secs(5);

/// Binds the sockets of the bus and starts the tasks: the relay of the outbox, the answers to
/// signaling, the sweeps of sessions and of overdue reviews, the health check. All end when the program's stop begins.
pub(crate) async fn spawn(
    app: &Arc<App>,
    bus: &BusDir,
    tasks: &Tasks,
    health: HealthHandle,
) -> Result<(), BindError> {
    let publisher = Publisher::<Published>::bind(bus, CORE_EVENTS).await?;
    let answering = Arc::clone(app);
    let server = request::Server::bind(bus, CORE_COMMANDS, move |request: CoreRequest| {
        let app = Arc::clone(&answering);
        async move { scope::as_service(room::ops::answer(&app, request)).await }
    })
    .await?;
    let stop = CancellationToken::new();
    let shutdown = tasks.shutdown();
    let ending = stop.clone();
    tasks.spawn("core-api.stop", async move {
        shutdown.begun().await;
        // The answering socket goes first: what it took before is still finished by its tasks.
        drop(server);
        ending.cancel();
    });
    tasks.spawn_essential(
        "core-api.relay",
        relay(Arc::clone(app), publisher, stop.clone()),
    );
    tasks.spawn_essential("core-api.sessions", sessions(Arc::clone(app), stop.clone()));
    if app.post.is_some() {
        let links = account_link::ask::run(Arc::clone(app), stop.clone());
        tasks.spawn_essential("core-api.links", links);
        let mail = mail::send::run(Arc::clone(app), stop.clone());
        tasks.spawn_essential("core-api.mail", mail);
    }
    tasks.spawn_essential("core-api.reviews", reviews(Arc::clone(app), stop.clone()));
    tasks.spawn_essential("core-api.health", check(Arc::clone(app), health, stop));
    Ok(())
}

/// Hands committed facts to the bus, in order. The bus never waits: what it cannot take is
/// counted, and consumers read it from the outbox.
async fn relay(
    app: Arc<App>,
    publisher: Publisher<Published>,
    stop: CancellationToken,
) -> Result<(), String> {
    let sink = |relayed: Relayed<Event>| {
        let message = match relayed {
            Relayed::Event(fact) => Published::Event(Positioned {
                position: fact.position,
                event: fact.event,
            }),
            Relayed::Digest { head } => Published::Digest { head },
        };
        if let Err(error) = publisher.publish(&message) {
            app.metrics.unpublished();
            tracing::warn!(%error, "A fact was not published; consumers will read it");
        }
        std::future::ready(())
    };
    Relay::new(app.db.clone()).run(sink, stop).await;
    Ok(())
}

/// Ends expired sessions, so that their sockets close without waiting for a request.
async fn sessions(app: Arc<App>, stop: CancellationToken) -> Result<(), String> {
    let mut trouble = Trouble::default();
    while pause(&stop, SWEEP).await {
        trouble.note(
            session::ops::sweep(&app).await,
            "Expired sessions cannot be ended",
        );
    }
    Ok(())
}

/// Escalates reviews of emergency accesses that nobody did in time.
async fn reviews(app: Arc<App>, stop: CancellationToken) -> Result<(), String> {
    let mut trouble = Trouble::default();
    while pause(&stop, SWEEP).await {
        trouble.note(
            break_glass::escalation::sweep(&app).await,
            "Overdue reviews cannot be escalated",
        );
    }
    Ok(())
}

/// Says whether requests can be served, by asking the database.
async fn check(app: Arc<App>, health: HealthHandle, stop: CancellationToken) -> Result<(), String> {
    loop {
        match app.db.ping().await {
            Ok(()) => health.ready(),
            Err(_) => health.unready("the database does not answer"),
        }
        if !pause(&stop, CHECK).await {
            health.unready("stopping");
            return Ok(());
        }
    }
}

/// The trouble of a task that goes on trying: told when it begins, and not with every try.
#[derive(Default)]
pub(crate) struct Trouble(bool);

impl Trouble {
    /// Takes note of a try; `what` says in words what does not work when it failed.
    pub(crate) fn note<T>(&mut self, tried: Result<T, Refusal>, what: &str) {
        match tried {
            Ok(_) => self.0 = false,
            Err(error) if !self.0 => {
                self.0 = true;
                tracing::warn!(%error, "{what}; trying on");
            }
            Err(_) => {}
        }
    }
}

/// Waits; false when the stop has begun.
async fn pause(stop: &CancellationToken, time: Duration) -> bool {
    stop.run_until_cancelled(tokio::time::sleep(time))
        .await
        .is_some()
}
