use bus::command::RoomStatus;
use bus::journal::LeaveCause;
use bus::media::{Connections, ToSfu};
use bus::moderation::{MediaSource, RoomCommand, RoomLock, RoomReply};
use domain::VisitState;
use jiff::SignedDuration;
use livekit_protocol as lk;
use lk::DisconnectReason;

use super::harness::*;
use crate::room::{Join, Refusal, Request, Response};

fn moderate(house: &mut House, command: &RoomCommand) -> RoomReply {
    let mut reply = None;
    house.act(|rooms, now| reply = Some(rooms.moderate(command, now)));
    reply.expect("answered")
}

fn mute(identity: &str, source: MediaSource) -> RoomCommand {
    RoomCommand::Mute {
        visit: visit(VISIT),
        account: account(identity),
        source,
    }
}

/// A lock put now, with these let in by core-api.
fn lock(house: &House, keep: &[&str]) -> RoomLock {
    RoomLock {
        since: house.now.wall,
        keep: keep.iter().map(|text| account(text)).collect(),
    }
}

fn locked(lock: RoomLock) -> RoomCommand {
    let visit = visit(VISIT);
    RoomCommand::Lock { visit, lock }
}

fn verdict(house: &House, identity: &str) -> Result<(), Refusal> {
    let grant = joining(VISIT, identity, Connections::Dual).grant;
    house.rooms.admissible(&grant, house.now)
}

/// The room's metadata as told in the last `RoomUpdate`.
fn shown(messages: &[Response]) -> Option<String> {
    messages.iter().rev().find_map(|message| match message {
        Response::RoomUpdate(update) => Some(update.room.clone()?.metadata),
        _ => None,
    })
}

#[test]
fn a_moderator_mutes_and_the_one_muted_may_unmute() {
    let mut house = House::new();
    let (ann, bob) = (house.join(ANN), house.join(BOB));
    let track = house.publish(&ann, "cam");
    house.hush();
    let voice = mute(ANN, MediaSource::Microphone);
    assert_eq!(moderate(&mut house, &voice), RoomReply::NothingToMute);
    let picture = mute(ANN, MediaSource::Camera);
    assert_eq!(moderate(&mut house, &picture), RoomReply::Done);
    let request = lk::MuteTrackRequest {
        sid: track.to_string(),
        muted: true,
    };
    let heard = house.heard(&ann);
    assert_eq!(heard[0], Response::Mute(request.clone()));
    assert!(update(&house.heard(&bob))[0].tracks[0].muted);
    // Media stops here, whatever the client does.
    assert!(matches!(
        house.told_sfu().as_slice(),
        [ToSfu::SetMuted { muted: true, .. }]
    ));
    // The client answers as if it had muted itself.
    house.say(&ann, Request::Mute(request));
    assert_eq!(moderate(&mut house, &picture), RoomReply::Done);
    assert!(house.heard(&bob).is_empty() && house.told_sfu().is_empty());
    let unmute = lk::MuteTrackRequest {
        sid: track.to_string(),
        muted: false,
    };
    house.say(&ann, Request::Mute(unmute));
    assert!(!update(&house.heard(&bob))[0].tracks[0].muted);
    let eve = mute(EVE, MediaSource::Camera);
    assert_eq!(moderate(&mut house, &eve), RoomReply::NotThere);
}

#[test]
fn a_removed_person_is_out_until_core_api_allows_them_again() {
    let mut house = House::new();
    let (ann, bob) = (house.join(ANN), house.join(BOB));
    house.hush();
    let remove = RoomCommand::Remove {
        visit: visit(VISIT),
        account: account(ANN),
    };
    assert_eq!(moderate(&mut house, &remove), RoomReply::Done);
    let goodbye = leave(&house.heard(&ann));
    assert_eq!(goodbye.reason, DisconnectReason::ParticipantRemoved as i32);
    assert_eq!(goodbye.action, lk::leave_request::Action::Disconnect as i32);
    let seen = update(&house.heard(&bob));
    assert_eq!(
        seen[0].disconnect_reason,
        DisconnectReason::ParticipantRemoved as i32
    );
    assert_eq!(house.facts(), [left(ANN, LeaveCause::Removed)]);
    assert_eq!(verdict(&house, ANN), Err(Refusal::NotAdmitted));
    assert_eq!(moderate(&mut house, &remove), RoomReply::NotThere);
    let (number, _) = house.rooms.begin_sweep();
    let answer = [status(None)];
    house.act(|rooms, now| rooms.end_sweep(number, &answer, now));
    assert_eq!(verdict(&house, ANN), Ok(()));
}

fn status(lock: Option<RoomLock>) -> RoomStatus {
    RoomStatus {
        visit: visit(VISIT),
        state: VisitState::InProgress,
        allowed: [ANN, BOB, EVE].map(account).into(),
        lock,
    }
}

#[test]
fn a_locked_room_keeps_its_people_and_takes_nobody_new() {
    let mut house = House::new();
    let (ann, bob) = (house.join(ANN), house.join(BOB));
    house.hush();
    let shut = locked(lock(&house, &[]));
    assert_eq!(moderate(&mut house, &shut), RoomReply::Done);
    let metadata = shown(&house.heard(&ann));
    assert_eq!(metadata.as_deref(), Some("{\"locked\":true}"));
    assert_eq!(house.close_code(ann.connection), None);
    assert_eq!(verdict(&house, EVE), Err(Refusal::Locked));
    // One who got past the door before it was shut meets it at the join.
    let late = house.connect(joining(VISIT, EVE, Connections::Dual));
    assert_eq!(
        leave(&house.heard_at(late)).reason,
        DisconnectReason::JoinFailure as i32
    );
    // Those inside come back: by resume, afresh, and after the room was empty.
    house.act(|rooms, now| rooms.disconnected(ann.connection, now));
    let back = house.connect(Join {
        resume: Some(ann.sid.clone()),
        ..joining(VISIT, ANN, Connections::Dual)
    });
    assert!(matches!(
        house.heard_at(back).first(),
        Some(Response::Reconnect(_))
    ));
    house.act(|rooms, now| rooms.sfu_lost(now));
    house.act(|rooms, _| rooms.sfu_ready());
    assert_eq!(house.rooms.census().rooms, 0, "{bob:?}");
    let again = house.join(ANN);
    let heard = house.heard(&again);
    let Some(Response::Join(join)) = heard.first() else {
        panic!("{heard:?}")
    };
    let room = join.room.clone().expect("a room");
    assert_eq!(room.metadata, "{\"locked\":true}");
    assert_eq!(verdict(&house, EVE), Err(Refusal::Locked));
    let open = RoomCommand::Unlock {
        visit: visit(VISIT),
    };
    assert_eq!(moderate(&mut house, &open), RoomReply::Done);
    assert_eq!(shown(&house.heard(&again)).as_deref(), Some(""));
    house.join(EVE);
}

#[test]
fn whom_core_api_names_may_pass_a_lock() {
    let mut house = House::new();
    house.join(ANN);
    let shut = locked(lock(&house, &[BOB]));
    moderate(&mut house, &shut);
    house.join(BOB);
    assert_eq!(verdict(&house, EVE), Err(Refusal::Locked));
}

#[test]
fn a_lock_that_this_node_missed_is_learned_and_put_right_by_the_sweep() {
    let mut house = House::new();
    let ann = house.join(ANN);
    house.wait(std::time::Duration::from_secs(1));
    // Locked while Ann alone was inside; the command was lost, and Eve came.
    let missed = lock(&house, &[ANN]);
    house.wait(std::time::Duration::from_secs(1));
    let eve = house.join(EVE);
    house.hush();
    let (number, _) = house.rooms.begin_sweep();
    let answer = [status(Some(missed.clone()))];
    house.act(|rooms, now| rooms.end_sweep(number, &answer, now));
    let goodbye = leave(&house.heard(&eve));
    assert_eq!(goodbye.reason, DisconnectReason::ParticipantRemoved as i32);
    let metadata = shown(&house.heard(&ann));
    assert_eq!(metadata.as_deref(), Some("{\"locked\":true}"));
    assert_eq!(house.close_code(ann.connection), None);
    assert_eq!(verdict(&house, EVE), Err(Refusal::Locked));
    // And so is its end; an answer older than a lock ends nothing.
    let (number, _) = house.rooms.begin_sweep();
    let shut = locked(RoomLock {
        since: missed.since + SignedDuration::from_secs(9),
        keep: vec![],
    });
    moderate(&mut house, &shut);
    let answer = [status(None)];
    house.act(|rooms, now| rooms.end_sweep(number, &answer, now));
    assert_eq!(verdict(&house, EVE), Err(Refusal::Locked));
    let (number, _) = house.rooms.begin_sweep();
    house.act(|rooms, now| rooms.end_sweep(number, &answer, now));
    assert_eq!(verdict(&house, EVE), Ok(()));
}

#[test]
fn an_answer_that_is_older_than_the_unlocking_shuts_nothing() {
    let mut house = House::new();
    house.join(ANN);
    let lock = lock(&house, &[]);
    moderate(&mut house, &locked(lock.clone()));
    let (number, questions) = house.rooms.begin_sweep();
    assert_eq!(questions, [vec![visit(VISIT)]]);
    let open = RoomCommand::Unlock {
        visit: visit(VISIT),
    };
    moderate(&mut house, &open);
    let answer = [status(Some(lock))];
    house.act(|rooms, now| rooms.end_sweep(number, &answer, now));
    assert_eq!(verdict(&house, EVE), Ok(()));
    house.join(EVE);
}

#[test]
fn somebody_inside_before_a_lock_stays_although_core_api_does_not_know_yet() {
    let mut house = House::new();
    let ann = house.join(ANN);
    house.wait(std::time::Duration::from_secs(1));
    let (number, _) = house.rooms.begin_sweep();
    let answer = [status(Some(lock(&house, &[])))];
    house.act(|rooms, now| rooms.end_sweep(number, &answer, now));
    assert_eq!(house.close_code(ann.connection), None);
    assert_eq!(verdict(&house, ANN), Ok(()), "and may come back");
}
