//! Several workers beside each other.

use std::collections::BTreeSet;
use std::num::NonZeroUsize;

use crate::scene::{Node, Pair, Signaling, Via, config};

const WORKERS: NonZeroUsize = NonZeroUsize::new(3).expect("not 0");

async fn start() -> Node {
    Node::start(sfu::Config {
        media_workers: Some(WORKERS),
        media_tcp_port: Some(0),
        ..config()
    })
    .await
}

/// The UDP port of the first candidate in a description.
fn port(sdp: &str) -> u16 {
    let candidate = sdp.lines().find(|line| line.starts_with("a=candidate:"));
    let port = candidate.and_then(|line| line.split(' ').nth(5));
    port.and_then(|port| port.parse().ok()).expect("a port")
}

async fn port_of_room(signaling: &mut Signaling, room: &str) -> u16 {
    signaling.open(room, "PA_x");
    let (_, sdp) = signaling.offer_to(room, "PA_x").await;
    port(&sdp)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rooms_spread_over_workers_and_media_flows_in_each() {
    let node = start().await;
    let ports: BTreeSet<_> = node.service.candidates().iter().map(|c| c.port()).collect();
    assert_eq!(ports.len(), WORKERS.get(), "a port for each");
    let mut signaling = node.link(1).await;
    let mut pairs = Vec::new();
    // TCP has one port for all workers: the user name tells which is meant.
    for (room, via) in [("a", Via::Udp), ("b", Via::Tcp), ("c", Via::Tcp)] {
        pairs.push((room, Pair::connect(&mut signaling, room, via).await));
    }
    let used: BTreeSet<_> = pairs.iter().map(|(_, pair)| port(&pair.offer)).collect();
    assert_eq!(used, ports, "each has a room");
    for (_, pair) in &mut pairs {
        pair.sees(100).await;
    }
    node.metric_becomes("rooms", |rooms| rooms == 3).await;
    for (room, pair) in pairs {
        pair.leave(&signaling, room).await;
    }
    node.metric_becomes("rooms", |rooms| rooms == 0).await;
    node.metric_becomes("tcp_connections", |open| open == 0)
        .await;
    drop(signaling);
    node.stop().await;
}

#[tokio::test]
async fn a_new_link_finds_no_rooms_on_any_worker() {
    let node = start().await;
    let mut signaling = node.link(1).await;
    let mut first = BTreeSet::new();
    for room in ["a", "b", "c"] {
        first.insert(port_of_room(&mut signaling, room).await);
    }
    assert_eq!(first.len(), 3);
    node.metric_becomes("rooms", |rooms| rooms == 3).await;
    drop(signaling);
    let mut signaling = node.link(2).await;
    let again = port_of_room(&mut signaling, "c").await;
    assert!(first.contains(&again));
    node.metric_becomes("rooms", |rooms| rooms == 1).await;
    node.stop().await;
}
