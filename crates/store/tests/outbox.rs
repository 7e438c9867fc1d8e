//! The relay on a real database: no gap, no loss, no repetition, in an order that respects
//! cause and effect.

use std::time::Duration;

use sqlx::Executor as _;
use store::outbox::{self, Positioned, Relay, Relayed};
use store::{Audit, Db, Events, Exempt, StoreError};
use testkit::postgres::TestDb;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// How long a test waits for what must come; reaching it is the failure.
const PATIENCE: Duration = Duration::from_secs(30);

type Event = (u32, u32);

fn exempt() -> Audit {
    Audit::exempt(Exempt::NoHealthData("numbers of this test"))
}

/// A running relay and what it handed out.
struct Running {
    relayed: mpsc::Receiver<Relayed<Event>>,
    stop: CancellationToken,
    task: tokio::task::JoinHandle<()>,
}

impl Running {
    fn start(db: &Db) -> Self {
        let (sender, relayed) = mpsc::channel(16);
        let stop = CancellationToken::new();
        let relay = Relay::<Event>::new(db.clone());
        let task = tokio::spawn(relay.run(
            move |relayed| {
                let sender = sender.clone();
                async move {
                    // A test that has seen enough no longer listens.
                    let _ = sender.send(relayed).await;
                }
            },
            stop.clone(),
        ));
        Self {
            relayed,
            stop,
            task,
        }
    }

    async fn next(&mut self) -> Relayed<Event> {
        tokio::time::timeout(PATIENCE, self.relayed.recv())
            .await
            .expect("the relay hands something out")
            .expect("the relay runs")
    }

    async fn event(&mut self) -> Positioned<Event> {
        let event = async {
            loop {
                if let Relayed::Event(event) = self.next().await {
                    return event;
                }
            }
        };
        tokio::time::timeout(PATIENCE, event)
            .await
            .expect("the relay hands out an event")
    }

    async fn stop(self) {
        self.stop.cancel();
        tokio::time::timeout(PATIENCE, self.task)
            .await
            .expect("the relay stops when asked")
            .expect("the relay does not panic");
    }
}

async fn publish(db: &Db, event: Event) -> Result<(), StoreError> {
    db.begin()
        .await?
        .commit(exempt(), Events::of([event]))
        .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn concurrent_commits_and_rollbacks_leave_no_gap() {
    const WRITERS: u32 = 8;
    const EACH: u32 = 60;
    let test = TestDb::create(&[]).await;
    let mut relay = Running::start(test.db());
    let writers: Vec<_> = (0..WRITERS)
        .map(|writer| {
            let db = test.db().clone();
            tokio::spawn(async move {
                for n in 0..EACH {
                    let mut tx = db.begin().await.expect("begun");
                    if n % 3 == 2 {
                        // Takes an id and gives it back to nobody.
                        tx.conn()
                            .execute("insert into outbox.event (payload) values ('[9, 9]')")
                            .await
                            .expect("inserted");
                        drop(tx);
                        continue;
                    }
                    tx.commit(exempt(), Events::of([(writer, 2 * n), (writer, 2 * n + 1)]))
                        .await
                        .expect("committed");
                }
            })
        })
        .collect();
    let expected = WRITERS * EACH / 3 * 2 * 2;
    let mut last = vec![None; WRITERS as usize];
    for position in 1..=u64::from(expected) {
        let Positioned {
            position: at,
            event: (writer, n),
        } = relay.event().await;
        assert_eq!(at, position);
        // Each writer's events come in the order in which it committed them.
        let before = last[writer as usize].replace(n);
        assert!(before < Some(n), "{before:?} before {n} of writer {writer}");
    }
    for writer in writers {
        writer.await.expect("the writer does not panic");
    }
    // Nothing more comes: the digest that follows names the same head.
    let head = loop {
        match relay.next().await {
            Relayed::Event(event) => panic!("one too many: {event:?}"),
            Relayed::Digest { head } if head >= u64::from(expected) => break head,
            Relayed::Digest { .. } => {}
        }
    };
    assert_eq!(head, u64::from(expected));
    let mut conn = test.service().await;
    let all = outbox::store::after::<Event>(&mut conn, 0, 10_000)
        .await
        .expect("readable");
    assert!(all.iter().map(|event| event.position).eq(1..=head));
    let tail = outbox::store::after::<Event>(&mut conn, head - 2, 1)
        .await
        .expect("readable");
    assert_eq!(tail[0].position, head - 1);
    relay.stop().await;
}

#[tokio::test]
async fn an_earlier_id_that_commits_later_is_not_lost() {
    let test = TestDb::create(&[]).await;
    let mut relay = Running::start(test.db());
    let mut slow = test.service().await;
    slow.execute("begin; insert into outbox.event (payload) values ('[1, 1]')")
        .await
        .expect("takes the first id");
    publish(test.db(), (2, 2)).await.expect("committed");
    let first = relay.event().await;
    assert_eq!((first.position, first.event), (1, (2, 2)));
    slow.execute("commit").await.expect("committed");
    let second = relay.event().await;
    assert_eq!((second.position, second.event), (2, (1, 1)));
    relay.stop().await;
}

#[tokio::test]
async fn one_relay_works_and_another_takes_over_where_it_stopped() {
    let test = TestDb::create(&[]).await;
    publish(test.db(), (0, 0)).await.expect("committed");
    let mut first = Running::start(test.db());
    assert_eq!(first.event().await.position, 1);
    let mut second = Running::start(test.db());
    publish(test.db(), (0, 1)).await.expect("committed");
    assert_eq!(first.event().await.position, 2);
    assert!(second.relayed.is_empty(), "only one relay hands out");
    first.stop().await;
    publish(test.db(), (0, 2)).await.expect("committed");
    let next = second.event().await;
    assert_eq!((next.position, next.event), (3, (0, 2)));
    second.stop().await;
}

#[tokio::test]
async fn a_relay_whose_connection_is_cut_goes_on_without_gap_or_repetition() {
    let test = TestDb::create(&[]).await;
    let mut relay = Running::start(test.db());
    publish(test.db(), (0, 0)).await.expect("committed");
    assert_eq!(relay.event().await.position, 1);
    // A service role may end its own sessions; the one asking goes on.
    test.service()
        .await
        .execute(
            "select pg_terminate_backend(pid) from pg_stat_activity \
             where datname = current_database() and pid <> pg_backend_pid()",
        )
        .await
        .expect("cut");
    // The pool's connections were cut as well: the first tries may meet them.
    let committed = async {
        while publish(test.db(), (0, 1)).await.is_err() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, committed)
        .await
        .expect("the pool replaces its connections");
    let next = relay.event().await;
    assert_eq!((next.position, next.event), (2, (0, 1)));
    relay.stop().await;
}

#[tokio::test]
async fn another_process_wakes_the_relay() {
    let test = TestDb::create(&[]).await;
    let mut relay = Running::start(test.db());
    // The first digest says that the relay listens.
    assert!(matches!(relay.next().await, Relayed::Digest { head: 0 }));
    // A pool of its own does not know about the relay, as in another process.
    let other = Db::connect(
        test.access(),
        store::DbConfig {
            max_connections: 1,
            audit_key: testkit::postgres::audit_key(),
            clock: std::sync::Arc::new(domain::SystemClock),
            ids: testkit::postgres::ids(),
        },
    )
    .await
    .expect("connected");
    publish(&other, (7, 7)).await.expect("committed");
    assert_eq!(relay.event().await.event, (7, 7));
    relay.stop().await;
}

#[tokio::test]
async fn an_event_that_cannot_be_kept_fails_the_commit() {
    let test = TestDb::create(&[]).await;
    let big = "x".repeat(outbox::MAX_EVENT_BYTES);
    let tx = test.db().begin().await.expect("begun");
    let failed = tx.commit(exempt(), Events::of([big])).await;
    assert!(matches!(failed, Err(StoreError::Event(_))), "{failed:?}");
    let mut conn = test.service().await;
    assert_eq!(outbox::store::head(&mut conn).await.expect("read"), 0);
}

#[tokio::test]
async fn a_payload_of_another_kind_is_named_by_its_position() {
    let test = TestDb::create(&[]).await;
    let mut relay = Running::start(test.db());
    let tx = test.db().begin().await.expect("begun");
    tx.commit(exempt(), Events::of(["not a pair"]))
        .await
        .expect("committed");
    publish(test.db(), (1, 2)).await.expect("committed");
    assert_eq!(relay.event().await.position, 2);
    let mut conn = test.service().await;
    let error = outbox::store::after::<Event>(&mut conn, 0, 10)
        .await
        .expect_err("damaged");
    assert!(error.to_string().contains("at position 1"), "{error}");
    relay.stop().await;
}
