use std::time::Duration;

use bus::journal::{Happening, LeaveCause};
use bus::media::{Connections, ToSfu, TrackSid};
use livekit_protocol as lk;
use lk::leave_request::Action;
use lk::participant_info::State;

use super::harness::*;
use crate::room::{ConnectionId, Join, Limits, Request, Response};

fn coming_back(identity: &str, sid: &str) -> Join {
    Join {
        resume: Some(sid.to_owned()),
        ..joining(VISIT, identity, Connections::Dual)
    }
}

fn back(house: &mut House, client: &Client, identity: &str) -> Client {
    let connection = house.connect(coming_back(identity, &client.sid));
    Client {
        connection,
        sid: client.sid.clone(),
    }
}

fn cut(house: &mut House, connection: ConnectionId) {
    house.act(|rooms, now| rooms.disconnected(connection, now));
}

#[test]
fn a_cut_connection_comes_back_to_the_same_session() {
    let mut house = House::new();
    let (ann, bob) = (house.join(ANN), house.join(BOB));
    let track = house.publish(&ann, "cam");
    house.hush();
    cut(&mut house, ann.connection);
    assert!(house.heard(&bob).is_empty(), "nobody notices a short cut");
    house.wait(Duration::from_secs(10));
    let ann = back(&mut house, &ann, ANN);
    let heard = house.heard(&ann);
    assert!(matches!(&heard[0], Response::Reconnect(_)), "{heard:?}");
    let sids: Vec<_> = update(&heard).into_iter().map(|info| info.sid).collect();
    assert!(sids.contains(&bob.sid) && sids.contains(&ann.sid));
    assert!(matches!(
        house.told_sfu().as_slice(),
        [ToSfu::Resume { .. }]
    ));
    assert_eq!(house.facts(), [(Happening::Resumed, account(ANN))]);
    // It is not given up later, and its track is still there.
    house.wait(Duration::from_secs(60));
    assert!(house.heard(&bob).is_empty());
    assert!(house.rooms.census().tracks == 1, "{track}");
}

#[test]
fn the_late_end_of_an_old_socket_does_not_harm_the_new_one() {
    let mut house = House::new();
    let first = house.join(ANN);
    let second = back(&mut house, &first, ANN);
    assert!(house.close_code(first.connection).is_some());
    cut(&mut house, first.connection);
    house.wait(Duration::from_secs(60));
    house.say(&second, Request::Ping(1));
    assert!(matches!(
        house.heard(&second).last(),
        Some(Response::Pong(_))
    ));
}

#[test]
fn a_participant_who_does_not_come_back_is_lost() {
    let mut house = House::new();
    let (ann, bob) = (house.join(ANN), house.join(BOB));
    house.hush();
    cut(&mut house, ann.connection);
    house.wait(Limits::default().departure - Duration::from_millis(1));
    assert!(house.heard(&bob).is_empty());
    house.wait(Duration::from_millis(1));
    let seen = update(&house.heard(&bob));
    assert_eq!(
        (seen[0].sid.as_str(), seen[0].state),
        (ann.sid.as_str(), State::Disconnected as i32)
    );
    assert_eq!(house.facts(), [left(ANN, LeaveCause::Lost)]);
    let late = back(&mut house, &ann, ANN);
    let goodbye = leave(&house.heard(&late));
    assert_eq!(goodbye.action, Action::Reconnect as i32);
    assert_eq!(goodbye.reason, lk::DisconnectReason::StateMismatch as i32);
}

#[test]
fn nobody_resumes_somebody_else() {
    let mut house = House::new();
    let ann = house.join(ANN);
    house.hush();
    let thief = house.connect(coming_back(EVE, &ann.sid));
    assert_eq!(
        leave(&house.heard_at(thief)).action,
        Action::Reconnect as i32
    );
    // Nor through another visit's room.
    let join = Join {
        resume: Some(ann.sid.clone()),
        ..joining(OTHER_VISIT, ANN, Connections::Dual)
    };
    let astray = house.connect(join);
    assert_eq!(
        leave(&house.heard_at(astray)).reason,
        lk::DisconnectReason::StateMismatch as i32
    );
    assert_eq!(house.rooms.census().rooms, 1);
    house.say(&ann, Request::Ping(1));
    assert!(matches!(house.heard(&ann).as_slice(), [Response::Pong(_)]));
}

#[test]
fn who_left_meanwhile_is_told_at_the_return() {
    let mut house = House::new();
    let (ann, bob) = (house.join(ANN), house.join(BOB));
    cut(&mut house, ann.connection);
    house.say(&bob, Request::Leave(lk::LeaveRequest::default()));
    house.hush();
    let ann = back(&mut house, &ann, ANN);
    let seen = update(&house.heard(&ann));
    let gone = seen
        .iter()
        .find(|info| info.sid == bob.sid)
        .expect("bob is named");
    assert_eq!(gone.state, State::Disconnected as i32);
}

#[test]
fn the_view_of_a_returning_client_is_taken_over() {
    let mut house = House::new();
    let (ann, bob) = (house.join(ANN), house.join(BOB));
    let (one, two) = (house.publish(&ann, "one"), house.publish(&ann, "two"));
    cut(&mut house, bob.connection);
    let bob = back(&mut house, &bob, BOB);
    house.hush();
    let state = lk::SyncState {
        subscription: Some(lk::UpdateSubscription {
            track_sids: vec![one.to_string(), "TR_gone".into()],
            subscribe: false,
            ..Default::default()
        }),
        track_sids_disabled: vec![two.to_string()],
        ..Default::default()
    };
    house.say(&bob, Request::SyncState(state));
    let told = house.told_sfu();
    assert!(matches!(
        told.as_slice(),
        [ToSfu::Unsubscribe { track, .. }, ToSfu::TrackSettings { track: off, settings, .. }]
            if *track == one && *off == two && settings.disabled
    ));
    assert!(house.heard(&bob).is_empty());
}

/// With `auto_subscribe` a client lists what it gave up, without it what it asked for; whatever it
/// does not list is as by default, except that a track asked for beyond the default stays.
#[test]
fn a_wish_that_a_returning_client_no_longer_has_is_dropped() {
    let view = |tracks: &[&TrackSid], subscribe| {
        Request::SyncState(lk::SyncState {
            subscription: Some(lk::UpdateSubscription {
                track_sids: tracks.iter().map(ToString::to_string).collect(),
                subscribe,
                ..Default::default()
            }),
            ..Default::default()
        })
    };
    let wish = |track: &TrackSid, subscribe| {
        Request::Subscription(lk::UpdateSubscription {
            track_sids: vec![track.to_string()],
            subscribe,
            ..Default::default()
        })
    };
    for auto in [true, false] {
        let mut house = House::new();
        let ann = house.join(ANN);
        let (one, two) = (house.publish(&ann, "one"), house.publish(&ann, "two"));
        let bob = house.join_as(Join {
            auto_subscribe: auto,
            ..joining(VISIT, BOB, Connections::Dual)
        });
        house.say(&bob, wish(&one, !auto));
        house.hush();
        // Its view names the other track: one is as by default again, two is not.
        house.say(&bob, view(&[&two], !auto));
        let told: Vec<_> = house
            .told_sfu()
            .into_iter()
            .map(|message| match message {
                ToSfu::Subscribe { track, .. } => (track, true),
                ToSfu::Unsubscribe { track, .. } => (track, false),
                other => panic!("unexpected {other:?}"),
            })
            .collect();
        assert_eq!(told, [(one, auto), (two, !auto)]);
    }
}
