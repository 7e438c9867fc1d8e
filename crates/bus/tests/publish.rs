//! What publisher and subscriber promise each other, kept while either is killed or stalls.

mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bus::event::{Event, Positioned, Published};
use bus::{
    BusDir, CORE_EVENTS, DurableConsumer, Incoming, MAX_MESSAGE, PublishError, Publisher, Step,
    Subscriber,
};
use common::{Peer, bus_dir, resident, soon};

/// What two tests of 400 MB each may hold at the same time, with room for the allocator: queue
/// 16 MiB and a window of 4 MiB for each receiver.
const BOUND: usize = 150_000_000;

fn fact(position: u64) -> Positioned {
    Positioned {
        position,
        event: Event::SessionEnded {
            session: uuid::Uuid::from_u128(u128::from(position)).into(),
            account: uuid::Uuid::from_u128(7).into(),
        },
    }
}

/// Publishes, waiting for room in the queue.
async fn publish<T: serde::Serialize>(publisher: &Publisher<T>, message: &T) {
    while publisher.publish(message) == Err(PublishError::Full) {
        tokio::task::yield_now().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_ready_nothing_is_missing() {
    let (_root, dir) = bus_dir();
    // The subscriber is there first: it must wait, not give up.
    let mut subscriber = Subscriber::<u64>::connect(&dir, CORE_EVENTS);
    assert!(!subscriber.is_connected());
    let publisher = Publisher::bind(&dir, CORE_EVENTS).await.expect("bound");
    soon("the handshake", subscriber.ready()).await;
    for number in 0..200 {
        publisher.publish(&number).expect("published");
    }
    assert_eq!(
        soon("connected", subscriber.next()).await,
        Some(Incoming::Connected)
    );
    for number in 0..200 {
        assert_eq!(
            soon("a message", subscriber.next()).await,
            Some(Incoming::Message(number))
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_oversized_message_is_refused_before_sending() {
    let (_root, dir) = bus_dir();
    let publisher = Publisher::bind(&dir, CORE_EVENTS).await.expect("bound");
    let mut subscriber = Subscriber::<String>::connect(&dir, CORE_EVENTS);
    soon("the handshake", subscriber.ready()).await;
    let oversized = "x".repeat(MAX_MESSAGE);
    assert_eq!(publisher.publish(&oversized), Err(PublishError::TooLarge));
    publisher.publish(&"fits".to_owned()).expect("published");
    soon("connected", subscriber.next()).await;
    assert_eq!(
        soon("the next message", subscriber.next()).await,
        Some(Incoming::Message("fits".to_owned()))
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_that_cannot_be_read_counts_as_missed() {
    let (_root, dir) = bus_dir();
    let publisher = Publisher::<String>::bind(&dir, CORE_EVENTS)
        .await
        .expect("bound");
    let mut subscriber = Subscriber::<u64>::connect(&dir, CORE_EVENTS);
    soon("the handshake", subscriber.ready()).await;
    publisher
        .publish(&"not a number".to_owned())
        .expect("published");
    soon("connected", subscriber.next()).await;
    assert_eq!(
        soon("the report", subscriber.next()).await,
        Some(Incoming::Missed)
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stalled_subscriber_costs_a_bounded_amount_and_holds_nobody_up() {
    let (_root, dir) = bus_dir();
    let publisher = Publisher::bind(&dir, CORE_EVENTS).await.expect("bound");
    let mut stalled = Subscriber::<(u64, String)>::connect(&dir, CORE_EVENTS);
    let mut healthy = Subscriber::<(u64, String)>::connect(&dir, CORE_EVENTS);
    soon("the stalled one", stalled.ready()).await;
    soon("the healthy one", healthy.ready()).await;
    let seen = Arc::new(AtomicU64::new(0));
    let counter = Arc::clone(&seen);
    let reader = tokio::spawn(async move {
        while let Some(incoming) = healthy.next().await {
            if let Incoming::Message((number, _)) = incoming {
                counter.store(number, Ordering::Release);
            }
        }
    });
    let before = resident();
    let text = "x".repeat(4_000);
    // 400 MB in all.
    for number in 1..=100_000 {
        publish(&publisher, &(number, text.clone())).await;
    }
    assert!(resident().saturating_sub(before) < BOUND);
    // The healthy one follows to the end: whatever is published last is seen, without help of
    // the stalled one.
    soon("the healthy one at the end", async {
        let mut last = 100_000;
        while seen.load(Ordering::Acquire) <= 100_000 {
            last += 1;
            publish(&publisher, &(last, String::new())).await;
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
    })
    .await;
    // The stalled one, when it wakes, is told that it missed some; or it was cut meanwhile and
    // connects again, which says the same.
    assert_eq!(
        soon("connected", stalled.next()).await,
        Some(Incoming::Connected)
    );
    soon("the report", async {
        while let Some(Incoming::Message(_)) = stalled.next().await {}
    })
    .await;
    reader.abort();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stopped_process_costs_a_bounded_amount() {
    let (root, dir) = bus_dir();
    let publisher = Publisher::bind(&dir, CORE_EVENTS).await.expect("bound");
    let mut peer = Peer::start(root.path(), "subscribe", &[]);
    tokio::task::block_in_place(|| peer.says("subscribed"));
    peer.stop();
    let before = resident();
    let text = "x".repeat(4_000);
    for _ in 0..100_000 {
        publish(&publisher, &text).await;
    }
    assert!(resident().saturating_sub(before) < BOUND);
    peer.kill();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_publisher_is_found_again() {
    let (root, dir) = bus_dir();
    let mut subscriber = Subscriber::<Published>::connect(&dir, CORE_EVENTS);
    for _ in 0..3 {
        let peer = Peer::start(root.path(), "publish", &[]);
        soon("a connection", async {
            while subscriber.next().await != Some(Incoming::Connected) {}
        })
        .await;
        for _ in 0..20 {
            assert!(matches!(
                soon("a digest", subscriber.next()).await,
                Some(Incoming::Message(Published::Digest { .. }))
            ));
        }
        peer.kill();
    }
}

/// A consumer with its cursor in `applied`, as a service keeps it in its database.
async fn consume(dir: BusDir, outbox: Arc<Vec<Positioned>>, applied: Arc<std::sync::Mutex<u64>>) {
    let mut subscriber = Subscriber::connect(&dir, CORE_EVENTS);
    let mut consumer = DurableConsumer::new(*applied.lock().expect("lock"));
    let published = Arc::clone(&outbox);
    let apply = |consumer: &mut DurableConsumer, event: &Positioned| {
        let mut stored = applied.lock().expect("lock");
        assert_eq!(event.position, *stored + 1, "each once and in order");
        *stored = event.position;
        consumer.applied(event.position);
    };
    while let Some(incoming) = subscriber.next().await {
        match consumer.hear(incoming) {
            Step::Apply(event) => apply(&mut consumer, &event),
            Step::ReadAfter(position) => {
                let from = usize::try_from(position).expect("small");
                // What a service reads: everything committed so far, bounded by a limit.
                for event in published[from..].iter().take(500) {
                    if let Step::Apply(event) = consumer.found(event.clone()) {
                        apply(&mut consumer, &event);
                    }
                }
            }
            Step::Ignore => {}
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_thousand_facts_survive_restarts_of_both_ends() {
    const FACTS: u64 = 100_000;
    let (_root, dir) = bus_dir();
    let outbox: Arc<Vec<Positioned>> = Arc::new((1..=FACTS).map(fact).collect());
    let applied = Arc::new(std::sync::Mutex::new(0));
    let start = || {
        tokio::spawn(consume(
            dir.clone(),
            Arc::clone(&outbox),
            Arc::clone(&applied),
        ))
    };
    let mut publisher = Publisher::bind(&dir, CORE_EVENTS).await.expect("bound");
    let mut consumer = start();
    for event in outbox.iter() {
        publish(&publisher, &Published::Event(event.clone())).await;
        if event.position % 9_000 == 0 {
            consumer.abort();
            assert!(
                (&mut consumer)
                    .await
                    .is_err_and(|error| error.is_cancelled())
            );
            consumer = start();
        }
        if event.position % 21_000 == 0 {
            drop(publisher);
            publisher = Publisher::bind(&dir, CORE_EVENTS).await.expect("bound");
        }
    }
    soon("the last fact", async {
        while *applied.lock().expect("lock") < FACTS {
            assert!(!consumer.is_finished(), "the consumer failed");
            publish(&publisher, &Published::Digest { head: FACTS }).await;
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
    })
    .await;
    consumer.abort();
}
