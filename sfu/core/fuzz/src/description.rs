//! Session descriptions of a hostile client.
//!
//! Input: texts, each after a byte that says whether it is an offer or an answer, up to a byte 0.

use std::time::{Duration, Instant};

use sfu_core::{
    Action, Command, Config, Connections, Event, MediaKind, Node, PeerEvent, PublishTrack,
};

/// One input; time begins at the instant given.
pub(crate) fn run(input: &[u8], mut now: Instant) {
    let [options, texts @ ..] = input else { return };
    let mut node = Node::new(Config {
        candidates: vec![([192, 0, 2, 1], 7882).into()],
        tcp_candidates: vec![([192, 0, 2, 1], 443).into()],
        ..Config::default()
    });
    let order = |node: &mut Node, now, participant: &str, action| {
        let command = Command {
            room: "room".into(),
            participant: participant.into(),
            action,
        };
        node.command(now, command);
    };
    let connections = if options & 1 == 0 {
        Connections::Single
    } else {
        Connections::Dual
    };
    for participant in ["PA_a", "PA_b"] {
        let open = Action::Open {
            identity: participant.into(),
            connections,
            publish: options & 2 == 0,
            publish_data: options & 4 == 0,
        };
        order(&mut node, now, participant, open);
    }
    for (n, kind) in [MediaKind::Audio, MediaKind::Video].into_iter().enumerate() {
        let publish = Action::Publish(PublishTrack {
            sid: format!("TR_{n}").into(),
            cid: format!("cid{n}"),
            kind,
            source: Default::default(),
            preferred_codecs: Vec::new(),
            layers: Vec::new(),
            encrypted: false,
        });
        order(&mut node, now, "PA_a", publish);
    }
    let mut asked = 0;
    for text in texts.split(|byte| *byte == 0).take(6) {
        let [kind, text @ ..] = text else { continue };
        let sdp = String::from_utf8_lossy(text).into_owned();
        let action = if kind % 2 == 0 {
            Action::Offer { id: 1, sdp }
        } else {
            Action::Answer { id: asked, sdp }
        };
        order(&mut node, now, "PA_a", action);
        while let Some(event) = node.poll_event() {
            let Event::Peer { event, .. } = event else {
                continue;
            };
            match event {
                PeerEvent::Offer { id, .. } => asked = id,
                PeerEvent::Published { track, .. } => {
                    let publisher = "PA_a".into();
                    let subscribe = Action::Subscribe { publisher, track };
                    order(&mut node, now, "PA_b", subscribe);
                }
                _ => {}
            }
        }
        now += Duration::from_millis(300);
        node.timeout(now);
        node.batch().clear();
    }
    for participant in ["PA_a", "PA_b"] {
        order(&mut node, now, participant, Action::Close);
    }
    assert!(node.is_empty(), "something of the room remains");
}
