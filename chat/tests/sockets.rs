//! Who gets a socket, and how sockets end.

mod common;

use bus::event::Event as CoreEvent;
use chat::Config;
use common::client::{Client, Ended, open};
use common::node::{World, token};
use common::{cast, changed, clinician, conv, patient, session};
use jiff::SignedDuration;
use protocol::{ClientMessage, MAX_CLIENT_MESSAGE, SUBPROTOCOL, ServerMessage, close};
use tokio::net::TcpSocket;
use tokio_tungstenite::tungstenite::http::StatusCode;
use uuid::Uuid;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn foreign_pages_and_other_protocols_get_no_socket() {
    let world = World::new().await;
    let _core = world.relay().await;
    let node = world
        .start_with(Config {
            public_url: Some("https://visits.example".to_owned()),
            ..Config::default()
        })
        .await;
    let protocol = ("sec-websocket-protocol", SUBPROTOCOL);
    let own = format!("http://{}", node.address);
    for (headers, status) in [
        (
            vec![protocol, ("origin", "https://evil.example")],
            Some(403),
        ),
        (vec![protocol, ("origin", "null")], Some(403)),
        (vec![], Some(400)),
        (vec![("sec-websocket-protocol", "bedside.v2")], Some(400)),
        (vec![protocol, ("origin", own.as_str())], None),
        (vec![protocol, ("origin", "https://visits.example")], None),
        (vec![protocol], None),
    ] {
        let refused = open(node.address, &headers).await.err();
        assert_eq!(refused.map(|status| status.as_u16()), status, "{headers:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn more_sockets_than_allowed_are_refused_and_room_returns() {
    let world = World::new().await;
    let _core = world.relay().await;
    let node = world
        .start_with(Config {
            max_connections: 1,
            ..Config::default()
        })
        .await;
    let headers = [("sec-websocket-protocol", SUBPROTOCOL)];
    let first = open(node.address, &headers).await.expect("room");
    let refused = open(node.address, &headers).await.err();
    assert_eq!(refused, Some(StatusCode::SERVICE_UNAVAILABLE));
    drop(first);
    common::soon("room", async {
        while open(node.address, &headers).await.is_err() {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_token_that_counts_the_socket_ends() {
    let world = World::new().await;
    let core = world.relay().await;
    core.tell(cast()).await;
    let node = world.start().await;
    node.ready().await;
    core.applied().await;
    let unauthenticated = Ended::Code(close::UNAUTHENTICATED);
    let expired = token(patient(), session(1), SignedDuration::from_secs(-1));
    for first in [
        serde_json::json!({"type": "auth", "token": expired}),
        serde_json::json!({"type": "auth", "token": "nonsense"}),
        serde_json::json!({"type": "ping", "nonce": 1}),
        serde_json::json!("nonsense"),
    ] {
        let mut client = Client::raw(&node).await;
        client.send_text(first.to_string()).await;
        assert_eq!(client.end().await, unauthenticated, "{first}");
    }
    let mut silent = Client::raw(&node).await;
    assert_eq!(silent.end().await, unauthenticated);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_is_good_until_it_ends_and_refreshed_in_band() {
    let world = World::new().await;
    let core = world.relay().await;
    core.tell(cast()).await;
    let node = world.start().await;
    node.ready().await;
    core.applied().await;
    let brief = || token(patient(), session(1), SignedDuration::from_secs(2));
    let mut refreshed = Client::raw(&node).await;
    let mut lapsed = Client::raw(&node).await;
    let mut impostor = Client::raw(&node).await;
    for client in [&mut refreshed, &mut lapsed, &mut impostor] {
        client.send(&ClientMessage::Auth { token: brief() }).await;
        assert!(matches!(
            client.receive().await,
            ServerMessage::Hello { .. }
        ));
    }
    let minutes = SignedDuration::from_mins(4);
    let newer = token(patient(), session(1), minutes);
    refreshed
        .send(&ClientMessage::AuthRefresh { token: newer })
        .await;
    let of_another = token(clinician(), session(2), minutes);
    impostor
        .send(&ClientMessage::AuthRefresh { token: of_another })
        .await;
    let unauthenticated = Ended::Code(close::UNAUTHENTICATED);
    assert_eq!(impostor.end().await, unauthenticated);
    assert_eq!(lapsed.end().await, unauthenticated);
    // The other one's first token has ended too by now.
    refreshed.send(&ClientMessage::Ping { nonce: 5 }).await;
    assert_eq!(refreshed.receive().await, ServerMessage::Pong { nonce: 5 });
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_not_of_the_protocol_ends_the_socket() {
    let world = World::new().await;
    let core = world.relay().await;
    core.tell(cast()).await;
    let node = world.start().await;
    node.ready().await;
    core.applied().await;
    for nonsense in [
        "{",
        "null",
        r#"{"type":"shout"}"#,
        r#"{"type":"ping","nonce":1,"more":1}"#,
        r#"{"type":"ping","nonce":-1}"#,
        r#"{"type":"read","conv":"not-an-id","upto":1}"#,
    ] {
        let mut client = Client::connect(&node, patient()).await;
        client.send_text(nonsense.to_owned()).await;
        assert_eq!(
            client.end().await,
            Ended::Code(close::MALFORMED),
            "{nonsense}"
        );
    }
    let mut client = Client::connect(&node, patient()).await;
    client.send_binary(vec![0; 3]).await;
    assert_eq!(client.end().await, Ended::Code(close::MALFORMED));
    let mut client = Client::connect(&node, patient()).await;
    client.send_text("x".repeat(MAX_CLIENT_MESSAGE + 1)).await;
    assert_eq!(client.end().await, Ended::Code(1009));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_socket_too_many_ends_the_oldest() {
    let world = World::new().await;
    let core = world.relay().await;
    core.tell(cast()).await;
    let node = world
        .start_with(Config {
            max_connections_per_account: 2,
            ..Config::default()
        })
        .await;
    node.ready().await;
    core.applied().await;
    let mut oldest = Client::connect(&node, patient()).await;
    let mut second = Client::connect(&node, patient()).await;
    let _other = Client::connect(&node, clinician()).await;
    let _third = Client::connect(&node, patient()).await;
    assert_eq!(oldest.end().await, Ended::Code(close::TOO_MANY));
    second.send(&ClientMessage::Ping { nonce: 1 }).await;
    assert_eq!(second.receive().await, ServerMessage::Pong { nonce: 1 });
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_ended_session_ends_its_sockets_and_opens_no_new_one() {
    let world = World::new().await;
    let core = world.relay().await;
    core.tell(cast()).await;
    let node = world.start().await;
    node.ready().await;
    core.applied().await;
    let mut ended = Client::raw(&node)
        .await
        .sign_in(patient(), session(1))
        .await;
    let mut other = Client::raw(&node)
        .await
        .sign_in(patient(), session(2))
        .await;
    core.tell([CoreEvent::SessionEnded {
        session: session(1),
        account: patient(),
    }])
    .await;
    let unauthenticated = Ended::Code(close::UNAUTHENTICATED);
    assert_eq!(ended.end().await, unauthenticated);
    // Its token would still count by its own terms.
    let mut again = Client::raw(&node).await;
    let token = token(patient(), session(1), SignedDuration::from_mins(4));
    again.send(&ClientMessage::Auth { token }).await;
    assert_eq!(again.end().await, unauthenticated);
    other.send(&ClientMessage::Ping { nonce: 1 }).await;
    assert_eq!(other.receive().await, ServerMessage::Pong { nonce: 1 });
    core.tell([changed(patient(), &[])]).await;
    assert_eq!(other.end().await, unauthenticated);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_reader_is_closed_and_misses_nothing_by_it() {
    let world = World::new().await;
    let core = world.relay().await;
    core.tell(cast()).await;
    let node = world.start().await;
    node.ready().await;
    core.applied().await;
    // A small window, so that little hides in the system's buffers.
    let socket = TcpSocket::new_v4().expect("socket");
    socket.set_recv_buffer_size(4_096).expect("small");
    let stream = socket.connect(node.address).await.expect("connected");
    let mut slow = Client::raw_on(&node, stream)
        .await
        .sign_in(patient(), session(1))
        .await;
    slow.resume(conv(1), 0).await.expect("resumed");
    let mut writer = Client::connect(&node, clinician()).await;
    let text = "x".repeat(16_000);
    // 6.4 MB: more than the system (4 MB) and the queue (0.5 MB) hold for one who reads nothing.
    for number in 1..=400 {
        let stored = writer.write(conv(1), Uuid::from_u128(number), &text).await;
        stored.expect("the writer is not held up");
    }
    let mut last = 0;
    let ended = loop {
        match slow.next().await {
            Ok(ServerMessage::Event(event)) => {
                assert_eq!(event.seq, last + 1);
                last = event.seq;
            }
            Ok(other) => panic!("unexpected {other:?}"),
            Err(ended) => break ended,
        }
    };
    assert_eq!(ended, Ended::Code(close::SLOW_CONSUMER));
    assert!(last < 400);
    let mut again = Client::connect(&node, patient()).await;
    let rest = again.resume(conv(1), last).await.expect("resumed");
    assert_eq!(
        common::client::seqs(&rest),
        (last + 1..=400).collect::<Vec<_>>()
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_says_goodbye() {
    let world = World::new().await;
    let core = world.relay().await;
    core.tell(cast()).await;
    let node = world.start().await;
    node.ready().await;
    core.applied().await;
    let mut client = Client::connect(&node, patient()).await;
    let tasks = node.context.tasks.clone();
    let stopped = tokio::spawn(async move { tasks.stop(common::PATIENCE).await });
    assert_eq!(client.end().await, Ended::Code(1001));
    assert!(stopped.await.expect("stopped").is_clean());
}
