use bus::journal::{Happening, LeaveCause};
use bus::media::{Connections, ToSfu};
use livekit_protocol as lk;
use lk::participant_info::State;

use super::harness::*;
use crate::room::{Limits, Request, Response};

#[test]
fn join_comes_first_and_names_what_clients_insist_on() {
    let mut house = House::new();
    let ann = house.join(ANN);
    let heard = house.heard(&ann);
    let Some(Response::Join(join)) = heard.first() else {
        panic!("Join must be first: {heard:?}");
    };
    let server = join.server_info.as_ref().expect("server_info");
    assert_eq!((server.version.as_str(), server.protocol), ("1.9.0", 16));
    assert_eq!((join.ping_interval, join.ping_timeout), (5, 15));
    assert!(join.subscriber_primary);
    let me = join.participant.as_ref().expect("participant");
    assert!(me.sid.starts_with("PA_") && me.identity == ANN);
    assert_eq!(me.attributes["role"], "clinician");
    assert!(me.permission.as_ref().expect("permission").can_publish);
    assert!(join.room.as_ref().expect("room").sid.starts_with("RM_"));
    assert_eq!(heard.len(), 1, "nothing else was said: {heard:?}");
}

#[test]
fn a_single_connection_is_not_subscriber_primary() {
    let mut house = House::new();
    let ann = house.join_as(joining(VISIT, ANN, Connections::Single));
    let heard = house.heard(&ann);
    assert!(matches!(&heard[0], Response::Join(join) if !join.subscriber_primary));
    assert!(matches!(
        &house.told_sfu()[0],
        ToSfu::Open { connections: Connections::Single, publish: true, identity, .. }
            if **identity == *ANN
    ));
}

#[test]
fn the_others_learn_of_a_newcomer_and_the_newcomer_of_them() {
    let mut house = House::new();
    let ann = house.join(ANN);
    house.hush();
    let bob = house.join(BOB);
    let seen = update(&house.heard(&ann));
    assert_eq!(
        (seen[0].sid.as_str(), seen[0].identity.as_str()),
        (bob.sid.as_str(), BOB)
    );
    assert_eq!(seen[0].state, State::Joined as i32);
    let heard = house.heard(&bob);
    let Some(Response::Join(join)) = heard.first() else {
        panic!("{heard:?}")
    };
    assert_eq!(join.other_participants[0].sid, ann.sid);
    assert_eq!(
        join.room.as_ref().map(|room| room.num_participants),
        Some(2)
    );
    assert_eq!(house.facts(), [(Happening::Joined, account(BOB))]);
}

#[test]
fn the_version_of_a_participant_grows_with_each_change() {
    let mut house = House::new();
    let (ann, bob) = (house.join(ANN), house.join(BOB));
    let mut last = update(&house.heard(&ann))[0].version;
    house.media_up(&bob);
    let active = update(&house.heard(&ann))[0].clone();
    assert_eq!(active.state, State::Active as i32);
    assert!(active.version > last);
    last = active.version;
    house.publish(&bob, "cam");
    assert!(update(&house.heard(&ann))[0].version > last);
}

#[test]
fn the_second_tab_of_a_person_wins() {
    let mut house = House::new();
    let bob = house.join(BOB);
    let first = house.join(ANN);
    house.hush();
    let second = house.join(ANN);
    let goodbye = leave(&house.heard(&first));
    assert_eq!(
        goodbye.reason,
        lk::DisconnectReason::DuplicateIdentity as i32
    );
    assert_eq!(goodbye.action, lk::leave_request::Action::Disconnect as i32);
    assert!(house.close_code(first.connection).is_some());
    assert_ne!(first.sid, second.sid);
    let told: Vec<_> = house
        .heard(&bob)
        .into_iter()
        .filter_map(|message| match message {
            Response::Update(update) => Some(update.participants[0].clone()),
            _ => None,
        })
        .map(|info| (info.sid, info.state))
        .collect();
    assert_eq!(
        told,
        [
            (first.sid.clone(), State::Disconnected as i32),
            (second.sid.clone(), State::Joined as i32)
        ]
    );
    assert_eq!(
        house.facts(),
        [
            left(ANN, LeaveCause::Replaced),
            (Happening::Joined, account(ANN))
        ]
    );
    // The old tab's socket closes late: the new session does not notice.
    house.act(|rooms, now| rooms.disconnected(first.connection, now));
    house.wait(std::time::Duration::from_secs(60));
    house.say(&second, Request::Ping(1));
    assert!(matches!(
        house.heard(&second).last(),
        Some(Response::Pong(_))
    ));
}

#[test]
fn a_full_room_refuses_strangers_but_not_the_second_tab() {
    let limits = Limits {
        participants: 1,
        ..Limits::default()
    };
    let mut house = House::with_limits(limits);
    house.join(ANN);
    let refused = house.connect(joining(VISIT, BOB, Connections::Dual));
    assert_eq!(
        leave(&house.heard_at(refused)).reason,
        lk::DisconnectReason::JoinFailure as i32
    );
    house.join(ANN);
    assert_eq!(house.rooms.census().participants, 1);
}

#[test]
fn both_pings_are_answered() {
    let mut house = House::new();
    let ann = house.join(ANN);
    house.hush();
    house.say(
        &ann,
        Request::PingReq(lk::Ping {
            timestamp: 7,
            rtt: 0,
        }),
    );
    let wall = house.now.wall.as_millisecond();
    let pong = lk::Pong {
        last_ping_timestamp: 7,
        timestamp: wall,
    };
    assert_eq!(house.heard(&ann), [Response::PongResp(pong)]);
    house.say(&ann, Request::Ping(7));
    assert_eq!(house.heard(&ann), [Response::Pong(wall)]);
}
