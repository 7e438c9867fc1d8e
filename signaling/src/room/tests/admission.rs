use std::time::Duration;

use bus::command::{MediaToken, RoomStatus};
use bus::journal::{Happening, LeaveCause};
use bus::media::Connections;
use domain::VisitState;
use jiff::SignedDuration;
use livekit_protocol as lk;

use super::harness::*;
use crate::room::{FreshToken, Join, Renewal, Response, VisitChange};

fn step(house: &mut House, from: VisitState, to: VisitState) {
    let change = VisitChange {
        visit: visit(VISIT),
        patient: Some(account(ANN)),
        from,
        to,
    };
    house.act(|rooms, now| rooms.visit_changed(&change, now));
}

fn status(state: VisitState, allowed: &[&str]) -> RoomStatus {
    RoomStatus {
        visit: visit(VISIT),
        state,
        allowed: allowed.iter().map(|text| account(text)).collect(),
        lock: None,
    }
}

#[test]
fn the_end_of_a_visit_empties_its_room_and_keeps_it_shut() {
    let mut house = House::new();
    let clients = [house.join(ANN), house.join(BOB)];
    let elsewhere = house.join_as(joining(OTHER_VISIT, EVE, Connections::Dual));
    house.hush();
    step(&mut house, VisitState::InProgress, VisitState::Completed);
    for client in &clients {
        let goodbye = leave(&house.heard(client));
        assert_eq!(goodbye.action, lk::leave_request::Action::Disconnect as i32);
        assert_eq!(goodbye.reason, lk::DisconnectReason::RoomDeleted as i32);
    }
    let facts = house.facts();
    assert_eq!(facts.len(), 2);
    let cause = LeaveCause::Ended;
    assert!(
        facts
            .iter()
            .all(|(what, _)| *what == Happening::Left { cause })
    );
    assert!(
        house.heard(&elsewhere).is_empty(),
        "another visit does not notice"
    );
    let late = house.connect(joining(VISIT, BOB, Connections::Dual));
    assert_eq!(
        leave(&house.heard_at(late)).reason,
        lk::DisconnectReason::RoomDeleted as i32
    );
    assert_eq!(house.rooms.census().rooms, 1);
}

#[test]
fn a_patient_sent_back_to_waiting_is_out_until_admitted_again() {
    let mut house = House::new();
    let (ann, bob) = (house.join(ANN), house.join(BOB));
    house.hush();
    step(&mut house, VisitState::InProgress, VisitState::Ready);
    assert_eq!(
        leave(&house.heard(&ann)).reason,
        lk::DisconnectReason::ParticipantRemoved as i32
    );
    assert_eq!(house.rooms.census().participants, 1, "{bob:?} stays");
    let early = house.connect(joining(VISIT, ANN, Connections::Dual));
    assert_eq!(
        leave(&house.heard_at(early)).reason,
        lk::DisconnectReason::ParticipantRemoved as i32
    );
    step(&mut house, VisitState::Ready, VisitState::Admitted);
    house.join(ANN);
}

#[test]
fn waiting_for_the_first_time_bars_nobody() {
    let mut house = House::new();
    step(&mut house, VisitState::CheckedIn, VisitState::Ready);
    house.join(ANN);
}

#[test]
fn the_sweep_removes_whoever_is_not_allowed() {
    let mut house = House::new();
    let (ann, bob) = (house.join(ANN), house.join(BOB));
    house.hush();
    let (number, questions) = house.rooms.begin_sweep();
    assert_eq!(questions, [vec![visit(VISIT)]]);
    // Joined after the question: its answer says nothing about her.
    let eve = house.join(EVE);
    let answer = [status(VisitState::Admitted, &[BOB])];
    house.act(|rooms, now| rooms.end_sweep(number, &answer, now));
    assert_eq!(
        leave(&house.heard(&ann)).reason,
        lk::DisconnectReason::ParticipantRemoved as i32
    );
    assert_eq!(house.close_code(bob.connection), None);
    assert_eq!(house.close_code(eve.connection), None);
    let (number, _) = house.rooms.begin_sweep();
    house.act(|rooms, now| rooms.end_sweep(number, &answer, now));
    assert!(house.close_code(eve.connection).is_some());
}

#[test]
fn the_sweep_closes_an_ended_visit_and_leaves_an_unknown_one_alone() {
    let mut house = House::new();
    let ann = house.join(ANN);
    let (number, _) = house.rooms.begin_sweep();
    house.act(|rooms, now| rooms.end_sweep(number, &[], now));
    assert_eq!(house.close_code(ann.connection), None);
    let (number, _) = house.rooms.begin_sweep();
    let answer = [status(VisitState::Completed, &[ANN])];
    house.act(|rooms, now| rooms.end_sweep(number, &answer, now));
    assert!(house.close_code(ann.connection).is_some());
    house.assert_empty();
}

#[test]
fn lost_news_of_a_second_admission_locks_nobody_out() {
    let mut house = House::new();
    house.join(ANN);
    step(&mut house, VisitState::InProgress, VisitState::Ready);
    let (number, questions) = house.rooms.begin_sweep();
    assert_eq!(
        questions,
        [vec![visit(VISIT)]],
        "asked although the room is gone"
    );
    let answer = [status(VisitState::Admitted, &[ANN, BOB])];
    house.act(|rooms, now| rooms.end_sweep(number, &answer, now));
    house.join(ANN);
}

/// A sweep that core-api answers; for whom it has to be asked for a token then.
fn sweep(house: &mut House, allowed: &[&str]) -> Vec<Renewal> {
    let (number, _) = house.rooms.begin_sweep();
    let answer = [status(VisitState::InProgress, allowed)];
    house.act(|rooms, now| rooms.end_sweep(number, &answer, now));
    house.renewals()
}

fn fresh(house: &House) -> FreshToken {
    FreshToken {
        token: MediaToken::new("fresh".into()),
        until: house.now.wall + SignedDuration::from_mins(10),
    }
}

#[test]
fn a_token_is_renewed_before_it_expires_while_its_bearer_is_allowed() {
    let mut house = House::new();
    let (ann, bob) = (house.join(ANN), house.join(BOB));
    assert_eq!(sweep(&mut house, &[ANN, BOB]), [], "ten minutes are enough");
    house.wait(Duration::from_secs(301));
    let asked = [Renewal {
        visit: visit(VISIT),
        account: account(ANN),
        participant: ann.sid.as_str().into(),
    }];
    assert_eq!(sweep(&mut house, &[ANN]), asked);
    assert!(house.close_code(bob.connection).is_some());
    assert_eq!(sweep(&mut house, &[ANN]), [], "one question at a time");
    house.hush();
    house.act(|rooms, _| rooms.renewed(&asked[0], None));
    assert_eq!(house.heard(&ann), []);
    assert_eq!(sweep(&mut house, &[ANN]), asked, "asked again");
    let token = fresh(&house);
    house.act(|rooms, _| rooms.renewed(&asked[0], Some(token)));
    let told = Response::RefreshToken("fresh".into());
    assert_eq!(house.heard(&ann), [told]);
    assert_eq!(sweep(&mut house, &[ANN]), [], "once is enough");
}

#[test]
fn a_token_that_comes_late_reaches_nobody() {
    let mut house = House::new();
    let ann = house.join(ANN);
    house.wait(Duration::from_secs(301));
    let renewals = sweep(&mut house, &[ANN]);
    house.hush();
    // The client is away when the answer comes, and gets the next one when it is back.
    house.act(|rooms, now| rooms.disconnected(ann.connection, now));
    let token = fresh(&house);
    house.act(|rooms, _| rooms.renewed(&renewals[0], Some(token)));
    assert_eq!(sweep(&mut house, &[ANN]), [], "nobody to give a token to");
    let back = house.connect(Join {
        resume: Some(ann.sid.clone()),
        ..joining(VISIT, ANN, Connections::Dual)
    });
    assert_eq!(sweep(&mut house, &[ANN]), renewals);
    // Sent back to waiting meanwhile: a token made before that is not handed over.
    step(&mut house, VisitState::InProgress, VisitState::Ready);
    let token = fresh(&house);
    house.act(|rooms, _| rooms.renewed(&renewals[0], Some(token)));
    let heard = [house.heard(&ann), house.heard_at(back)].concat();
    let token = heard
        .iter()
        .find(|message| matches!(message, Response::RefreshToken(_)));
    assert_eq!(token, None);
    house.assert_empty();
}
