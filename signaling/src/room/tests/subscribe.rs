use std::sync::Arc;

use auth::media::Grant;
use bus::media::{Connections, FromSfu, Quality, ToSfu, TrackSettings, TrackSid};
use livekit_protocol as lk;

use super::harness::*;
use crate::room::{Request, Response};

fn wish(tracks: &[&TrackSid], subscribe: bool) -> Request {
    let sids: Vec<String> = tracks.iter().map(|sid| sid.to_string()).collect();
    Request::Subscription(lk::UpdateSubscription {
        track_sids: sids.clone(),
        subscribe,
        // Clients fill both fields with the same tracks.
        participant_tracks: vec![lk::ParticipantTracks {
            participant_sid: String::new(),
            track_sids: sids,
        }],
    })
}

#[test]
fn a_latecomer_receives_what_is_already_there() {
    let mut house = House::new();
    let ann = house.join(ANN);
    let track = house.publish(&ann, "cam");
    house.hush();
    let bob = house.join(BOB);
    assert!(matches!(
        house.told_sfu().as_slice(),
        [ToSfu::Open { .. }, ToSfu::Subscribe { participant, track: wanted, .. }]
            if **participant == *bob.sid && *wanted == track
    ));
    let heard = house.heard(&bob);
    let Some(Response::Join(join)) = heard.first() else {
        panic!("{heard:?}")
    };
    assert_eq!(join.other_participants[0].tracks[0].sid, *track);
}

#[test]
fn a_first_offer_comes_after_the_subscriptions_it_can_serve() {
    let mut house = House::new();
    let ann = house.join(ANN);
    house.publish(&ann, "cam");
    house.hush();
    let mut join = joining(VISIT, BOB, Connections::Single);
    join.offer = Some(lk::SessionDescription {
        id: 1,
        ..Default::default()
    });
    house.join_as(join);
    assert!(matches!(
        house.told_sfu().as_slice(),
        [
            ToSfu::Open { .. },
            ToSfu::Subscribe { .. },
            ToSfu::Offer { id: 1, .. }
        ]
    ));
}

#[test]
fn a_track_can_be_given_up_and_taken_again() {
    let mut house = House::new();
    let (ann, bob) = (house.join(ANN), house.join(BOB));
    let track = house.publish(&ann, "cam");
    house.hush();
    house.say(&bob, wish(&[&track], false));
    assert!(matches!(
        house.told_sfu().as_slice(),
        [ToSfu::Unsubscribe { .. }]
    ));
    house.say(&bob, wish(&[&track], true));
    assert!(matches!(
        house.told_sfu().as_slice(),
        [ToSfu::Subscribe { .. }]
    ));
    house.say(&bob, wish(&[&track], true));
    assert!(house.told_sfu().is_empty(), "no change");
    let nothing: TrackSid = "TR_nothing".into();
    house.say(&bob, wish(&[&nothing], true));
    assert!(matches!(
        house.heard(&bob).as_slice(),
        [Response::SubscriptionResponse(answer)]
            if answer.err == lk::SubscriptionError::SeTrackNotfound as i32
    ));
}

#[test]
fn without_auto_subscribe_only_what_is_asked_for_comes() {
    let mut house = House::new();
    let ann = house.join(ANN);
    let mut join = joining(VISIT, BOB, Connections::Dual);
    join.auto_subscribe = false;
    let bob = house.join_as(join);
    house.hush();
    let (one, two) = (house.publish(&ann, "one"), house.publish(&ann, "two"));
    let subscribed = |told: Vec<ToSfu>| -> Vec<TrackSid> {
        told.into_iter()
            .filter_map(|message| match message {
                ToSfu::Subscribe { track, .. } => Some(track),
                _ => None,
            })
            .collect()
    };
    assert!(subscribed(house.told_sfu()).is_empty());
    house.say(&bob, wish(&[&two], true));
    assert_eq!(subscribed(house.told_sfu()), [two]);
    drop(one);
}

#[test]
fn a_grant_without_subscribing_receives_nothing() {
    let mut house = House::new();
    let ann = house.join(ANN);
    let track = house.publish(&ann, "cam");
    house.hush();
    let mut join = joining(VISIT, EVE, Connections::Dual);
    join.grant = Grant {
        can_subscribe: false,
        ..join.grant
    };
    let eve = house.join_as(join);
    house.say(&eve, wish(&[&track], true));
    assert!(matches!(house.told_sfu().as_slice(), [ToSfu::Open { .. }]));
}

#[test]
fn a_publisher_may_limit_its_audience() {
    let mut house = House::new();
    let (ann, bob, eve) = (house.join(ANN), house.join(BOB), house.join(EVE));
    let track = house.publish(&ann, "cam");
    house.hush();
    let only_bob = lk::SubscriptionPermission {
        all_participants: false,
        track_permissions: vec![lk::TrackPermission {
            participant_sid: bob.sid.clone(),
            all_tracks: true,
            ..Default::default()
        }],
    };
    house.say(&ann, Request::SubscriptionPermission(only_bob));
    assert!(matches!(
        house.told_sfu().as_slice(),
        [ToSfu::Unsubscribe { participant, .. }] if **participant == *eve.sid
    ));
    assert!(matches!(
        house.heard(&eve).as_slice(),
        [Response::SubscriptionPermissionUpdate(update)]
            if !update.allowed && update.track_sid == *track
    ));
    assert!(house.heard(&bob).is_empty());
    // Asking does not help.
    house.say(&eve, wish(&[&track], true));
    assert!(house.told_sfu().is_empty());
    let everyone = lk::SubscriptionPermission {
        all_participants: true,
        ..Default::default()
    };
    house.say(&ann, Request::SubscriptionPermission(everyone));
    assert!(matches!(
        house.told_sfu().as_slice(),
        [ToSfu::Subscribe { participant, .. }] if **participant == *eve.sid
    ));
}

#[test]
fn settings_reach_the_sfu_for_received_tracks_only() {
    let mut house = House::new();
    let (ann, bob) = (house.join(ANN), house.join(BOB));
    let track = house.publish(&ann, "cam");
    house.hush();
    let settings = lk::UpdateTrackSettings {
        track_sids: vec![track.to_string(), "TR_other".into()],
        width: 320,
        height: 180,
        fps: 15,
        ..Default::default()
    };
    house.say(&bob, Request::TrackSetting(settings.clone()));
    let wanted = TrackSettings {
        disabled: false,
        width: 320,
        height: 180,
        quality: Quality::Low,
        pinned: false,
        fps: 15,
    };
    assert!(matches!(
        house.told_sfu().as_slice(),
        [ToSfu::TrackSettings { settings, .. }] if *settings == wanted
    ));
    let pin = lk::UpdateTrackSettings {
        priority: 1,
        ..settings.clone()
    };
    house.say(&bob, Request::TrackSetting(pin));
    assert!(matches!(
        house.told_sfu().as_slice(),
        [ToSfu::TrackSettings { settings, .. }] if settings.pinned
    ));
    house.say(&ann, Request::TrackSetting(settings));
    assert!(house.told_sfu().is_empty(), "an own track is not received");
}

#[test]
fn the_publisher_hears_of_the_first_receiver_and_of_wanted_steps() {
    let mut house = House::new();
    let (ann, bob) = (house.join(ANN), house.join(BOB));
    let track = house.publish(&ann, "cam");
    house.hush();
    let subscribed = FromSfu::Subscribed {
        room: VISIT.into(),
        participant: bob.sid.as_str().into(),
        track: Arc::clone(&track),
    };
    house.sfu(subscribed.clone());
    house.sfu(subscribed);
    assert!(matches!(
        house.heard(&ann).as_slice(),
        [Response::TrackSubscribed(_)]
    ));
    house.sfu(FromSfu::Wanted {
        room: VISIT.into(),
        participant: ann.sid.as_str().into(),
        track,
        codec: "vp8".into(),
        quality: Some(Quality::Medium),
    });
    let heard = house.heard(&ann);
    let [Response::SubscribedQualityUpdate(update)] = heard.as_slice() else {
        panic!("{heard:?}");
    };
    let codec = &update.subscribed_codecs[0];
    let steps: Vec<bool> = codec.qualities.iter().map(|step| step.enabled).collect();
    assert_eq!(
        (codec.codec.as_str(), steps),
        ("vp8", vec![true, true, false])
    );
}
