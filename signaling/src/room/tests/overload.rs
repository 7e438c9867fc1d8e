use std::time::Duration;

use bus::media::{Connections, FromSfu, RefusalReason, ToSfu};
use livekit_protocol as lk;
use lk::DisconnectReason;
use lk::leave_request::Action;

use super::harness::*;
use crate::room::{Refusal, Violation};

fn refused(client: &Client, reason: RefusalReason) -> FromSfu {
    FromSfu::Refused {
        room: VISIT.into(),
        participant: client.sid.as_str().into(),
        reason,
    }
}

#[test]
fn a_full_node_takes_the_session_back_and_no_new_room_for_a_while() {
    let mut house = House::new();
    let eve = house.join_as(joining(OTHER_VISIT, EVE, Connections::Dual));
    let ann = house.join(ANN);
    house.hush();
    house.sfu(refused(&ann, RefusalReason::Cpu));
    let goodbye = leave(&house.heard(&ann));
    assert_eq!(goodbye.action, Action::Reconnect as i32, "it tries again");
    assert_eq!(goodbye.reason, DisconnectReason::JoinFailure as i32);
    assert_eq!(house.close_code(ann.connection), Some(4503));
    assert!(matches!(house.told_sfu().as_slice(), [ToSfu::Close { .. }]));
    let grant = joining(VISIT, ANN, Connections::Dual).grant;
    let verdict = house.rooms.admissible(&grant, house.now);
    assert_eq!(verdict, Err(Refusal::Overloaded));
    // Whoever comes to a visit that is under way is not kept out: the SFU decides.
    let bob = joining(OTHER_VISIT, BOB, Connections::Dual);
    assert_eq!(house.rooms.admissible(&bob.grant, house.now), Ok(()));
    assert_eq!(house.close_code(eve.connection), None);
    house.wait(Duration::from_secs(2));
    assert_eq!(house.rooms.admissible(&grant, house.now), Ok(()));
    house.join(ANN);
}

#[test]
fn a_node_that_drains_says_so() {
    let mut house = House::new();
    let ann = house.join(ANN);
    house.sfu(refused(&ann, RefusalReason::Draining));
    let grant = joining(VISIT, ANN, Connections::Dual).grant;
    let verdict = house.rooms.admissible(&grant, house.now);
    assert_eq!(verdict, Err(Refusal::Draining));
    house.assert_empty();
}

#[test]
fn a_client_that_floods_is_put_out() {
    let mut house = House::new();
    let ann = house.join(ANN);
    house.hush();
    house.act(|rooms, now| rooms.violated(ann.connection, Violation::Flood, now));
    let goodbye = leave(&house.heard(&ann));
    assert_eq!(goodbye.action, Action::Disconnect as i32);
    assert_eq!(house.close_code(ann.connection), Some(4429));
}

#[test]
fn a_client_that_comes_in_again_and_again_is_turned_away_for_a_while() {
    let mut house = House::new();
    let bob = house.join(BOB);
    for _ in 0..20 {
        house.join(ANN);
    }
    house.hush();
    let refused = house.connect(joining(VISIT, ANN, Connections::Dual));
    let goodbye = leave(&house.heard_at(refused));
    assert_eq!(goodbye.action, Action::Reconnect as i32);
    assert_eq!(house.heard(&bob), [], "nobody else notices");
    assert_eq!(house.told_sfu(), []);
    house.wait(Duration::from_secs(1));
    house.join(ANN);
}

/// What each refusal makes a client do; the texts of the refusals are for people.
#[test]
fn every_refusal_at_the_door_has_its_own_name() {
    let all = [
        Refusal::Ended,
        Refusal::NotAdmitted,
        Refusal::Full,
        Refusal::Locked,
        Refusal::Overloaded,
        Refusal::Draining,
        Refusal::TooOften,
        Refusal::Unavailable,
    ];
    let mut names: Vec<_> = all.iter().map(|refusal| refusal.code()).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), all.len());
}
