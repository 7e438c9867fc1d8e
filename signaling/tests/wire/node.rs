//! Signaling on a free port, with both neighbours at hand.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use auth::media::Grant;
use auth::{Key, SystemEntropy};
use bus::command::{CoreReply, CoreRequest, RoomStatus};
use bus::event::Published;
use bus::journal::Happening;
use bus::link::{LinkEvent, LinkSender, LinkServer};
use bus::media::{FromSfu, ToSfu};
use bus::moderation::{RoomCommand, RoomReply};
use bus::{BusDir, CORE_COMMANDS, CORE_EVENTS, Publisher, SFU_LINK, SIGNALING_COMMANDS, request};
use domain::{AccountId, Clock as _, Role, SystemClock, VisitId};
use jiff::{SignedDuration, Timestamp};
use tokio::sync::{mpsc, watch};

pub(crate) const VISIT: &str = "01900000-0000-7000-8000-000000000001";
pub(crate) const OTHER_VISIT: &str = "01900000-0000-7000-8000-000000000002";
pub(crate) const ANN: &str = "01900000-0000-7000-8000-00000000000a";
pub(crate) const BOB: &str = "01900000-0000-7000-8000-00000000000b";

/// Long enough for any machine; reached only by a defect.
const PATIENCE: Duration = Duration::from_secs(60);

/// Fails the test when `future` does not end.
pub(crate) async fn soon<T>(what: &str, future: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, future)
        .await
        .unwrap_or_else(|_| panic!("waited in vain for {what}"))
}

/// How core-api answers.
#[derive(Debug, Clone, Default)]
pub(crate) struct Core {
    /// Answered to `Journal`; none means `Stored`.
    pub(crate) fact: Option<CoreReply>,
    /// Answered to `RoomsStatus`.
    pub(crate) rooms: Vec<RoomStatus>,
    /// Answered to `RenewToken`; none means `Refused`.
    pub(crate) token: Option<CoreReply>,
}

/// What core-api is asked.
struct Told {
    facts: mpsc::UnboundedSender<(Happening, u64)>,
    renewals: mpsc::UnboundedSender<(VisitId, AccountId)>,
}

pub(crate) struct Node {
    pub(crate) address: SocketAddr,
    pub(crate) events: Publisher<Published>,
    /// The facts that core-api is told.
    pub(crate) facts: mpsc::UnboundedReceiver<(Happening, u64)>,
    /// For whom core-api is asked for a token.
    renewals: mpsc::UnboundedReceiver<(VisitId, AccountId)>,
    pub(crate) core: watch::Sender<Core>,
    context: runtime::Context,
    key: Arc<Key>,
    sfu: Option<LinkServer>,
    sender: Option<LinkSender<FromSfu>>,
    bus: BusDir,
    _root: tempfile::TempDir,
    _core_server: request::Server,
}

impl Node {
    /// Started and ready: the SFU's end of the link is up.
    pub(crate) async fn start() -> Self {
        Self::start_with(signaling::Config::default()).await
    }

    /// [`Self::start`] with a configuration of its own.
    pub(crate) async fn start_with(config: signaling::Config) -> Self {
        let key = Arc::new(Key::generate(&SystemEntropy).expect("key"));
        Self::start_with_key(config, key).await
    }

    /// What comes up after this one was killed: it knows the key, and nothing else.
    pub(crate) async fn successor(self) -> Self {
        let key = Arc::clone(&self.key);
        drop(self);
        Self::start_with_key(signaling::Config::default(), key).await
    }

    async fn start_with_key(config: signaling::Config, key: Arc<Key>) -> Self {
        let root = tempfile::tempdir().expect("temporary directory");
        let bus = BusDir::open(&root.path().join("bus")).expect("bus directory");
        let events = Publisher::bind(&bus, CORE_EVENTS).await.expect("bound");
        let ((told_facts, facts), (asked, renewals)) =
            (mpsc::unbounded_channel(), mpsc::unbounded_channel());
        let told = Arc::new(Told {
            facts: told_facts,
            renewals: asked,
        });
        let (core, answers) = watch::channel(Core::default());
        let answer = move |question| {
            let core = answers.borrow().clone();
            let told = Arc::clone(&told);
            async move { answer(&question, core, &told) }
        };
        let core_server = request::Server::bind(&bus, CORE_COMMANDS, answer).await;
        let context = runtime::Context::new();
        let deps = signaling::Deps {
            clock: Arc::new(SystemClock),
            entropy: Arc::new(SystemEntropy),
            media_key: Arc::clone(&key),
            bus: bus.clone(),
            journal: root.path().join("journal"),
        };
        let service = signaling::start(config, deps, &context)
            .await
            .expect("started");
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
            .await
            .expect("bound");
        let address = listener.local_addr().expect("address");
        let router = service.router().merge(context.router());
        tokio::spawn(async move { axum::serve(listener, router).await });
        let mut node = Self {
            address,
            events,
            facts,
            renewals,
            core,
            context,
            key,
            sfu: None,
            sender: None,
            bus,
            _root: root,
            _core_server: core_server.expect("bound"),
        };
        node.start_sfu().await;
        node
    }

    /// The SFU comes up, and signaling has noticed.
    pub(crate) async fn start_sfu(&mut self) {
        let mut sfu = LinkServer::bind(&self.bus, SFU_LINK, 1)
            .await
            .expect("bound");
        let event = soon("the link", sfu.next()).await;
        let Some(LinkEvent::Up { sender, .. }) = event else {
            panic!("the link must come up first: {event:?}");
        };
        (self.sfu, self.sender) = (Some(sfu), Some(sender));
        self.ready(true).await;
    }

    /// The SFU goes, and signaling has noticed.
    pub(crate) async fn stop_sfu(&mut self) {
        (self.sfu, self.sender) = (None, None);
        self.ready(false).await;
    }

    async fn ready(&self, ready: bool) {
        let wanted = async {
            while self.context.health.is_ready() != ready {
                tokio::task::yield_now().await;
            }
        };
        soon("the health of signaling", wanted).await;
    }

    /// Stops signaling as the program does; whether every task ended by itself.
    pub(crate) async fn stop(&self) -> bool {
        self.context.tasks.stop(PATIENCE).await.is_clean()
    }

    /// Asks for something in a room, as core-api does.
    pub(crate) async fn moderate(&self, command: &RoomCommand) -> RoomReply {
        let client = request::Client::connect(&self.bus, SIGNALING_COMMANDS);
        let reply = client.call(command, PATIENCE).await;
        reply.expect("signaling answers")
    }

    /// The next message to the SFU.
    pub(crate) async fn told_sfu(&mut self) -> ToSfu {
        let sfu = self.sfu.as_mut().expect("the SFU is up");
        match soon("a message to the SFU", sfu.next()).await {
            Some(LinkEvent::Message(message)) => message,
            other => panic!("unexpected {other:?}"),
        }
    }

    pub(crate) fn sfu_says(&self, message: &FromSfu) {
        let sender = self.sender.as_ref().expect("the SFU is up");
        sender.send(message).expect("sent");
    }

    pub(crate) async fn fact(&mut self) -> (Happening, u64) {
        soon("a fact", self.facts.recv())
            .await
            .expect("core-api runs")
    }

    /// The next request for a token.
    pub(crate) async fn renewal(&mut self) -> (VisitId, AccountId) {
        soon("a request for a token", self.renewals.recv())
            .await
            .expect("core-api runs")
    }

    /// A token for `identity` in `room`, good for ten minutes.
    pub(crate) fn token(&self, room: &str, identity: &str) -> String {
        let now = SystemClock.now();
        self.token_between(
            room,
            identity,
            now - SignedDuration::from_secs(1),
            now + SignedDuration::from_mins(10),
        )
    }

    pub(crate) fn token_between(
        &self,
        room: &str,
        identity: &str,
        from: Timestamp,
        until: Timestamp,
    ) -> String {
        mint(&self.key, room, identity, from, until)
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("ws://{}{path}", self.address)
    }
}

pub(crate) fn mint(
    key: &Key,
    room: &str,
    identity: &str,
    from: Timestamp,
    until: Timestamp,
) -> String {
    let (room, identity) = (
        room.parse().expect("visit"),
        identity.parse().expect("account"),
    );
    auth::media::mint(
        key,
        &Grant::party(room, identity, Role::Clinician),
        from,
        until,
    )
    .expect("minted")
}

fn answer(question: &CoreRequest, core: Core, told: &Told) -> CoreReply {
    match question {
        CoreRequest::Journal(batch) => {
            for entry in &batch.entries {
                let _ = told.facts.send((entry.what.clone(), entry.number));
            }
            core.fact.unwrap_or(CoreReply::Stored)
        }
        CoreRequest::RoomsStatus { .. } => CoreReply::RoomsStatus { rooms: core.rooms },
        CoreRequest::RenewToken { visit, account } => {
            let _ = told.renewals.send((*visit, *account));
            core.token.unwrap_or(CoreReply::Refused)
        }
    }
}
