//! Media through our TURN server, by a stack with a TURN client of its own.

use std::sync::Arc;
use std::time::Duration;

use auth::turn::{Credentials, Turn};
use auth::{Key, SystemEntropy};
use domain::{Clock as _, SystemClock};

use crate::scene::{Node, Pair, Via, config};

fn key() -> Key {
    Key::from_bytes([6; 32])
}

/// Good for ten minutes, for whoever asks.
pub(crate) fn credentials() -> Credentials {
    let until = SystemClock.now() + Duration::from_secs(600);
    Turn::new(&key()).mint_probe(until)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn media_flows_through_the_relay_both_ways() {
    let node = Node::start(config()).await;
    let turn = sfu::turn::Config {
        addresses: vec![[127, 0, 0, 1].into()],
        port: 0,
        ..sfu::turn::Config::default()
    };
    let deps = sfu::turn::Deps {
        door: node.service.door().clone(),
        key: key(),
        clock: Arc::new(SystemClock),
        entropy: Arc::new(SystemEntropy),
    };
    let turn = sfu::turn::start(turn, deps, &node.context).expect("started");
    let mut signaling = node.link(1).await;
    let via = Via::Relay(turn.udp_port());
    let mut pair = Pair::connect(&mut signaling, "visit", via).await;
    pair.sees(200).await;
    // Alice's packets went in through the relay, Bob's came out of it.
    for name in ["bedside_turn_to_peer_total", "bedside_turn_to_client_total"] {
        let enough = || {
            let text = node.context.metrics.encode().expect("encoded");
            let line = text
                .lines()
                .find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
            line.expect("the metric").parse::<u64>().expect("a number") >= 200
        };
        let waited = tokio::time::timeout(Duration::from_secs(60), async {
            while !enough() {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        });
        waited.await.unwrap_or_else(|_| panic!("no {name}"));
    }
    pair.leave(&signaling, "visit").await;
    drop(signaling);
    node.stop().await;
}
