use std::collections::HashMap;

use auth::media::Grant;
use bus::media::{Connections, Layer, Quality, ToSfu};
use livekit_protocol as lk;
use lk::request_response::Reason;

use super::harness::*;
use crate::room::{Request, Response};

fn change(
    name: &str,
    metadata: &str,
    attributes: &[(&str, &str)],
) -> lk::UpdateParticipantMetadata {
    let attributes = attributes.iter();
    lk::UpdateParticipantMetadata {
        name: name.into(),
        metadata: metadata.into(),
        attributes: attributes
            .map(|(name, value)| ((*name).into(), (*value).into()))
            .collect(),
        request_id: 7,
    }
}

/// What the client is answered.
fn answer(house: &mut House, client: &Client, change: lk::UpdateParticipantMetadata) -> Reason {
    house.say(client, Request::UpdateMetadata(change));
    match house.heard(client).pop() {
        Some(Response::RequestResponse(answer)) => {
            assert_eq!(answer.request_id, 7);
            answer.reason()
        }
        other => panic!("an answer must come last: {other:?}"),
    }
}

#[test]
fn name_metadata_and_attributes_reach_everybody() {
    let mut house = House::new();
    let (ann, bob) = (house.join(ANN), house.join(BOB));
    house.hush();
    let first = change("Ann", "{\"a\":1}", &[("hand", "up"), ("lang", "fr")]);
    assert_eq!(answer(&mut house, &ann, first), Reason::Ok);
    let seen = update(&house.heard(&bob)).remove(0);
    assert_eq!(
        (seen.name.as_str(), seen.metadata.as_str()),
        ("Ann", "{\"a\":1}")
    );
    let expected = [("hand", "up"), ("lang", "fr"), ("role", "clinician")];
    let attributes: HashMap<String, String> = expected
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into();
    assert_eq!(seen.attributes, attributes);
    // What is not named stays, what is empty goes; the version grows.
    let second = change("", "", &[("hand", "")]);
    assert_eq!(answer(&mut house, &ann, second.clone()), Reason::Ok);
    let later = update(&house.heard(&bob)).remove(0);
    assert_eq!((later.name.as_str(), later.attributes.len()), ("Ann", 2));
    assert!(later.version > seen.version);
    assert_eq!(answer(&mut house, &ann, second), Reason::Ok);
    assert_eq!(house.heard(&bob), [], "nothing changed");
    // A latecomer sees it from the start.
    let eve = house.join(EVE);
    let heard = house.heard(&eve);
    let Some(Response::Join(join)) = heard.first() else {
        panic!("{heard:?}")
    };
    let others = &join.other_participants;
    assert!(others.iter().any(|info| info.name == "Ann"));
}

#[test]
fn nobody_changes_the_role_that_the_token_gave() {
    let mut house = House::new();
    let (ann, bob) = (house.join(ANN), house.join(BOB));
    house.hush();
    for other in ["patient", ""] {
        let lie = change("", "", &[("role", other), ("hand", "up")]);
        assert_eq!(answer(&mut house, &ann, lie), Reason::NotAllowed);
    }
    assert_eq!(house.heard(&bob), []);
    let repeated = change("", "", &[("role", "clinician"), ("hand", "up")]);
    assert_eq!(answer(&mut house, &ann, repeated), Reason::Ok);
    let seen = update(&house.heard(&bob)).remove(0);
    assert_eq!(seen.attributes["role"], "clinician");
}

#[test]
fn without_the_right_nothing_is_changed() {
    let mut house = House::new();
    let mut join = joining(VISIT, EVE, Connections::Dual);
    join.grant = Grant {
        can_update_own_metadata: false,
        ..join.grant
    };
    let (eve, bob) = (house.join_as(join), house.join(BOB));
    let heard = house.heard(&eve);
    let Some(Response::Join(join)) = heard.first() else {
        panic!("{heard:?}")
    };
    let me = join.participant.clone().expect("a participant");
    assert!(!me.permission.expect("permission").can_update_metadata);
    house.hush();
    let tried = answer(&mut house, &eve, change("Eve", "", &[]));
    assert_eq!(tried, Reason::NotAllowed);
    assert_eq!(house.heard(&bob), []);
}

#[test]
fn a_profile_is_bounded_and_an_update_is_whole_or_nothing() {
    let mut house = House::new();
    let (ann, bob) = (house.join(ANN), house.join(BOB));
    house.hush();
    let long = "x".repeat(16 * 1024 + 1);
    for change in [
        change(&long, "", &[]),
        change("Ann", &long, &[]),
        change("Ann", "", &[("a", &long)]),
    ] {
        assert_eq!(answer(&mut house, &ann, change), Reason::LimitExceeded);
    }
    // Many small ones add up.
    let half = "x".repeat(9 * 1024);
    let first = change("", "", &[("a", &half)]);
    assert_eq!(answer(&mut house, &ann, first), Reason::Ok);
    let second = change("", "", &[("b", &half)]);
    assert_eq!(answer(&mut house, &ann, second), Reason::LimitExceeded);
    let seen = update(&house.heard(&bob));
    assert_eq!((seen[0].name.as_str(), seen[0].attributes.len()), ("", 2));
}

#[test]
fn size_layers_and_features_of_a_track_are_shown_as_they_change() {
    let mut house = House::new();
    let (ann, bob) = (house.join(ANN), house.join(BOB));
    let track = house.publish(&ann, "cam");
    house.hush();
    let track_sid = track.to_string();
    let turned = lk::UpdateLocalVideoTrack {
        track_sid: track_sid.clone(),
        width: 720,
        height: 1280,
    };
    house.say(&ann, Request::UpdateVideoTrack(turned.clone()));
    let seen = update(&house.heard(&bob)).remove(0).tracks.remove(0);
    assert_eq!((seen.width, seen.height), (720, 1280));
    house.say(&ann, Request::UpdateVideoTrack(turned.clone()));
    assert_eq!(house.heard(&bob), [], "no change");
    house.say(&bob, Request::UpdateVideoTrack(turned));
    let heard = house.heard(&bob);
    assert!(
        matches!(heard.as_slice(), [Response::RequestResponse(answer)]
            if answer.reason() == Reason::NotFound),
        "no track of Bob's: {heard:?}"
    );
    let features = lk::UpdateLocalAudioTrack {
        track_sid,
        features: vec![lk::AudioTrackFeature::TfEchoCancellation as i32; 100],
    };
    house.say(&ann, Request::UpdateAudioTrack(features));
    let seen = update(&house.heard(&bob)).remove(0).tracks.remove(0);
    assert_eq!(seen.audio_features.len(), 8, "bounded");
}

#[test]
#[expect(deprecated, reason = "clients still send it")]
fn layers_of_a_track_are_shown_and_chosen_by_as_they_change() {
    let mut house = House::new();
    let (ann, bob) = (house.join(ANN), house.join(BOB));
    let track = house.publish(&ann, "cam");
    house.hush();
    let track_sid = track.to_string();
    let layers = vec![
        lk::VideoLayer {
            quality: lk::VideoQuality::Medium as i32,
            width: 640,
            height: 360,
            bitrate: 500_000,
            ..Default::default()
        };
        9
    ];
    let update_layers = Request::UpdateLayers(lk::UpdateVideoLayers { track_sid, layers });
    house.say(&ann, update_layers.clone());
    let seen = update(&house.heard(&bob)).remove(0).tracks.remove(0);
    assert_eq!(seen.codecs[0].layers.len(), 3, "bounded");
    let told = house.told_sfu();
    let layer = Layer {
        quality: Quality::Medium,
        width: 640,
        height: 360,
        bitrate: 500_000,
    };
    assert!(
        matches!(told.as_slice(), [ToSfu::SetLayers { track: of, layers, .. }]
            if *of == track && *layers == [layer; 3]),
        "{told:?}"
    );
    house.say(&ann, update_layers.clone());
    assert_eq!(house.told_sfu(), [], "no change");
    house.say(&bob, update_layers);
    assert_eq!(house.told_sfu(), [], "no track of Bob's");
}
