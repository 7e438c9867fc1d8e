//! One running chat with everything it stands on.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use auth::{Key, SystemEntropy};
use bus::event::{Event as CoreEvent, Positioned, Published};
use bus::{BusDir, CORE_EVENTS, PublishError, Publisher};
use chat::{Config, Deps, Service};
use domain::{AccountId, Clock as _, Ids, SessionId, SystemClock};
use jiff::SignedDuration;
use runtime::Context;
use store::outbox::{Relay, Relayed};
use store::sealing::{DataClass, KeyProvider, KeyRing};
use store::{Access, Audit, Connection, Db, DbConfig, Events, Exempt};
use tokio_util::sync::{CancellationToken, DropGuard};

use super::soon;

const SESSION_KEY: [u8; 32] = [3; 32];

/// What outlives a chat: its database and its bus directory.
pub(crate) struct World {
    access: Access,
    bus: BusDir,
    _root: tempfile::TempDir,
}

impl World {
    pub(crate) async fn new() -> Self {
        let root = tempfile::tempdir().expect("temporary directory");
        Self {
            access: testkit::postgres::TestDb::access_only(&[chat::MIGRATIONS]).await,
            bus: BusDir::open(&root.path().join("bus")).expect("bus directory"),
            _root: root,
        }
    }

    /// A pool of its own: one does not survive the runtime it was made in.
    pub(crate) async fn db(&self) -> Db {
        let config = DbConfig {
            max_connections: 8,
            audit_key: testkit::postgres::audit_key(),
            clock: Arc::new(SystemClock),
            ids: ids(),
        };
        Db::connect(&self.access, config).await.expect("database")
    }

    /// A look at the tables as their owner.
    pub(crate) async fn owner(&self) -> Connection {
        self.access.connect_owner().await.expect("owner")
    }

    /// How many rows `query` counts.
    pub(crate) async fn count(&self, query: &'static str) -> i64 {
        let mut owner = self.owner().await;
        sqlx::query_scalar(query)
            .fetch_one(&mut owner)
            .await
            .expect("a count")
    }

    /// The stand-in for core-api's relay: positions and publishes what is committed.
    pub(crate) async fn relay(&self) -> Core {
        let publisher = Publisher::bind(&self.bus, CORE_EVENTS)
            .await
            .expect("bound");
        let db = self.db().await;
        let stop = CancellationToken::new();
        let guard = stop.clone().drop_guard();
        let relay = Relay::<CoreEvent>::new(db.clone());
        let publisher = Arc::new(publisher);
        let sink = Arc::clone(&publisher);
        tokio::spawn(relay.run(
            move |relayed| {
                let sink = Arc::clone(&sink);
                async move { publish(&sink, &to_published(relayed)).await }
            },
            stop,
        ));
        Core {
            db,
            told: AtomicI64::new(0),
            _relay: guard,
        }
    }

    /// The bus end of core-api alone, for tests that publish by hand.
    pub(crate) async fn publisher(&self) -> Publisher<Published> {
        Publisher::bind(&self.bus, CORE_EVENTS)
            .await
            .expect("bound")
    }

    pub(crate) async fn start(&self) -> Node {
        self.start_with(Config::default()).await
    }

    pub(crate) async fn start_with(&self, config: Config) -> Node {
        let context = Context::new();
        let db = self.db().await;
        let provider = KeyProvider::fixed([5; 32]).expect("a key");
        let keys = KeyRing::open(&db, provider, &chat::SEALED_COLUMNS);
        let deps = Deps {
            sealer: keys.await.expect("opened").sealer(DataClass::Messages),
            db,
            session_key: Key::from_bytes(SESSION_KEY),
            bus: self.bus.clone(),
            clock: Arc::new(SystemClock),
            ids: ids(),
        };
        let service = chat::start(config, deps, &context).await.expect("started");
        let address = serve(&service).await;
        Node { address, context }
    }
}

fn ids() -> Ids {
    Ids::new(Arc::new(SystemClock), Arc::new(SystemEntropy))
}

async fn serve(service: &Service) -> SocketAddr {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
        .await
        .expect("a port");
    let address = listener.local_addr().expect("its address");
    let router = service.router();
    // Ends with the runtime.
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

/// A running chat.
pub(crate) struct Node {
    pub(crate) address: SocketAddr,
    pub(crate) context: Context,
}

impl Node {
    /// Everything told so far is applied, and events arrive.
    pub(crate) async fn ready(&self) {
        soon("chat to be ready", async {
            while !self.context.health.is_ready() {
                tokio::time::sleep(std::time::Duration::from_millis(5)).await;
            }
        })
        .await;
    }
}

/// core-api's side: facts go in by its outbox.
pub(crate) struct Core {
    db: Db,
    told: AtomicI64,
    _relay: DropGuard,
}

impl Core {
    pub(crate) async fn tell(&self, events: impl IntoIterator<Item = CoreEvent>) {
        let events: Vec<_> = events.into_iter().collect();
        let count = i64::try_from(events.len()).expect("few");
        commit(&self.db, events).await;
        self.told.fetch_add(count, Ordering::SeqCst);
    }

    /// Waits until chat has applied everything told so far.
    pub(crate) async fn applied(&self) {
        let told = self.told.load(Ordering::SeqCst);
        soon("chat to apply it", async {
            let mut reader = self
                .db
                .reader(Exempt::NoHealthData("a test"))
                .await
                .expect("reader");
            let query = "select position from chat.cursor";
            while sqlx::query_scalar::<_, i64>(query)
                .fetch_one(reader.conn())
                .await
                .expect("a cursor")
                < told
            {
                tokio::time::sleep(std::time::Duration::from_millis(5)).await;
            }
        })
        .await;
    }
}

/// Commits `events` to the outbox in one transaction.
pub(crate) async fn commit(db: &Db, events: impl IntoIterator<Item = CoreEvent>) {
    let tx = db.begin().await.expect("transaction");
    tx.commit(
        Audit::exempt(Exempt::NoHealthData("a test")),
        Events::of(events),
    )
    .await
    .expect("committed");
}

pub(crate) async fn publish(publisher: &Publisher<Published>, message: &Published) {
    while publisher.publish(message) == Err(PublishError::Full) {
        tokio::task::yield_now().await;
    }
}

fn to_published(relayed: Relayed<CoreEvent>) -> Published {
    match relayed {
        Relayed::Event(event) => Published::Event(Positioned {
            position: event.position,
            event: event.event,
        }),
        Relayed::Digest { head } => Published::Digest { head },
    }
}

/// A token of `account` that is good for another `left`.
pub(crate) fn token(account: AccountId, session: SessionId, left: SignedDuration) -> String {
    let minted = SystemClock.now() + left - auth::session::LIFETIME;
    auth::session::mint(&Key::from_bytes(SESSION_KEY), account, session, minted)
        .expect("minted")
        .0
}
