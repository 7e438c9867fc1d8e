use bus::journal::LeaveCause;
use bus::media::{Connections, FromSfu, ToSfu};
use livekit_protocol as lk;
use lk::participant_info::State;

use super::harness::*;
use crate::room::{Request, Response, Violation};

#[test]
fn a_leave_is_told_and_nothing_remains() {
    let mut house = House::new();
    let (ann, bob) = (house.join(ANN), house.join(BOB));
    house.publish(&ann, "cam");
    house.say(&bob, Request::AddTrack(camera("pending")));
    house.hush();
    house.say(&ann, Request::Leave(lk::LeaveRequest::default()));
    let seen = update(&house.heard(&bob));
    assert_eq!(seen[0].state, State::Disconnected as i32);
    assert!(seen[0].tracks.is_empty());
    assert_eq!(
        seen[0].disconnect_reason,
        lk::DisconnectReason::ClientInitiated as i32
    );
    assert!(matches!(
        house.told_sfu().as_slice(),
        [ToSfu::Close { participant, .. }] if **participant == *ann.sid
    ));
    assert!(
        house.heard(&ann).is_empty(),
        "a client that leaves is told nothing"
    );
    assert_eq!(house.close_code(ann.connection), Some(1000));
    house.say(&bob, Request::Leave(lk::LeaveRequest::default()));
    assert_eq!(
        house.facts(),
        [left(ANN, LeaveCause::Client), left(BOB, LeaveCause::Client)]
    );
    house.assert_empty();
    // What the SFU still says about it meets nobody.
    house.media_up(&bob);
    house.assert_empty();
}

#[test]
fn nothing_remains_after_those_who_vanish_either() {
    let mut house = House::new();
    let clients = [house.join(ANN), house.join(BOB), house.join(EVE)];
    for client in &clients {
        house.publish(client, "cam");
        house.say(client, Request::AddTrack(camera("pending")));
        house.act(|rooms, now| rooms.disconnected(client.connection, now));
    }
    house.wait(std::time::Duration::from_secs(120));
    house.assert_empty();
}

#[test]
fn facts_are_numbered_within_one_life_of_the_room() {
    let mut house = House::new();
    let ann = house.join(ANN);
    house.say(&ann, Request::Leave(lk::LeaveRequest::default()));
    house.join(ANN);
    let [(first, 1), (again, 2), (second, 1)] = house.numbers() else {
        panic!("{:?}", house.numbers());
    };
    assert_eq!(first, again);
    assert_ne!(first, second);
}

#[test]
fn a_broken_client_is_put_out_and_the_others_go_on() {
    let mut house = House::new();
    let (ann, bob) = (house.join(ANN), house.join(BOB));
    house.hush();
    house.act(|rooms, now| rooms.violated(ann.connection, Violation::Malformed, now));
    let goodbye = leave(&house.heard(&ann));
    assert_eq!(goodbye.action, lk::leave_request::Action::Disconnect as i32);
    assert_eq!(house.close_code(ann.connection), Some(4400));
    assert_eq!(house.facts(), [left(ANN, LeaveCause::Violation)]);
    house.say(&bob, Request::Ping(1));
    assert!(matches!(house.heard(&bob).last(), Some(Response::Pong(_))));
}

#[test]
fn an_oversized_description_starts_the_session_afresh() {
    let mut house = House::new();
    let ann = house.join(ANN);
    house.hush();
    let offer = lk::SessionDescription {
        sdp: "x".repeat(256 * 1024 + 1),
        ..Default::default()
    };
    house.say(&ann, Request::Offer(offer));
    assert_eq!(
        leave(&house.heard(&ann)).action,
        lk::leave_request::Action::Reconnect as i32
    );
    house.assert_empty();
}

#[test]
fn a_refused_description_starts_the_session_afresh() {
    let mut house = House::new();
    let (ann, bob) = (house.join(ANN), house.join(BOB));
    house.hush();
    house.sfu(FromSfu::Failed {
        room: VISIT.into(),
        participant: ann.sid.as_str().into(),
        reason: "no media section".into(),
    });
    assert_eq!(
        leave(&house.heard(&ann)).action,
        lk::leave_request::Action::Reconnect as i32
    );
    assert_eq!(
        update(&house.heard(&bob))[0].state,
        State::Disconnected as i32
    );
}

#[test]
fn when_the_sfu_forgets_everybody_connects_anew() {
    let mut house = House::new();
    let clients = [house.join(ANN), house.join(BOB)];
    house.publish(&clients[0], "cam");
    house.hush();
    house.act(|rooms, now| rooms.sfu_lost(now));
    for client in &clients {
        assert_eq!(
            leave(&house.heard(client)).action,
            lk::leave_request::Action::Reconnect as i32
        );
    }
    house.assert_empty();
    let early = house.connect(joining(VISIT, ANN, Connections::Dual));
    assert_eq!(
        leave(&house.heard_at(early)).action,
        lk::leave_request::Action::Reconnect as i32
    );
    house.act(|rooms, _| rooms.sfu_ready());
    house.join(ANN);
}
