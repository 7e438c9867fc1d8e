use std::sync::Arc;
use std::time::Duration;

use auth::media::Grant;
use bus::media::{Connections, FromSfu, ToSfu, TrackSid};
use livekit_protocol as lk;
use lk::request_response::Reason;

use super::harness::*;
use crate::room::{Limits, Request, Response};

fn position(messages: &[Response], wanted: impl Fn(&Response) -> bool) -> usize {
    let found = messages.iter().position(wanted);
    found.unwrap_or_else(|| panic!("not among {messages:?}"))
}

#[test]
fn a_track_is_confirmed_at_once_and_shown_once_it_has_media() {
    let mut house = House::new();
    let (ann, bob) = (house.join(ANN), house.join(BOB));
    house.hush();
    house.say(&ann, Request::AddTrack(camera("cam")));
    let heard = house.heard(&ann);
    let [Response::TrackPublished(published)] = heard.as_slice() else {
        panic!("TrackPublished alone: {heard:?}");
    };
    let info = published.track.clone().expect("track");
    assert_eq!(published.cid, "cam");
    assert!(info.sid.starts_with("TR_"));
    assert_eq!((info.width, info.mime_type.as_str()), (1280, "video/VP8"));
    assert!(house.heard(&bob).is_empty(), "nothing to see without media");
    let sid: TrackSid = info.sid.into();
    assert!(matches!(
        house.told_sfu().as_slice(),
        [ToSfu::Publish { track, .. }] if track.sid == sid && track.cid == "cam"
    ));

    house.bind(&ann, &sid);
    // Publisher and others alike, and before the subscription that makes the SDP.
    for client in [&ann, &bob] {
        let seen = update(&house.heard(client));
        assert_eq!(
            (seen[0].sid.as_str(), seen[0].tracks[0].sid.as_str()),
            (ann.sid.as_str(), &*sid)
        );
        assert_eq!(seen[0].tracks[0].mid, "0");
    }
    assert!(matches!(
        house.told_sfu().as_slice(),
        [ToSfu::Subscribe { participant, publisher, track, .. }]
            if **participant == *bob.sid && **publisher == *ann.sid && *track == sid
    ));
}

#[test]
fn the_update_reaches_a_subscriber_before_the_offer_with_the_track() {
    let mut house = House::new();
    let (ann, bob) = (house.join(ANN), house.join(BOB));
    house.hush();
    let track = house.publish(&ann, "cam");
    house.sfu(FromSfu::Offer {
        room: VISIT.into(),
        participant: bob.sid.as_str().into(),
        id: 2,
        sdp: "v=0".into(),
        mid_to_track: vec![("1".into(), Arc::clone(&track))],
    });
    let heard = house.heard(&bob);
    let update = position(&heard, |message| matches!(message, Response::Update(_)));
    let offer = position(&heard, |message| matches!(message, Response::Offer(_)));
    assert!(update < offer);
    let Response::Offer(offer) = &heard[offer] else {
        unreachable!("just found")
    };
    assert_eq!((offer.id, offer.r#type.as_str()), (2, "offer"));
    assert_eq!(offer.mid_to_track_id["1"], *track);
}

#[test]
fn an_offer_may_come_before_the_announcement() {
    let mut house = House::new();
    let ann = house.join(ANN);
    house.hush();
    let offer = lk::SessionDescription {
        r#type: "offer".into(),
        sdp: "v=0".into(),
        id: 1,
        ..Default::default()
    };
    house.say(&ann, Request::Offer(offer));
    house.say(&ann, Request::AddTrack(camera("cam")));
    let told = house.told_sfu();
    assert!(matches!(
        told.as_slice(),
        [ToSfu::Offer { id: 1, .. }, ToSfu::Publish { .. }]
    ));
    house.sfu(FromSfu::Answer {
        room: VISIT.into(),
        participant: ann.sid.as_str().into(),
        id: 1,
        sdp: "v=0".into(),
        mid_to_track: vec![],
    });
    let heard = house.heard(&ann);
    assert!(
        matches!(&heard[..], [Response::TrackPublished(_), Response::Answer(answer)] if answer.id == 1)
    );
}

#[test]
fn a_repeated_announcement_gets_the_same_answer() {
    let mut house = House::new();
    let ann = house.join(ANN);
    house.hush();
    house.say(&ann, Request::AddTrack(camera("cam")));
    house.say(&ann, Request::AddTrack(camera("cam")));
    let heard = house.heard(&ann);
    assert_eq!(heard.len(), 2);
    assert_eq!(heard[0], heard[1]);
    assert_eq!(house.rooms.census().tracks, 1);
}

#[test]
fn an_announced_track_without_media_is_taken_back() {
    let mut house = House::new();
    let ann = house.join(ANN);
    house.say(&ann, Request::AddTrack(camera("cam")));
    house.hush();
    house.wait(Limits::default().publish);
    assert!(matches!(
        house.heard(&ann).as_slice(),
        [Response::TrackUnpublished(_)]
    ));
    assert!(matches!(
        house.told_sfu().as_slice(),
        [ToSfu::Unpublish { .. }]
    ));
    assert_eq!(house.rooms.census().tracks, 0);
    // One that found its section stays.
    let track = house.publish(&ann, "cam");
    house.wait(Duration::from_secs(3600));
    assert_eq!(house.rooms.census().tracks, 1, "{track}");
}

#[test]
fn mute_is_told_to_all_and_to_the_sfu() {
    let mut house = House::new();
    let (ann, bob) = (house.join(ANN), house.join(BOB));
    let track = house.publish(&ann, "cam");
    house.hush();
    let mute = |muted| {
        Request::Mute(lk::MuteTrackRequest {
            sid: track.to_string(),
            muted,
        })
    };
    house.say(&ann, mute(true));
    assert!(update(&house.heard(&bob))[0].tracks[0].muted);
    assert!(update(&house.heard(&ann))[0].tracks[0].muted);
    assert!(matches!(
        house.told_sfu().as_slice(),
        [ToSfu::SetMuted { muted: true, .. }]
    ));
    house.say(&ann, mute(true));
    assert!(
        house.heard(&bob).is_empty() && house.told_sfu().is_empty(),
        "no change"
    );
    // Nobody mutes somebody else.
    house.say(&bob, mute(false));
    let heard = house.heard(&bob);
    assert!(matches!(
        &heard[..],
        [Response::RequestResponse(answer)] if answer.reason == Reason::NotFound as i32
    ));
    assert!(house.told_sfu().is_empty());
}

#[test]
fn without_the_right_nothing_is_published() {
    let mut house = House::new();
    let mut join = joining(VISIT, EVE, Connections::Dual);
    join.grant = Grant {
        can_publish: false,
        ..join.grant
    };
    let eve = house.join_as(join);
    assert!(matches!(
        &house.told_sfu()[0],
        ToSfu::Open { publish: false, .. }
    ));
    house.hush();
    house.say(&eve, Request::AddTrack(camera("cam")));
    let heard = house.heard(&eve);
    assert!(matches!(
        &heard[..],
        [Response::RequestResponse(answer)] if answer.reason == Reason::NotAllowed as i32
    ));
    assert!(house.told_sfu().is_empty());
}

#[test]
fn tracks_are_bounded_and_odd_ones_refused() {
    let limits = Limits {
        tracks: 2,
        ..Limits::default()
    };
    let mut house = House::with_limits(limits);
    let ann = house.join(ANN);
    house.hush();
    let mut reason = |request: lk::AddTrackRequest| {
        house.say(&ann, Request::AddTrack(request));
        match house.heard(&ann).pop() {
            Some(Response::RequestResponse(answer)) => Some(answer.reason),
            Some(Response::TrackPublished(_)) => None,
            other => panic!("unexpected {other:?}"),
        }
    };
    let data = lk::AddTrackRequest {
        r#type: lk::TrackType::Data as i32,
        ..camera("data")
    };
    assert_eq!(reason(data), Some(Reason::UnsupportedType as i32));
    assert_eq!(reason(camera("")), Some(Reason::InvalidRequest as i32));
    assert_eq!(reason(camera("a")), None);
    assert_eq!(reason(camera("b")), None);
    assert_eq!(reason(camera("c")), Some(Reason::LimitExceeded as i32));
}

#[test]
fn an_unpublished_track_disappears_without_a_word_to_its_publisher() {
    let mut house = House::new();
    let (ann, bob) = (house.join(ANN), house.join(BOB));
    let track = house.publish(&ann, "screen");
    house.hush();
    house.sfu(FromSfu::Unpublished {
        room: VISIT.into(),
        participant: ann.sid.as_str().into(),
        track: Arc::clone(&track),
    });
    assert!(update(&house.heard(&bob))[0].tracks.is_empty());
    let heard = house.heard(&ann);
    assert!(
        !heard
            .iter()
            .any(|message| matches!(message, Response::TrackUnpublished(_)))
    );
    assert!(house.told_sfu().is_empty(), "the SFU knows");
    // The same camera again is another track.
    assert_ne!(house.publish(&ann, "screen"), track);
}
