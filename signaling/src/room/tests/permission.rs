use bus::media::{Connections, ToSfu, TrackSid};
use livekit_protocol as lk;

use super::harness::*;
use crate::room::{Join, Request, Response};

/// The publisher lets these people have everything, and nobody else anything.
fn only(people: &[&Client]) -> Request {
    let people = people.iter().map(|client| lk::TrackPermission {
        participant_sid: client.sid.clone(),
        all_tracks: true,
        ..Default::default()
    });
    Request::SubscriptionPermission(lk::SubscriptionPermission {
        all_participants: false,
        track_permissions: people.collect(),
    })
}

fn everyone() -> Request {
    Request::SubscriptionPermission(lk::SubscriptionPermission {
        all_participants: true,
        ..Default::default()
    })
}

/// What `client` was told it may have or not, in order.
fn told(house: &mut House, client: &Client) -> Vec<(String, bool)> {
    let heard = house.heard(client).into_iter();
    heard
        .filter_map(|message| match message {
            Response::SubscriptionPermissionUpdate(update) => {
                Some((update.track_sid, update.allowed))
            }
            _ => None,
        })
        .collect()
}

fn ask(track: &TrackSid) -> Request {
    Request::Subscription(lk::UpdateSubscription {
        track_sids: vec![track.to_string()],
        subscribe: true,
        ..Default::default()
    })
}

#[test]
fn whoever_is_not_meant_is_told_of_each_track_at_its_start() {
    let mut house = House::new();
    let (ann, bob, eve) = (house.join(ANN), house.join(BOB), house.join(EVE));
    house.say(&ann, only(&[&bob]));
    house.hush();
    let track = house.publish(&ann, "cam");
    assert_eq!(told(&mut house, &eve), [(track.to_string(), false)]);
    assert_eq!(told(&mut house, &bob), []);
    let subscribed = house.told_sfu().into_iter();
    let receivers: Vec<_> = subscribed
        .filter_map(|message| match message {
            ToSfu::Subscribe { participant, .. } => Some(participant.to_string()),
            _ => None,
        })
        .collect();
    assert_eq!(receivers, [bob.sid]);
    // A latecomer as well, before any media.
    let late = house.join(&person(1));
    assert_eq!(told(&mut house, &late), [(track.to_string(), false)]);
}

#[test]
fn who_asks_for_what_is_not_meant_for_them_is_told_again() {
    let mut house = House::new();
    let (ann, eve) = (house.join(ANN), house.join(EVE));
    let track = house.publish(&ann, "cam");
    house.say(&ann, only(&[]));
    house.hush();
    house.say(&eve, ask(&track));
    assert_eq!(told(&mut house, &eve), [(track.to_string(), false)]);
    assert_eq!(house.told_sfu(), []);
    // The wish is remembered, and fulfilled as soon as it may be.
    house.say(&ann, everyone());
    assert_eq!(told(&mut house, &eve), [(track.to_string(), true)]);
    assert!(matches!(
        house.told_sfu().as_slice(),
        [ToSfu::Subscribe { participant, .. }] if **participant == *eve.sid
    ));
}

#[test]
fn a_permission_outlives_the_session_of_the_one_it_is_given_to() {
    let mut house = House::new();
    let (ann, bob) = (house.join(ANN), house.join(BOB));
    let track = house.publish(&ann, "cam");
    house.say(&ann, only(&[&bob]));
    house.hush();
    let bob = house.join(BOB);
    assert_eq!(told(&mut house, &bob), []);
    let subscribed = house.told_sfu().into_iter();
    let mut tracks = subscribed.filter_map(|message| match message {
        ToSfu::Subscribe { track, .. } => Some(track),
        _ => None,
    });
    assert_eq!(tracks.next(), Some(track));
}

#[test]
fn what_was_decided_while_a_client_was_away_is_told_at_its_return() {
    let mut house = House::new();
    let (ann, eve) = (house.join(ANN), house.join(EVE));
    let track = house.publish(&ann, "cam");
    house.act(|rooms, now| rooms.disconnected(eve.connection, now));
    house.hush();
    house.say(&ann, only(&[]));
    assert!(
        matches!(house.told_sfu().as_slice(), [ToSfu::Unsubscribe { .. }]),
        "media ends at once"
    );
    let connection = house.connect(Join {
        resume: Some(eve.sid.clone()),
        ..joining(VISIT, EVE, Connections::Dual)
    });
    let eve = Client { connection, ..eve };
    assert_eq!(told(&mut house, &eve), [(track.to_string(), false)]);
}
