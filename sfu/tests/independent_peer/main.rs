//! The whole SFU judged by another WebRTC stack: the `webrtc` crate's peers over real sockets on
//! loopback, signaling's end of the link over the real bus.

mod overload;
mod relay;
mod scene;
mod workers;

use bus::BusDir;
use bus::media::{FromSfu, ToSfu};
use scene::{Node, PATIENCE, Pair, Via, config, deps};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_stack_receives_what_another_stack_publishes() {
    let node = Node::start(config()).await;
    assert_ne!(node.service.candidates()[0].port(), 0);
    assert!(node.service.tcp_candidates().is_empty());
    assert!(node.context.health.is_ready());
    let mut signaling = node.link(1).await;
    let mut pair = Pair::connect(&mut signaling, "visit", Via::Udp).await;
    pair.sees(200).await;
    pair.leave(&signaling, "visit").await;
    drop(signaling);
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn media_flows_over_tcp_where_udp_is_blocked() {
    let node = Node::start(sfu::Config {
        media_tcp_port: Some(0),
        ..config()
    })
    .await;
    assert_eq!(node.service.tcp_candidates().len(), 1);
    let mut signaling = node.link(1).await;
    let mut pair = Pair::connect(&mut signaling, "visit", Via::Tcp).await;
    pair.sees(200).await;
    assert!(node.metric("tcp_connections") >= 2, "one for each client");
    pair.leave(&signaling, "visit").await;
    drop(signaling);
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn media_flows_over_ipv6() {
    let node = Node::start(sfu::Config {
        media_ips: vec!["::1".parse().expect("an address")],
        loopback: true,
        ..config()
    })
    .await;
    let candidates = node.service.candidates();
    assert!(candidates[0].is_ipv6(), "preferred: {candidates:?}");
    assert!(
        candidates.iter().any(|c| c.is_ipv4()),
        "always: {candidates:?}"
    );
    let mut signaling = node.link(1).await;
    let mut pair = Pair::connect(&mut signaling, "visit", Via::UdpV6).await;
    pair.sees(200).await;
    pair.leave(&signaling, "visit").await;
    drop(signaling);
    node.stop().await;
}

#[tokio::test]
async fn a_new_link_finds_no_rooms_and_a_taken_port_is_named() {
    let node = Node::start(config()).await;
    let mut signaling = node.link(1).await;
    signaling.open("visit", "PA_old");
    signaling.offer_to("visit", "PA_old").await;
    drop(signaling);

    let mut signaling = node.link(2).await;
    // An order about the forgotten participant is ignored; the next one is answered.
    signaling.send(&ToSfu::Resume {
        room: "visit".into(),
        participant: "PA_old".into(),
    });
    signaling.open("visit", "PA_new");
    let pick = |message| match message {
        FromSfu::Offer { participant, .. } => Some(participant),
        _ => None,
    };
    assert_eq!(&*signaling.until("offer", pick).await, "PA_new");

    let home = tempfile::tempdir().expect("a directory");
    let other = BusDir::open(&home.path().join("bus")).expect("a bus");
    let port = node.service.candidates()[0].port();
    let taken = sfu::Config {
        media_port: port,
        ..config()
    };
    let taken = sfu::start(taken, deps(&other), &runtime::Context::new()).await;
    let error = taken.expect_err("the port is taken").to_string();
    assert!(error.contains(&port.to_string()) && error.contains("--media-port"));
    let config = sfu::Config {
        media_ips: vec!["fe80::1".parse().expect("an address")],
        ..config()
    };
    let refused = sfu::start(config, deps(&other), &runtime::Context::new()).await;
    assert!(matches!(refused, Err(sfu::StartError::Address(_))));
    assert!(node.context.tasks.stop(PATIENCE).await.is_clean());
}
