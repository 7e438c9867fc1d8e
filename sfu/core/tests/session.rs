//! Participants come back, talk over data channels, leave, and misbehave.

mod common;

use std::sync::Arc;
use std::time::Duration;

use common::client::Client;
use common::{PREFIX, ROOM, World, identity, server, sid};
use livekit_protocol::{DataPacket, UserPacket, data_packet};
use proptest::prelude::*;
use prost::Message;
use sfu_core::{
    Action, Command, Connections, Datagram, MediaKind, PeerEvent, Protocol, PublishTrack, Quality,
    Target, TrackSettings,
};
use testkit::network::Path;

const BOTH: [Connections; 2] = [Connections::Dual, Connections::Single];

fn packet(text: &str, to: &[usize]) -> Vec<u8> {
    DataPacket {
        participant_identity: "a liar".into(),
        destination_identities: to.iter().map(|to| identity(*to).to_string()).collect(),
        value: Some(data_packet::Value::User(UserPacket {
            payload: text.as_bytes().to_vec(),
            ..UserPacket::default()
        })),
        ..DataPacket::default()
    }
    .encode_to_vec()
}

/// What a client received: channel label, kind, sender's identity and sid, text.
fn inbox(client: &mut Client) -> Vec<(String, i32, String, String, String)> {
    let link = client.downlink();
    let data = std::mem::take(&mut link.data);
    data.into_iter()
        .map(|(id, bytes)| {
            let mut labels = link.channels.iter();
            let (label, _) = labels.find(|(_, of)| **of == id).expect("a known channel");
            let packet = DataPacket::decode(&bytes[..]).expect("a data packet");
            let Some(data_packet::Value::User(user)) = &packet.value else {
                panic!("a user packet");
            };
            let text = String::from_utf8(user.payload.clone()).expect("text");
            #[expect(deprecated, reason = "clients still read DataPacket.kind")]
            let kind = packet.kind;
            let (who, sid) = (packet.participant_identity, packet.participant_sid);
            (label.clone(), kind, who, sid, text)
        })
        .collect()
}

#[test]
fn data_goes_to_whom_it_is_for_with_its_true_sender() {
    let mut world = World::new(20);
    for connections in [Connections::Dual, Connections::Single, Connections::Dual] {
        world.join(connections);
    }
    // The dual sender needs its publisher connection, which comes with the first track.
    world.publish(0, MediaKind::Audio, &[]);
    world.until("channels are open", |w| {
        w.clients.iter().all(Client::receives) && w.clients[0].publisher.channels.len() == 2
    });
    world.clients[0].send_data("_reliable", &packet("to all", &[]));
    world.clients[0].send_data("_lossy", &packet("to two", &[2]));
    world.clients[1].send_data("_reliable", &packet("back", &[0]));
    world.clients[1].send_data("_reliable", &[0xff, 0xff, 0xff]);
    world.pump();
    world.run(Duration::from_secs(1));

    let from = |index: usize, label: &str, kind, text: &str| {
        let who = identity(index).to_string();
        (
            label.to_owned(),
            kind,
            who,
            sid(index).to_string(),
            text.to_owned(),
        )
    };
    let to_all = from(0, "_reliable", 0, "to all");
    assert_eq!(
        inbox(&mut world.clients[0]),
        [from(1, "_reliable", 0, "back")]
    );
    assert_eq!(inbox(&mut world.clients[1]), std::slice::from_ref(&to_all));
    let mut third = inbox(&mut world.clients[2]);
    third.sort();
    assert_eq!(third, [from(0, "_lossy", 1, "to two"), to_all]);
}

#[test]
fn reliable_data_survives_a_lossy_network_in_order() {
    let mut world = World::pair(21, Connections::Single);
    let path = Path {
        loss: 0.1,
        burst: 1.0,
        delay: Duration::from_millis(10),
        jitter: Duration::from_millis(10),
        ..Path::default()
    };
    let receiver = world.clients[1].publisher.address;
    world.network.set_path(receiver, path);
    world.network.set_path(server(), path);
    for n in 0..100 {
        let text = format!("{n} {}", "x".repeat(3_000));
        while !world.clients[0].try_send_data("_reliable", &packet(&text, &[])) {
            world.run(Duration::from_millis(20));
        }
        world.pump();
        world.run(Duration::from_millis(20));
    }
    world.run(Duration::from_secs(20));
    let got = inbox(&mut world.clients[1]);
    let numbers: Vec<_> = got
        .iter()
        .map(|(.., text)| text.split(' ').next().expect("a number").to_owned())
        .collect();
    let expected: Vec<_> = (0..100).map(|n: u32| n.to_string()).collect();
    assert_eq!(numbers, expected);
    assert_eq!(world.node.counters().data_lost, 0);
}

#[test]
fn a_resume_restarts_ice_and_media_goes_on() {
    for connections in BOTH {
        let mut world = World::pair(22, connections);
        let (track, mid) = world.publish(0, MediaKind::Audio, &[]);
        world.subscribe(1, 0, &track);
        let section = world.clients[1].section_of(&track).expect("told where");
        let old = world.clients[1].last_offer.clone() + &world.clients[1].last_answer;

        // The receiver's signalling is cut while a second track is on its way to it.
        world.cut = true;
        let (second, _) = world.publish_unheard(0, MediaKind::Audio);
        world.ask(1, 0, &second);
        world.run(Duration::from_secs(1));
        world.cut = false;
        world.order(1, Action::Resume);
        if connections == Connections::Single {
            world.clients[1].restart = true;
            world.offer(1);
        }
        let bound = PeerEvent::Subscribed {
            track: second.clone(),
        };
        world.until("the second track is bound", |w| w.count(1, &bound) > 0);
        world.run(Duration::from_secs(2));

        let new = world.clients[1].last_offer.clone() + &world.clients[1].last_answer;
        let ufrag = |sdp: &str| {
            let at = sdp.find("a=ice-ufrag:").expect("credentials");
            sdp[at..].lines().next().expect("a line").to_owned()
        };
        assert_ne!(ufrag(&old), ufrag(&new), "new credentials");
        let ours = format!("a=ice-ufrag:{PREFIX}");
        assert!(old.contains(&ours) && new.contains(&ours), "{new}");
        assert!(world.clients[1].downlink().rtc.is_connected());
        let _ = world.clients[1].received(section);
        for _ in 0..50 {
            world.clients[0].send_audio(mid, 60);
            world.pump();
            world.run(Duration::from_millis(20));
        }
        assert_eq!(world.clients[1].received(section).len(), 50);
    }
}

#[test]
fn a_client_that_changes_address_keeps_its_media() {
    let mut world = World::pair(23, Connections::Single);
    let (track, mid) = world.publish(0, MediaKind::Audio, &[]);
    world.subscribe(1, 0, &track);
    let section = world.clients[1].section_of(&track).expect("told where");
    world.clients[1].publisher.translate_port(40_000);
    // One of its checks proves the new address, its next report goes from there.
    world.run(Duration::from_secs(5));
    let _ = world.clients[1].received(section);
    for _ in 0..50 {
        world.clients[0].send_audio(mid, 60);
        world.pump();
        world.run(Duration::from_millis(20));
    }
    assert_eq!(world.clients[1].received(section).len(), 50);
}

#[test]
fn a_silent_client_is_reported_and_nothing_is_sent_to_it() {
    let mut world = World::pair(24, Connections::Single);
    let dead = Path {
        loss: 1.0,
        ..Path::default()
    };
    world.network.set_path(server(), dead);
    let lost = PeerEvent::Disconnected {
        target: Target::Publisher,
    };
    world.until_within(Duration::from_secs(60), "consent expires", |w| {
        w.count(0, &lost) == 1 && w.count(1, &lost) == 1
    });
}

#[test]
fn nothing_remains_after_the_last_leave() {
    for connections in BOTH {
        let mut world = World::pair(25, connections);
        for publisher in 0..2 {
            for kind in [MediaKind::Audio, MediaKind::Video] {
                let (track, _) = world.publish(publisher, kind, &[]);
                world.subscribe(1 - publisher, publisher, &track);
            }
        }
        world.order(0, Action::Close);
        assert!(!world.node.is_empty());
        assert_eq!(world.node.participant_count(), 1);
        world.run(Duration::from_secs(1));
        assert!(
            world.clients[1].mid_to_track.is_empty(),
            "their tracks left with them"
        );
        world.order(1, Action::Close);
        assert!(world.node.is_empty());
        assert_eq!(world.node.deadline(), None);
        assert_eq!(world.node.room_count(), 0);
        // Late datagrams of the gone are strangers'.
        world.run(Duration::from_secs(1));
        assert!(world.node.is_empty());
    }
}

#[test]
fn a_reset_forgets_everything() {
    let mut world = World::pair(26, Connections::Dual);
    world.publish(0, MediaKind::Video, &["q", "h", "f"]);
    world.node.reset();
    assert!(world.node.is_empty());
    assert!(world.node.batch().is_empty() && world.node.poll_event().is_none());
}

#[test]
fn who_may_not_publish_is_not_heard() {
    for (media, data) in [(false, false), (true, false), (false, true)] {
        let mut world = World::pair(27, Connections::Single);
        let silent = world.clients.len();
        world.join_as(Connections::Single, media, data);
        world.until("it is connected", |w| w.clients[silent].receives());
        let (track, _) = world.publish(silent, MediaKind::Audio, &[]);
        let published = |(_, event): &(usize, PeerEvent)| matches!(event, PeerEvent::Published { track: of, .. } if *of == track);
        assert_eq!(world.events.iter().any(published), media);
        world.clients[silent].send_data("_reliable", &packet("psst", &[]));
        world.pump();
        world.run(Duration::from_secs(1));
        assert_eq!(inbox(&mut world.clients[0]).len(), usize::from(data));
    }
}

#[test]
fn a_refused_description_is_reported_and_harms_nobody_else() {
    let mut world = World::pair(28, Connections::Dual);
    let good = world.clients[1].last_offer.clone();
    let long = format!("v=0\r\n{}", "a=x\r\n".repeat(100_000));
    let clash = sdp_that_exhausts_payload_types();
    for sdp in [
        "",
        "hello",
        "m=audio\r\n",
        &good.replace("a=mid", "a=mud"),
        &long,
        &clash,
    ] {
        world.join(Connections::Dual);
        let bad = world.clients.len() - 1;
        let sdp = sdp.to_owned();
        world.order(
            bad,
            Action::Offer {
                id: 1,
                sdp: sdp.clone(),
            },
        );
        world.order(bad, Action::Answer { id: 1, sdp });
        let failed = |(of, event): &(usize, PeerEvent)| {
            *of == bad && matches!(event, PeerEvent::Failed { .. })
        };
        // The last one may be accepted; what counts is that the others do not notice.
        let _ = world.events.iter().any(failed);
        world.order(bad, Action::Close);
    }
    let failures = world.events.iter();
    let failures = failures.filter(|(_, event)| matches!(event, PeerEvent::Failed { .. }));
    assert!(failures.count() >= 5);
    let (track, _) = world.publish(0, MediaKind::Audio, &[]);
    world.subscribe(1, 0, &track);
}

/// Every payload type there is, in two sections that contradict each other.
fn sdp_that_exhausts_payload_types() -> String {
    let mut sdp =
        String::from("v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0 1\r\n");
    for (mid, codec) in [(0, "VP8/90000"), (1, "VP9/90000")] {
        let all: Vec<String> = (35..128).map(|pt| pt.to_string()).collect();
        sdp += &format!(
            "m=video 9 UDP/TLS/RTP/SAVPF {}\r\nc=IN IP4 0.0.0.0\r\n",
            all.join(" ")
        );
        sdp += "a=ice-ufrag:abcd\r\na=ice-pwd:abcdefghijklmnopqrstuvwx\r\na=setup:actpass\r\n";
        sdp += &format!("a=fingerprint:sha-256 {}\r\n", ["AB"; 32].join(":"));
        sdp += &format!("a=mid:{mid}\r\na=recvonly\r\na=rtcp-mux\r\n");
        for pt in all {
            sdp += &format!("a=rtpmap:{pt} {codec}\r\n");
        }
    }
    sdp
}

#[test]
fn orders_about_nobody_are_ignored() {
    let mut world = World::new(29);
    let track: Arc<str> = "TR_x".into();
    let actions = [
        Action::Resume,
        Action::Close,
        Action::Unpublish {
            track: track.clone(),
        },
        Action::Unsubscribe {
            track: track.clone(),
        },
        Action::SetMuted {
            track: track.clone(),
            muted: true,
        },
        Action::Subscribe {
            publisher: sid(9),
            track: track.clone(),
        },
        Action::TrackSettings {
            track: track.clone(),
            settings: TrackSettings {
                disabled: false,
                width: u32::MAX,
                height: u32::MAX,
                quality: Quality::High,
                pinned: false,
                fps: u32::MAX,
            },
        },
        Action::Answer {
            id: 7,
            sdp: "x".into(),
        },
    ];
    for action in actions.clone() {
        world.order(0, action);
        assert!(world.node.is_empty());
    }
    world.join(Connections::Dual);
    for action in actions {
        if action != Action::Close {
            world.order(0, action);
        }
    }
    // The same track twice, one's own track, a foreign publisher: nothing happens.
    for _ in 0..2 {
        world.order(
            0,
            Action::Publish(PublishTrack {
                sid: track.clone(),
                cid: "c".into(),
                kind: MediaKind::Video,
                source: sfu_core::Source::Unknown,
                preferred_codecs: vec![],
                layers: vec![],
                encrypted: false,
            }),
        );
    }
    world.order(
        0,
        Action::Subscribe {
            publisher: sid(0),
            track: track.clone(),
        },
    );
    world.order(
        0,
        Action::Subscribe {
            publisher: sid(3),
            track,
        },
    );
    world.order(0, Action::Close);
    assert!(world.node.is_empty());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Damaged copies of real datagrams and pure noise, from strangers and from known addresses.
    #[test]
    fn no_datagram_does_harm(
        seed: u64,
        noise in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..200), 50),
        flips in proptest::collection::vec((0_usize..1_200, any::<u8>()), 200),
    ) {
        let mut world = World::pair(seed, Connections::Single);
        let (track, mid) = world.publish(0, MediaKind::Audio, &[]);
        world.subscribe(1, 0, &track);
        let known = world.clients[0].publisher.address;
        let stranger = ([203, 0, 113, 9], 9).into();
        for bytes in &noise {
            for source in [known, stranger] {
                let protocol = Protocol::Udp;
                let datagram = Datagram { protocol, source, destination: server(), contents: bytes };
                world.node.datagram(world.now, datagram);
                world.pump();
            }
        }
        for (at, byte) in flips {
            world.clients[0].send_audio(mid, 60);
            for mut datagram in world.clients[0].take_transmits() {
                let len = datagram.contents.len().max(1);
                if let Some(target) = datagram.contents.get_mut(at % len) {
                    *target ^= byte;
                }
                let source = if byte & 1 == 0 { known } else { stranger };
                let contents = &datagram.contents;
                let protocol = Protocol::Udp;
                world.node.datagram(world.now, Datagram { protocol, source, destination: server(), contents });
                world.pump();
            }
        }
        prop_assert_eq!(world.node.participant_count(), 2);
        world.order(0, Action::Close);
        world.order(1, Action::Close);
        prop_assert!(world.node.is_empty());
    }

    /// Descriptions with lines lost, doubled or overwritten end at most the connection they are for.
    #[test]
    fn no_description_does_harm(
        seed: u64,
        edits in proptest::collection::vec((any::<usize>(), 0_u8..4, "[ -~]{0,12}"), 1..12),
    ) {
        let mut world = World::new(seed);
        world.join(Connections::Single);
        let mut client = Client::new(world.now, 1, Connections::Single);
        client.add_track(MediaKind::Video, "cid", &["q", "h", "f"]);
        client.add_track(MediaKind::Audio, "mic", &[]);
        let (id, sdp) = client.offer();
        let mut lines: Vec<String> = sdp.lines().map(str::to_owned).collect();
        for (at, how, text) in edits {
            let at = at % lines.len();
            match how {
                0 => { lines.remove(at); }
                1 => { let line = lines[at].clone(); lines.insert(at, line); }
                2 => lines[at] = text,
                _ => { let half = lines[at].len() / 2; lines[at].truncate(half); lines[at] += &text; }
            }
            if lines.is_empty() { break; }
        }
        let sdp = lines.join("\r\n") + "\r\n";
        let command = |action| Command { room: ROOM.into(), participant: "PA_bad".into(), action };
        for action in [
            Action::Open { identity: "bad".into(), connections: Connections::Single, publish: true, publish_data: true },
            Action::Offer { id, sdp: sdp.clone() },
            Action::Offer { id: id + 1, sdp },
            Action::Close,
        ] {
            world.node.command(world.now, command(action));
            world.node.batch().clear();
            while world.node.poll_event().is_some() {}
        }
        prop_assert_eq!(world.node.participant_count(), 1);
        world.order(0, Action::Close);
        prop_assert!(world.node.is_empty());
    }
}
