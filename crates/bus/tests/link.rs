//! What the media link promises: everything in order, or a reset on both sides.

mod common;

use bus::link::{LinkClient, LinkError, LinkEvent, LinkSender, LinkServer, ResetReason};
use bus::media::{FromSfu, Speaker, ToSfu};
use bus::{BusDir, MAX_MESSAGE, SFU_LINK};
use common::{Peer, bus_dir, soon};

fn close(number: u32) -> ToSfu {
    ToSfu::Close {
        room: "room".into(),
        participant: format!("PA_{number}").into(),
    }
}

fn speakers(level: f32) -> FromSfu {
    FromSfu::Speakers {
        room: "room".into(),
        speakers: vec![Speaker {
            participant: "PA_1".into(),
            level,
        }],
    }
}

async fn client_up(client: &mut LinkClient) -> (u64, LinkSender<ToSfu>) {
    match soon("the client's link", client.next()).await {
        Some(LinkEvent::Up { epoch, sender }) => (epoch, sender),
        other => panic!("expected Up, got {other:?}"),
    }
}

async fn server_up(server: &mut LinkServer) -> (u64, LinkSender<FromSfu>) {
    match soon("the server's link", server.next()).await {
        Some(LinkEvent::Up { epoch, sender }) => (epoch, sender),
        other => panic!("expected Up, got {other:?}"),
    }
}

/// Skips messages until the reset.
async fn client_reset(client: &mut LinkClient) -> ResetReason {
    loop {
        match soon("the client's reset", client.next()).await {
            Some(LinkEvent::Reset(reason)) => return reason,
            Some(LinkEvent::Message(_)) => {}
            other => panic!("expected Reset, got {other:?}"),
        }
    }
}

/// Skips messages until the reset.
async fn server_reset(server: &mut LinkServer) -> ResetReason {
    loop {
        match soon("the server's reset", server.next()).await {
            Some(LinkEvent::Reset(reason)) => return reason,
            Some(LinkEvent::Message(_)) => {}
            other => panic!("expected Reset, got {other:?}"),
        }
    }
}

async fn bind(dir: &BusDir, epoch: u64) -> LinkServer {
    LinkServer::bind(dir, SFU_LINK, epoch).await.expect("bound")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_arrives_in_order_both_ways() {
    const MESSAGES: u32 = 20_000;
    let (_root, dir) = bus_dir();
    let mut client = LinkClient::connect(&dir, SFU_LINK, 11);
    let mut server = bind(&dir, 22).await;
    let (sfu_epoch, to_sfu) = client_up(&mut client).await;
    let (signaling_epoch, from_sfu) = server_up(&mut server).await;
    assert_eq!((sfu_epoch, signaling_epoch), (22, 11));
    // More than queue and window hold: paced by what the other side has taken.
    let down = tokio::spawn(async move {
        for number in 0..MESSAGES {
            let Some(LinkEvent::Message(message)) = soon("a message", server.next()).await else {
                panic!("the link broke");
            };
            assert_eq!(message, close(number));
            if number % 4 == 0 {
                from_sfu.send(&speakers(0.25)).expect("link up");
            }
        }
        server
    });
    let up = tokio::spawn(async move {
        for _ in 0..MESSAGES / 4 {
            let Some(LinkEvent::Message(message)) = soon("a message", client.next()).await else {
                panic!("the link broke");
            };
            assert_eq!(message, speakers(0.25));
        }
        client
    });
    for chunk in 0..MESSAGES / 1_000 {
        for number in chunk * 1_000..(chunk + 1) * 1_000 {
            to_sfu.send(&close(number)).expect("link up");
        }
        tokio::task::yield_now().await;
        while to_sfu.queued() > 4_000 {
            tokio::task::yield_now().await;
        }
    }
    let (_server, _client) = (down.await.expect("server"), up.await.expect("client"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dropped_server_resets_the_client_and_a_new_one_gets_a_new_link() {
    let (_root, dir) = bus_dir();
    let mut client = LinkClient::connect(&dir, SFU_LINK, 1);
    for epoch in 100..105 {
        let mut server = bind(&dir, epoch).await;
        let (seen, sender) = client_up(&mut client).await;
        assert_eq!(seen, epoch);
        server_up(&mut server).await;
        drop(server);
        client_reset(&mut client).await;
        assert_eq!(sender.send(&close(1)), Err(LinkError::Down));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dropped_client_resets_the_server() {
    let (_root, dir) = bus_dir();
    let mut server = bind(&dir, 9).await;
    for epoch in 1..5 {
        let mut client = LinkClient::connect(&dir, SFU_LINK, epoch);
        client_up(&mut client).await;
        let (seen, sender) = server_up(&mut server).await;
        assert_eq!(seen, epoch);
        drop(client);
        server_reset(&mut server).await;
        assert_eq!(sender.send(&speakers(0.5)), Err(LinkError::Down));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_client_takes_the_link_over_with_a_reset_between() {
    let (_root, dir) = bus_dir();
    let mut server = bind(&dir, 9).await;
    let mut first = LinkClient::connect(&dir, SFU_LINK, 1);
    client_up(&mut first).await;
    server_up(&mut server).await;
    let mut second = LinkClient::connect(&dir, SFU_LINK, 2);
    assert_eq!(server_reset(&mut server).await, ResetReason::ByPeer);
    let (seen, _) = server_up(&mut server).await;
    assert_eq!(seen, 2);
    client_up(&mut second).await;
    client_reset(&mut first).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_consumer_that_stops_taking_ends_in_a_reset_not_in_memory() {
    let (_root, dir) = bus_dir();
    let mut client = LinkClient::connect(&dir, SFU_LINK, 1);
    let mut server = bind(&dir, 2).await;
    let (_, sender) = client_up(&mut client).await;
    server_up(&mut server).await;
    // The server's consumer takes nothing: window and queue fill up, then the link is given up.
    let mut sent = 0;
    while sender.send(&close(sent)).is_ok() {
        sent += 1;
        assert!(sent < 100_000, "nothing bounds the queue");
        tokio::task::yield_now().await;
    }
    assert_eq!(client_reset(&mut client).await, ResetReason::Overflow);
    // The server sees a part, in order, and then the reset.
    let mut next = 0;
    loop {
        match soon("the server's events", server.next()).await {
            Some(LinkEvent::Message(message)) => {
                assert_eq!(message, close(next));
                next += 1;
            }
            Some(LinkEvent::Reset(_)) => break,
            other => panic!("unexpected {other:?}"),
        }
    }
    assert!(next < sent);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_oversized_message_is_refused_and_the_link_goes_on() {
    let (_root, dir) = bus_dir();
    let mut client = LinkClient::connect(&dir, SFU_LINK, 1);
    let mut server = bind(&dir, 2).await;
    let (_, sender) = client_up(&mut client).await;
    server_up(&mut server).await;
    let oversized = ToSfu::Offer {
        room: "room".into(),
        participant: "PA_1".into(),
        id: 1,
        sdp: "x".repeat(MAX_MESSAGE),
    };
    assert_eq!(sender.send(&oversized), Err(LinkError::TooLarge));
    sender.send(&close(1)).expect("link up");
    assert!(matches!(
        soon("the message", server.next()).await,
        Some(LinkEvent::Message(message)) if message == close(1)
    ));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_sfu_process_resets_the_link_and_its_successor_gets_one() {
    let (root, dir) = bus_dir();
    let mut client = LinkClient::connect(&dir, SFU_LINK, 1);
    for epoch in ["31", "32", "33"] {
        let peer = Peer::start(root.path(), "sfu", &[epoch]);
        let (seen, sender) = client_up(&mut client).await;
        assert_eq!(seen.to_string(), epoch);
        sender.send(&close(1)).expect("link up");
        assert!(matches!(
            soon("an answer", client.next()).await,
            Some(LinkEvent::Message(FromSfu::Disconnected { .. }))
        ));
        peer.kill();
        assert_eq!(client_reset(&mut client).await, ResetReason::Closed);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stopped_sfu_process_is_noticed_by_its_silence() {
    let (root, dir) = bus_dir();
    let mut client = LinkClient::connect(&dir, SFU_LINK, 1);
    let peer = Peer::start(root.path(), "sfu", &["31"]);
    client_up(&mut client).await;
    peer.stop();
    assert_eq!(client_reset(&mut client).await, ResetReason::Silent);
}
