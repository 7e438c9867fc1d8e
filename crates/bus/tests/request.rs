//! What asking and answering promise.

mod common;

use std::sync::Arc;
use std::time::Duration;

use bus::command::{CoreReply, CoreRequest};
use bus::request::{CallError, Client, Server};
use bus::{BusDir, CORE_COMMANDS, MAX_MESSAGE};
use common::{PATIENCE, Peer, bus_dir, soon};
use tokio::sync::Semaphore;

async fn doubling(dir: &BusDir) -> Server {
    Server::bind(dir, CORE_COMMANDS, |number: u64| async move { number * 2 })
        .await
        .expect("bound")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_questions_meet_their_own_answers() {
    let (_root, dir) = bus_dir();
    let client = Arc::new(Client::<u64, u64>::connect(&dir, CORE_COMMANDS));
    let _server = doubling(&dir).await;
    let asked: Vec<_> = (0..200)
        .map(|number| {
            let client = Arc::clone(&client);
            tokio::spawn(async move { (number, client.call(&number, PATIENCE).await) })
        })
        .collect();
    for task in asked {
        let (number, answer) = task.await.expect("ran");
        assert_eq!(answer, Ok(number * 2));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_there_is_away_and_a_late_server_is_found() {
    let (_root, dir) = bus_dir();
    let client = Client::<u64, u64>::connect(&dir, CORE_COMMANDS);
    let answer = client.call(&1, Duration::from_millis(50)).await;
    assert_eq!(answer, Err(CallError::Away));
    let _server = doubling(&dir).await;
    assert_eq!(client.call(&1, PATIENCE).await, Ok(2));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn silence_is_a_timeout_and_a_late_answer_meets_nobody() {
    let (_root, dir) = bus_dir();
    let gate = Arc::new(Semaphore::new(0));
    let held = Arc::clone(&gate);
    let _server = Server::bind(&dir, CORE_COMMANDS, move |number: u64| {
        let held = Arc::clone(&held);
        async move {
            if number == 1 {
                let _ = held.acquire().await;
            }
            number
        }
    })
    .await
    .expect("bound");
    let client = Client::<u64, u64>::connect(&dir, CORE_COMMANDS);
    assert_eq!(client.call(&0, PATIENCE).await, Ok(0));
    let answer = client.call(&1, Duration::from_millis(50)).await;
    assert_eq!(answer, Err(CallError::Timeout));
    gate.add_permits(1);
    for number in 2..10 {
        assert_eq!(client.call(&number, PATIENCE).await, Ok(number));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn too_many_questions_are_told_so() {
    let (_root, dir) = bus_dir();
    let gate = Arc::new(Semaphore::new(0));
    let begun = Arc::new(Semaphore::new(0));
    let (held, started) = (Arc::clone(&gate), Arc::clone(&begun));
    let _server = Server::bind(&dir, CORE_COMMANDS, move |number: u64| {
        started.add_permits(1);
        let held = Arc::clone(&held);
        async move {
            let _ = held.acquire().await.map(|permit| permit.forget());
            number
        }
    })
    .await
    .expect("bound");
    // Two clients: the first fills itself and the server (256 each), the second meets a full one.
    let first = Arc::new(Client::<u64, u64>::connect(&dir, CORE_COMMANDS));
    let second = Client::<u64, u64>::connect(&dir, CORE_COMMANDS);
    let mut asked = tokio::task::JoinSet::new();
    for number in 0..300 {
        let client = Arc::clone(&first);
        asked.spawn(async move { client.call(&number, PATIENCE).await });
    }
    for _ in 256..300 {
        let answer = soon("a refusal", asked.join_next()).await;
        assert_eq!(answer.expect("one").expect("ran"), Err(CallError::Busy));
    }
    soon("a full server", begun.acquire_many(256))
        .await
        .expect("open")
        .forget();
    assert_eq!(second.call(&0, PATIENCE).await, Err(CallError::Busy));
    gate.add_permits(1_000);
    while let Some(answer) = soon("an answer", asked.join_next()).await {
        answer.expect("ran").expect("answered");
    }
    assert_eq!(second.call(&7, PATIENCE).await, Ok(7));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn too_large_unreadable_and_panicking_questions_harm_nobody() {
    let (_root, dir) = bus_dir();
    let _server = Server::bind(&dir, CORE_COMMANDS, |text: String| async move {
        assert!(text != "panic", "asked to panic");
        text
    })
    .await
    .expect("bound");
    let client = Client::<String, String>::connect(&dir, CORE_COMMANDS);
    let oversized = "x".repeat(MAX_MESSAGE);
    let answer = client.call(&oversized, PATIENCE).await;
    assert_eq!(answer, Err(CallError::TooLarge));
    let brief = Duration::from_millis(50);
    let stranger = Client::<u64, String>::connect(&dir, CORE_COMMANDS);
    soon("the stranger's connection", async {
        while stranger.call(&1, brief).await != Err(CallError::Timeout) {}
    })
    .await;
    let answer = client.call(&"panic".to_owned(), brief).await;
    assert_eq!(answer, Err(CallError::Timeout));
    let answer = client.call(&"fine".to_owned(), PATIENCE).await;
    assert_eq!(answer.as_deref(), Ok("fine"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_server_is_away_and_found_again() {
    let (root, dir) = bus_dir();
    let client = Client::<CoreRequest, CoreReply>::connect(&dir, CORE_COMMANDS);
    let question = CoreRequest::RoomsStatus { visits: Vec::new() };
    for _ in 0..3 {
        let peer = Peer::start(root.path(), "answer", &[]);
        // A caller repeats: until the new server is there, calls may fail.
        soon("an answer", async {
            while client.call(&question, Duration::from_secs(5)).await != Ok(CoreReply::Stored) {}
        })
        .await;
        peer.kill();
        let answer = client.call(&question, Duration::from_millis(100)).await;
        assert!(matches!(answer, Err(CallError::Away | CallError::Timeout)));
    }
}
