//! The task that owns the rooms, and those that serve it.

mod actor;
mod moderation;
mod outbox;
mod renewals;
mod sweep;

use std::sync::Arc;

use auth::media::Grant;
use bus::command::{CoreReply, CoreRequest};
use bus::link::LinkClient;
use bus::moderation::{RoomCommand, RoomReply};
use bus::{CORE_COMMANDS, CORE_EVENTS, SFU_LINK, Subscriber, request};
use tokio::sync::{mpsc, oneshot};

use crate::journal;
use crate::metrics::Metrics;
use crate::room::{ConnectionId, Join, Limits, Refusal, Request, Rooms, Violation};
use crate::{Config, Deps, StartError};

pub(crate) use outbox::{Outbox, Outgoing, Queue};

/// Commands waiting for the task at most; then connections wait with reading. The channel serves
/// waiting senders in turn, so a client that floods delays itself.
const COMMANDS: usize = 1024;

/// Asks core-api; shared by the tasks that do.
type CoreClient = Arc<request::Client<CoreRequest, CoreReply>>;

/// What connections tell the task.
pub(crate) enum Command {
    /// May the bearer of this grant come in now?
    Check {
        grant: Grant,
        answer: oneshot::Sender<Result<(), Refusal>>,
    },
    /// core-api wants something done in a room.
    Moderate {
        command: RoomCommand,
        answer: oneshot::Sender<RoomReply>,
    },
    /// A client connected.
    Connect {
        connection: ConnectionId,
        join: Box<Join>,
        outbox: Outbox,
    },
    /// A client sent a message.
    Message {
        connection: ConnectionId,
        message: Box<Request>,
    },
    /// A client broke the protocol.
    Violated {
        connection: ConnectionId,
        how: Violation,
    },
    /// A connection is gone.
    Gone { connection: ConnectionId },
}

/// The task's address.
#[derive(Clone)]
pub(crate) struct Node(mpsc::Sender<Command>);

impl Node {
    /// Hands `command` over, waiting for room. False when the server stops.
    pub(crate) async fn tell(&self, command: Command) -> bool {
        self.0.send(command).await.is_ok()
    }

    /// See [`Command::Check`].
    pub(crate) async fn check(&self, grant: Grant) -> Result<(), Refusal> {
        let (answer, answered) = oneshot::channel();
        if !self.tell(Command::Check { grant, answer }).await {
            return Err(Refusal::Unavailable);
        }
        answered.await.unwrap_or(Err(Refusal::Unavailable))
    }
}

/// Starts the task that owns the rooms, and the one that keeps the journal.
pub(crate) async fn start(
    config: &Config,
    deps: &Deps,
    metrics: Metrics,
    context: &runtime::Context,
) -> Result<Node, StartError> {
    let mut epoch = [0_u8; 8];
    deps.entropy.fill(&mut epoch)?;
    let epoch = u64::from_le_bytes(epoch);
    let (sender, commands) = mpsc::channel(COMMANDS);
    let core: CoreClient = Arc::new(request::Client::connect(&deps.bus, CORE_COMMANDS));
    let setup = journal::Setup {
        dir: &deps.journal,
        limit: config.journal_bytes,
        name: epoch,
        core: Arc::clone(&core),
        metrics: metrics.clone(),
    };
    let journal = journal::start(setup, context).await?;
    let actor = actor::Actor::new(
        Rooms::new(Limits::default(), Arc::clone(&deps.entropy)),
        Arc::clone(&deps.clock),
        journal,
        renewals::Renewals::new(Arc::clone(&core)),
        metrics,
        context.health.register("signaling"),
    );
    let inputs = actor::Inputs {
        commands,
        link: LinkClient::connect(&deps.bus, SFU_LINK, epoch),
        events: Subscriber::connect(&deps.bus, CORE_EVENTS),
        sweeper: sweep::Sweeper::new(core, epoch),
    };
    let shutdown = context.tasks.shutdown();
    context
        .tasks
        .spawn_essential("signaling", actor.run(inputs, shutdown));
    let node = Node(sender);
    moderation::start(&deps.bus, node.clone(), &context.tasks).await?;
    Ok(node)
}
