//! Media from a publisher to receivers, in both ways of connecting.

mod common;

use std::time::Duration;

use common::client::Client;
use common::video::{Seen, layers};
use common::{World, sid};
use sfu_core::{Action, Connections, Layer, MediaKind, PeerEvent, Quality, Target, TrackSettings};
use str0m::media::Mid;
use testkit::network::Path;

const BOTH: [Connections; 2] = [Connections::Dual, Connections::Single];
const FRAME: Duration = Duration::from_millis(33);

/// Sends `count` frames of every layer, the first of them keyframes if `key`.
fn film(world: &mut World, publisher: usize, mid: Mid, rids: &[&str], count: usize, key: bool) {
    for frame in 0..count {
        for rid in rids {
            let rid = (!rid.is_empty()).then_some(*rid);
            world.clients[publisher].send_frame(mid, rid, key && frame == 0, 2);
        }
        world.pump();
        world.run(FRAME);
    }
}

/// Answers keyframe requests while filming, like an encoder.
fn film_live(world: &mut World, publisher: usize, mid: Mid, rids: &[&str], count: usize) {
    for _ in 0..count {
        let asked = std::mem::take(&mut world.clients[publisher].publisher.keyframe_requests);
        for rid in rids {
            let key = asked
                .iter()
                .any(|request| request.rid.as_deref().unwrap_or("") == *rid);
            let rid = (!rid.is_empty()).then_some(*rid);
            world.clients[publisher].send_frame(mid, rid, key, 2);
        }
        world.pump();
        world.run(FRAME);
    }
}

fn assert_unbroken(seen: &[(u64, Seen)]) {
    for pair in seen.windows(2) {
        assert_eq!(pair[0].0 + 1, pair[1].0, "no gap in sequence numbers");
        let (a, b) = (pair[0].1, pair[1].1);
        let new_frame = u16::from(b.start);
        assert_eq!(
            (a.picture_id + new_frame) & 0x7fff,
            b.picture_id,
            "{a:?} {b:?}"
        );
        assert_eq!(a.tl0.wrapping_add(b.start.into()), b.tl0, "{a:?} {b:?}");
    }
}

#[test]
fn a_published_track_reaches_a_subscriber_unbroken() {
    for connections in BOTH {
        let mut world = World::pair(1, connections);
        let (track, mid) = world.publish(0, MediaKind::Video, &[]);
        let published = PeerEvent::Published {
            track: track.clone(),
            mid: mid.to_string(),
            mime: "video/VP8".into(),
            rids: vec![],
        };
        assert_eq!(world.count(0, &published), 1);
        world.subscribe(1, 0, &track);
        let section = world.clients[1].section_of(&track).expect("told where");

        film(&mut world, 0, mid, &[""], 3, false);
        film(&mut world, 0, mid, &[""], 30, true);

        let seen = world.clients[1].seen(section);
        assert_eq!(
            seen.len(),
            60,
            "all from the keyframe on, nothing before it"
        );
        assert!(seen[0].1.key && seen[0].1.start);
        assert_unbroken(&seen);
    }
}

#[test]
fn descriptions_name_track_and_participant() {
    for connections in BOTH {
        let mut world = World::pair(2, connections);
        let (track, _) = world.publish(0, MediaKind::Audio, &[]);
        world.subscribe(1, 0, &track);
        let client = &world.clients[1];
        let sdp = match connections {
            Connections::Dual => &client.last_offer,
            Connections::Single => &client.last_answer,
        };
        let msid = format!("a=msid:PA_0|{track} {track}\r\n");
        assert!(sdp.contains(&msid), "{sdp}");
        assert!(sdp.contains("a=ice-lite"));
        if connections == Connections::Single {
            // The spare sections carry nothing.
            assert!(sdp.contains("a=inactive"));
        }
    }
}

#[test]
fn audio_arrives_with_its_level_and_speakers_are_told() {
    let mut world = World::pair(3, Connections::Dual);
    let (track, mid) = world.publish(0, MediaKind::Audio, &[]);
    world.subscribe(1, 0, &track);
    let section = world.clients[1].section_of(&track).expect("told where");
    for _ in 0..60 {
        world.clients[0].send_audio(mid, 20);
        world.pump();
        world.run(Duration::from_millis(20));
    }
    let packets = world.clients[1].received(section);
    assert_eq!(packets.len(), 60);
    let levels = packets.iter().map(|p| p.header.ext_vals.audio_level);
    assert!(levels.into_iter().all(|level| level == Some(-20)));
    let first = world.speakers.first().expect("somebody speaks");
    assert_eq!(first[0].participant, sid(0));
    assert!((first[0].level - 0.1).abs() < 0.01);
    assert_eq!(world.speakers.len(), 1, "steady speech is told once");

    world.run(Duration::from_secs(3));
    assert_eq!(world.speakers.last(), Some(&vec![]), "silence is told");
}

fn shown(width: u32) -> TrackSettings {
    TrackSettings {
        disabled: false,
        width,
        height: width * 9 / 16,
        quality: Quality::Low,
        ..TrackSettings::default()
    }
}

#[test]
fn layers_change_on_keyframes_with_continuous_descriptors() {
    for connections in BOTH {
        let mut world = World::pair(4, connections);
        let rids = ["q", "h", "f"];
        let (track, mid) = world.publish(0, MediaKind::Video, &rids);
        world.subscribe(1, 0, &track);
        let section = world.clients[1].section_of(&track).expect("told where");

        let mut tags = Vec::new();
        let mut all = Vec::new();
        for (width, tag) in [(1280, 3), (160, 1), (640, 2), (1280, 3)] {
            world.settings(1, &track, shown(width));
            film_live(&mut world, 0, mid, &rids, 60);
            let seen = world.clients[1].seen(section);
            assert_eq!(seen.last().expect("media").1.tag, tag, "width {width}");
            tags.push(tag);
            all.extend(seen);
        }
        assert_unbroken(&all);
        for pair in all.windows(2) {
            let (a, b) = (pair[0].1, pair[1].1);
            assert!(
                a.tag == b.tag || (b.key && b.start),
                "switched inside a run"
            );
        }
        world.settings(
            1,
            &track,
            TrackSettings {
                disabled: true,
                ..shown(0)
            },
        );
        film_live(&mut world, 0, mid, &rids, 10);
        let _ = world.clients[1].seen(section);
        film_live(&mut world, 0, mid, &rids, 10);
        assert!(
            world.clients[1].seen(section).is_empty(),
            "hidden: nothing flows"
        );
    }
}

/// The publisher turns to another camera: what it sends now, not what it announced, is compared
/// with what is shown.
#[test]
fn layers_of_other_sizes_are_chosen_by_their_new_sizes() {
    let mut world = World::pair(24, Connections::Dual);
    let rids = ["q", "h", "f"];
    let (track, mid) = world.publish(0, MediaKind::Video, &rids);
    world.subscribe(1, 0, &track);
    let section = world.clients[1].section_of(&track).expect("told where");
    let seen = |world: &mut World| {
        film_live(world, 0, mid, &rids, 30);
        let seen = world.clients[1].seen(section);
        seen.last().expect("media").1.tag
    };
    // Of 320, 640 and 1280 announced.
    world.settings(1, &track, shown(640));
    assert_eq!(seen(&mut world), 2);
    let sized = |widths: [u32; 3]| {
        let layers = layers(3).into_iter().zip(widths);
        let layers = layers.map(|(layer, width)| Layer {
            width,
            height: width * 9 / 16,
            ..layer
        });
        Action::SetLayers {
            track: track.clone(),
            layers: layers.collect(),
        }
    };
    world.order(0, sized([640, 1280, 1920]));
    assert_eq!(seen(&mut world), 1);
    world.order(0, sized([160, 320, 640]));
    assert_eq!(seen(&mut world), 3);
    world.order(1, sized([640, 1280, 1920]));
    assert_eq!(seen(&mut world), 3, "the track of another");
}

#[test]
fn a_layer_that_stops_is_replaced() {
    let mut world = World::pair(5, Connections::Dual);
    let (track, mid) = world.publish(0, MediaKind::Video, &["q", "h", "f"]);
    world.subscribe(1, 0, &track);
    let section = world.clients[1].section_of(&track).expect("told where");
    film_live(&mut world, 0, mid, &["q", "h", "f"], 60);
    assert_eq!(
        world.clients[1].seen(section).last().expect("media").1.tag,
        3
    );
    film_live(&mut world, 0, mid, &["q", "h"], 90);
    assert_eq!(
        world.clients[1].seen(section).last().expect("media").1.tag,
        2
    );
}

#[test]
fn loss_on_both_ways_is_repaired() {
    for connections in BOTH {
        let mut world = World::pair(6, connections);
        let (track, mid) = world.publish(0, MediaKind::Video, &[]);
        world.subscribe(1, 0, &track);
        let section = world.clients[1].section_of(&track).expect("told where");
        film(&mut world, 0, mid, &[""], 10, true);

        let lossy = Path {
            loss: 0.05,
            burst: 1.0,
            delay: Duration::from_millis(20),
            jitter: Duration::from_millis(10),
            ..Path::default()
        };
        world.network.set_path(common::server(), lossy);
        let receiver = world.clients[1].downlink().address;
        world.network.set_path(receiver, lossy);
        film(&mut world, 0, mid, &[""], 300, false);
        world.network.set_path(common::server(), Path::default());
        world.network.set_path(receiver, Path::default());
        film(&mut world, 0, mid, &[""], 10, false);
        world.run(Duration::from_secs(1));

        let seen = world.clients[1].seen(section);
        let (sent, lost) = world.network.counts();
        assert!(lost > 30, "{lost} of {sent} lost: the network did its part");
        assert_eq!(seen.len(), 640);
        assert_unbroken(&seen);
    }
}

#[test]
fn many_who_need_a_keyframe_ask_once() {
    let mut world = World::pair(7, Connections::Dual);
    for _ in 0..4 {
        world.join(Connections::Dual);
    }
    world.until("all are connected", |w| {
        w.clients.iter().all(Client::receives)
    });
    let (track, mid) = world.publish(0, MediaKind::Video, &[]);
    // Too old a keyframe to begin with, see `joining`.
    film(&mut world, 0, mid, &[""], 20, true);
    for receiver in 1..6 {
        world.subscribe(receiver, 0, &track);
    }
    film(&mut world, 0, mid, &[""], 2, false);
    let asked = |w: &World| w.clients[0].publisher.keyframe_requests.len();
    assert_eq!(asked(&world), 1, "five subscribers, one request");
    film(&mut world, 0, mid, &[""], 1, true);
    world.run(Duration::from_secs(2));
    assert_eq!(asked(&world), 1, "the keyframe came: nobody asks again");

    for receiver in 1..6 {
        let section = world.clients[receiver].section_of(&track).expect("told");
        world.clients[receiver].request_keyframe(section);
    }
    world.pump();
    world.run(Duration::from_millis(400));
    assert_eq!(asked(&world), 2, "five requests at once go out as one");
}

#[test]
fn a_muted_track_is_not_forwarded_and_comes_back_unbroken() {
    let mut world = World::pair(8, Connections::Single);
    let (track, mid) = world.publish(0, MediaKind::Video, &[]);
    world.subscribe(1, 0, &track);
    let section = world.clients[1].section_of(&track).expect("told where");
    film(&mut world, 0, mid, &[""], 10, true);
    let mute = |muted| Action::SetMuted {
        track: track.clone(),
        muted,
    };
    world.order(0, mute(true));
    film(&mut world, 0, mid, &[""], 50, false);
    let mut seen = world.clients[1].seen(section);
    assert_eq!(seen.len(), 20);
    world.order(0, mute(false));
    film_live(&mut world, 0, mid, &[""], 30);
    let after = world.clients[1].seen(section);
    assert!(after.len() > 40 && after[0].1.key);
    seen.extend(after);
    assert_unbroken(&seen);
}

#[test]
fn a_section_used_again_goes_on_counting() {
    for connections in BOTH {
        let mut world = World::pair(9, connections);
        let mut all = Vec::new();
        let mut sections = Vec::new();
        for _ in 0..5 {
            let (track, mid) = world.publish(0, MediaKind::Video, &[]);
            world.subscribe(1, 0, &track);
            let section = world.clients[1].section_of(&track).expect("told where");
            film_live(&mut world, 0, mid, &[""], 20);
            let seen = world.clients[1].seen(section);
            assert!(seen.len() > 20);
            all.extend(seen);
            sections.push(section);
            world.order(0, Action::Unpublish { track });
            world.run(Duration::from_millis(100));
            assert!(world.clients[1].mid_to_track.is_empty());
        }
        sections.dedup();
        assert_eq!(sections.len(), 1, "one section serves them all");
        assert_unbroken(&all);
    }
}

#[test]
fn sections_are_asked_for_when_they_run_out() {
    let mut world = World::pair(10, Connections::Single);
    let tracks: Vec<_> = (0..3)
        .map(|_| world.publish(0, MediaKind::Video, &[]).0)
        .collect();
    for track in &tracks {
        world.subscribe(1, 0, track);
    }
    assert_eq!(world.clients[1].mid_to_track.len(), 3);
    let asked = &world.clients[1].sections_asked;
    assert_eq!(asked.iter().map(|(audios, _)| audios).sum::<u32>(), 0);
    assert_eq!(asked.iter().map(|(_, videos)| videos).sum::<u32>(), 2);
}

#[test]
fn the_answer_is_ordered_by_the_announced_codec() {
    let mut world = World::pair(11, Connections::Dual);
    let (track, mid) = world.publish_with(0, MediaKind::Video, &[], &["vp9"]);
    let published = PeerEvent::Published {
        track,
        mid: mid.to_string(),
        mime: "video/VP9".into(),
        rids: vec![],
    };
    assert_eq!(world.count(0, &published), 1);
}

#[test]
fn viewers_decide_what_is_encoded() {
    let mut world = World::pair(12, Connections::Dual);
    let (track, _) = world.publish(0, MediaKind::Video, &["q", "h", "f"]);
    world.subscribe(1, 0, &track);
    let wanted = |quality| PeerEvent::Wanted {
        track: track.clone(),
        codec: "vp8".into(),
        quality,
    };
    world.settings(1, &track, shown(160));
    world.run(Duration::from_secs(4));
    assert_eq!(
        world.count(0, &wanted(Some(Quality::Low))),
        0,
        "less is told late"
    );
    world.run(Duration::from_secs(2));
    assert_eq!(world.count(0, &wanted(Some(Quality::Low))), 1);
    world.settings(1, &track, shown(1280));
    world.run(Duration::from_millis(300));
    assert_eq!(
        world.count(0, &wanted(Some(Quality::High))),
        1,
        "more at once"
    );
    world.order(
        1,
        Action::Unsubscribe {
            track: track.clone(),
        },
    );
    world.run(Duration::from_secs(6));
    assert_eq!(world.count(0, &wanted(None)), 1);
}

#[test]
fn connections_and_their_quality_are_told() {
    for connections in BOTH {
        let mut world = World::pair(13, connections);
        world.run(Duration::from_secs(2));
        let target = match connections {
            Connections::Dual => Target::Subscriber,
            Connections::Single => Target::Publisher,
        };
        assert_eq!(world.count(1, &PeerEvent::Connected { target }), 1);
        let quality = |(_, event): &(usize, PeerEvent)| matches!(event, PeerEvent::Quality { .. });
        assert!(world.events.iter().any(quality));
    }
}

#[test]
fn a_track_whose_section_falls_silent_is_unpublished_and_freed() {
    for connections in BOTH {
        let mut world = World::pair(23, connections);
        let (track, mid) = world.publish(0, MediaKind::Video, &[]);
        world.subscribe(1, 0, &track);
        let gone = PeerEvent::Unpublished {
            track: track.clone(),
        };
        world.publish(0, MediaKind::Audio, &[]);
        assert_eq!(
            world.count(0, &gone),
            0,
            "an offer that repeats the track keeps it"
        );

        world.clients[0].stop_track("cid1");
        world.offer(0);
        assert_eq!(world.count(0, &gone), 1);
        world.until("the receiver's section is free", |world| {
            world.clients[1].section_of(&track).is_none()
        });
        let before = world.clients[1].downlink().packets.len();
        film(&mut world, 0, mid, &[""], 3, true);
        assert_eq!(world.clients[1].downlink().packets.len(), before);

        let (next, _) = world.publish(0, MediaKind::Video, &[]);
        world.subscribe(1, 0, &next);
    }
}

/// Layers of some 140, 430 and 1,150 kbit/s.
fn film_by_size(world: &mut World, publisher: usize, mid: Mid, count: usize) {
    for _ in 0..count {
        let asked = std::mem::take(&mut world.clients[publisher].publisher.keyframe_requests);
        for (rid, packets) in [("q", 1), ("h", 3), ("f", 8)] {
            let key = asked.iter().any(|r| r.rid.as_deref() == Some(rid));
            world.clients[publisher].send_frame(mid, Some(rid), key, packets);
        }
        world.pump();
        world.run(FRAME);
    }
}

#[test]
fn layers_follow_the_receivers_bandwidth_down_and_up() {
    let mut world = World::pair(14, Connections::Dual);
    let (track, mid) = world.publish(0, MediaKind::Video, &["q", "h", "f"]);
    world.subscribe(1, 0, &track);
    let section = world.clients[1].section_of(&track).expect("told where");
    let receiver = world.clients[1].downlink().address;
    let tag = |world: &mut World| {
        let seen = world.clients[1].seen(section);
        seen.last().expect("media flows").1.tag
    };

    film_by_size(&mut world, 0, mid, 300);
    assert_eq!(tag(&mut world), 3, "room enough for the best");
    let narrow = Path {
        bandwidth: Some(350_000),
        ..Path::default()
    };
    world.network.set_path(receiver, narrow);
    film_by_size(&mut world, 0, mid, 600);
    assert_eq!(tag(&mut world), 1, "only the smallest fits");
    world.network.set_path(receiver, Path::default());
    film_by_size(&mut world, 0, mid, 1_200);
    assert_eq!(tag(&mut world), 3, "it climbs back by itself");
}
