//! Applies core-api's events to chat, each once: the effect and the cursor commit together, and
//! what came of it is passed on afterwards.

mod apply;
mod store;

use std::sync::Arc;
use std::time::Duration;

use ::store::outbox;
use ::store::{Audit, Events, Exempt, StoreError};
use bus::event::{Event as CoreEvent, Positioned, Published};
use bus::{DurableConsumer, Incoming, Step, Subscriber, Sweep};
use domain::{AccountId, ConversationId, SessionId};
use protocol::Event;
use runtime::{HealthHandle, Shutdown};

use crate::App;
use crate::refusal::Refusal;

/// Events read from the outbox at once.
const BATCH: u32 = 200;
/// The pause after the database failed.
const RETRY: Duration = Duration::from_secs(1);

/// What the hub is told once an event's effect is committed, in order.
#[derive(Debug, Clone, PartialEq)]
enum Change {
    /// A durable event was stored.
    Stored(Event),
    /// The account became a member of something.
    Joined(AccountId),
    /// The account is no longer a member.
    Left(AccountId, ConversationId),
    /// The session has ended.
    SessionEnded(AccountId, SessionId),
    /// The account was disabled.
    AccountDisabled(AccountId),
}

/// What became of an event.
enum Applied {
    /// Committed, with what to tell the hub.
    Now(Vec<Change>),
    /// The cursor is elsewhere: another process of chat applied it.
    Elsewhere,
}

/// The consumer of core-api's events.
pub(crate) struct Consumer {
    app: Arc<App>,
    health: HealthHandle,
    position: DurableConsumer,
    sweep: Sweep,
}

impl Consumer {
    /// A consumer that goes on after the stored cursor.
    ///
    /// # Errors
    /// [`StoreError`] if the cursor cannot be read.
    pub(crate) async fn load(app: Arc<App>, health: HealthHandle) -> Result<Self, StoreError> {
        let cursor = load_cursor(&app).await?;
        // Any number will do to spread the sweeps of several processes.
        let seed = app.hub.epoch().as_u64_pair().1;
        Ok(Self {
            app,
            health,
            position: DurableConsumer::new(cursor),
            sweep: Sweep::new(seed),
        })
    }

    /// Applies events until the stop begins. A database that is away is tried again every second.
    pub(crate) async fn run(mut self, mut subscriber: Subscriber<Published>, shutdown: Shutdown) {
        // What was told while we were away, before anything is heard.
        let mut step = Step::ReadAfter(self.position.cursor());
        loop {
            let taken = tokio::select! {
                taken = self.take(step.clone()) => taken,
                () = shutdown.begun() => return,
            };
            if let Err(refusal) = taken {
                refusal.log("applying an event of core-api");
                self.health
                    .unready("the database does not take core-api's events");
                step = Step::ReadAfter(self.position.cursor());
                tokio::select! {
                    () = tokio::time::sleep(RETRY) => continue,
                    () = shutdown.begun() => return,
                }
            }
            if subscriber.is_connected() {
                self.health.ready();
            } else {
                self.health.unready("core-api's events do not arrive");
            }
            let pause = self.sweep.pause();
            step = tokio::select! {
                incoming = subscriber.next() => match incoming {
                    Some(incoming) => self.hear(incoming),
                    None => return, // The runtime is shutting down.
                },
                () = tokio::time::sleep(pause) => Step::ReadAfter(self.position.cursor()),
                () = shutdown.begun() => return,
            };
        }
    }

    fn hear(&self, incoming: Incoming<Published>) -> Step {
        self.position.hear(incoming)
    }

    async fn take(&mut self, step: Step) -> Result<(), Refusal> {
        match step {
            Step::Ignore => Ok(()),
            Step::Apply(event) => self.apply(event).await,
            Step::ReadAfter(_) => self.catch_up().await,
        }
    }

    /// Reads and applies until nothing comes.
    async fn catch_up(&mut self) -> Result<(), Refusal> {
        loop {
            let events = read(&self.app, self.position.cursor()).await?;
            if events.is_empty() {
                return Ok(());
            }
            for event in events {
                if let Step::Apply(event) = self.position.found(event) {
                    self.apply(event).await?;
                }
            }
        }
    }

    async fn apply(&mut self, event: Positioned) -> Result<(), Refusal> {
        let applied = ::store::retry(|| try_apply(&self.app, &event)).await?;
        match applied {
            Applied::Now(changes) => {
                self.position.applied(event.position);
                let mut core = self.app.hub.core();
                for change in changes {
                    tell(&mut core, change);
                }
            }
            Applied::Elsewhere => {
                self.position = DurableConsumer::new(load_cursor(&self.app).await?);
            }
        }
        Ok(())
    }
}

fn tell(core: &mut crate::hub::Core, change: Change) {
    match change {
        Change::Stored(event) => core.publish(&event),
        Change::Joined(account) => core.joined(account),
        Change::Left(account, conv) => core.left(account, conv),
        Change::SessionEnded(account, session) => core.end_session(account, session),
        Change::AccountDisabled(account) => core.end_account(account),
    }
}

async fn load_cursor(app: &App) -> Result<u64, StoreError> {
    let mut reader = app
        .db
        .reader(Exempt::NoHealthData("the cursor of chat"))
        .await?;
    store::cursor(reader.conn()).await
}

async fn read(app: &App, after: u64) -> Result<Vec<Positioned>, StoreError> {
    let mut reader = app
        .db
        .reader(Exempt::NoHealthData("events: identifiers and states"))
        .await?;
    let events = outbox::store::after::<CoreEvent>(reader.conn(), after, BATCH).await?;
    Ok(events
        .into_iter()
        .map(|event| Positioned {
            position: event.position,
            event: event.event,
        })
        .collect())
}

async fn try_apply(app: &App, event: &Positioned) -> Result<Applied, Refusal> {
    let mut tx = app.db.begin().await?;
    if !store::advance(tx.conn(), event.position).await? {
        return Ok(Applied::Elsewhere);
    }
    let changes = apply::effect(app, tx.conn(), &event.event).await?;
    let caused = Exempt::AuditedBefore("the act in core-api that this event tells of");
    tx.commit(Audit::exempt(caused), Events::none()).await?;
    Ok(Applied::Now(changes))
}
