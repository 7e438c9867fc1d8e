//! What clients are told of the TURN relay.

use auth::Key;
use auth::turn::Turn;
use domain::{Clock as _, SystemClock};
use jiff::SignedDuration;
use livekit_protocol as lk;
use lk::signal_response::Message as Response;

use crate::client::Client;
use crate::node::{ANN, BOB, Node, VISIT};

const URL: &str = "turn:visits.example.org:3478?transport=udp";

fn key() -> Key {
    Key::from_bytes([5; 32])
}

async fn node() -> Node {
    Node::start_with(signaling::Config {
        relay: Some(signaling::RelayConfig {
            urls: vec![URL.to_owned()],
            key: key(),
        }),
        ..signaling::Config::default()
    })
    .await
}

/// The one server told, whose credentials must be those the relay accepts: user and expiry.
fn check(servers: &[lk::IceServer]) -> (String, u64) {
    let [server] = servers else {
        panic!("one server: {servers:?}");
    };
    assert_eq!(server.urls, [URL]);
    assert_eq!(
        Turn::new(&key()).password(&server.username),
        server.credential
    );
    let name = auth::turn::read(&server.username).expect("a name");
    (name.user.to_owned(), name.until)
}

#[tokio::test(flavor = "multi_thread")]
async fn each_client_gets_credentials_that_end_with_its_token() {
    let node = node().await;
    let now = SystemClock.now();
    let until = now + SignedDuration::from_mins(7);
    let token = node.token_between(VISIT, ANN, now - SignedDuration::from_secs(1), until);
    let url = node.url(&format!("/rtc?access_token={token}"));
    let mut ann = Client::connect(&url).await.expect("let in");
    let Response::Join(join) = ann.message().await else {
        panic!("Join must be first");
    };
    let (user, expiry) = check(&join.ice_servers);
    assert_eq!(
        expiry,
        u64::try_from(until.as_second()).expect("after 1970")
    );
    let (_bob, bobs) = Client::join(&node, VISIT, BOB).await;
    assert_ne!(check(&bobs.ice_servers).0, user);

    // A resume brings fresh ones for the same user.
    ann.cut();
    let sid = join.participant.expect("participant").sid;
    let token = node.token(VISIT, ANN);
    let url = node.url(&format!("/rtc?access_token={token}&reconnect=1&sid={sid}"));
    let mut ann = Client::connect(&url).await.expect("let in");
    let Response::Reconnect(back) = ann.message().await else {
        panic!("Reconnect must be first");
    };
    let (again, later) = check(&back.ice_servers);
    assert_eq!(again, user);
    assert!(later > expiry);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_relay_none_is_told() {
    let node = Node::start().await;
    let (_ann, join) = Client::join(&node, VISIT, ANN).await;
    assert_eq!(join.ice_servers, []);
}
