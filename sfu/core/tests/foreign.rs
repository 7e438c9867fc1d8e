//! Descriptions as other clients write them: Firefox and the native SDKs.

mod common;

use std::sync::Arc;

use common::{World, client::Client};
use sfu_core::{Action, Connections, MediaKind, PeerEvent, PublishTrack};

#[test]
fn a_native_clients_track_is_found_by_its_name() {
    let mut world = World::pair(15, Connections::Single);
    let track: Arc<str> = "TR_native".into();
    world.order(
        0,
        Action::Publish(PublishTrack {
            sid: track.clone(),
            cid: "microphone".into(),
            kind: MediaKind::Audio,
            source: sfu_core::Source::Unknown,
            preferred_codecs: vec![],
            layers: vec![],
            encrypted: false,
        }),
    );
    world.clients[0].add_track(MediaKind::Audio, "speaker", &[]);
    world.clients[0].add_track(MediaKind::Audio, "microphone", &[]);
    let (id, sdp) = world.clients[0].offer();
    let sdp = sdp.replace("a=msid:stream ", "a=msid:- ");
    assert!(sdp.contains("a=msid:- microphone"));
    world.order(0, Action::Offer { id, sdp });
    let mid = world.clients[0].mid_of("microphone");
    let published = PeerEvent::Published {
        track,
        mid: mid.to_string(),
        mime: "audio/opus".into(),
        rids: vec![],
    };
    assert_eq!(world.count(0, &published), 1);
}

#[test]
fn a_section_under_another_track_id_is_taken_by_the_announcement_that_has_none() {
    let mut world = World::pair(16, Connections::Single);
    let announce = |world: &mut World, sid: &str, codec: &str| {
        world.order(
            0,
            Action::Publish(PublishTrack {
                sid: sid.into(),
                cid: format!("announced as {sid}"),
                kind: MediaKind::Video,
                source: sfu_core::Source::Unknown,
                preferred_codecs: vec![codec.into()],
                layers: vec![],
                encrypted: false,
            }),
        );
    };
    let published = |world: &World, sid: &str, cid: &str, mime: &str| PeerEvent::Published {
        track: sid.into(),
        mid: world.clients[0].mid_of(cid).to_string(),
        mime: mime.into(),
        rids: vec![],
    };
    announce(&mut world, "TR_camera", "vp9");
    world.clients[0].add_track(MediaKind::Video, "of-its-own-making", &[]);
    world.offer(0);
    let camera = published(&world, "TR_camera", "of-its-own-making", "video/VP9");
    assert_eq!(world.count(0, &camera), 1);

    // A second one does not take the first one's section, nor the first the second's.
    announce(&mut world, "TR_screen", "h264");
    world.clients[0].add_track(MediaKind::Video, "another", &[]);
    world.offer(0);
    let screen = published(&world, "TR_screen", "another", "video/H264");
    assert_eq!(world.count(0, &screen), 1);
    assert_eq!(world.count(0, &camera), 1);
}

#[test]
fn an_answer_without_a_number_is_to_the_offer_that_waits() {
    let mut world = World::new(17);
    world.answers_numbered = false;
    for _ in 0..2 {
        world.join(Connections::Dual);
    }
    world.until("both receive", |w| w.clients.iter().all(Client::receives));
    let (track, _) = world.publish(0, MediaKind::Audio, &[]);
    world.subscribe(1, 0, &track);
    assert!(world.clients[1].section_of(&track).is_some());
}
