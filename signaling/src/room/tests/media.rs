use std::sync::Arc;
use std::time::Duration;

use bus::journal::{Happening as Fact, LeaveCause, Verdict};
use bus::media::{Connections, FromSfu, QualityReason, Speaker, Target};
use livekit_protocol as lk;

use super::harness::*;
use crate::room::{Join, Limits, Request, Response};

fn speakers(of: &[(&Client, f32)]) -> FromSfu {
    let speakers = of.iter().map(|(client, level)| Speaker {
        participant: client.sid.as_str().into(),
        level: *level,
    });
    FromSfu::Speakers {
        room: VISIT.into(),
        speakers: speakers.collect(),
    }
}

#[test]
fn speakers_are_told_as_changes() {
    let mut house = House::new();
    let (ann, bob) = (house.join(ANN), house.join(BOB));
    house.hush();
    let told = |house: &mut House, message| -> Vec<(String, bool)> {
        house.sfu(message);
        match house.heard(&bob).pop() {
            Some(Response::SpeakersChanged(change)) => {
                let changed = change.speakers.into_iter();
                changed
                    .map(|speaker| (speaker.sid, speaker.active))
                    .collect()
            }
            None => Vec::new(),
            other => panic!("unexpected {other:?}"),
        }
    };
    assert_eq!(
        told(&mut house, speakers(&[(&ann, 0.5)])),
        [(ann.sid.clone(), true)]
    );
    assert_eq!(told(&mut house, speakers(&[(&ann, 0.52)])), []);
    assert_eq!(told(&mut house, speakers(&[])), [(ann.sid, false)]);
}

#[test]
fn quality_is_told_when_it_changes() {
    let mut house = House::new();
    let ann = house.join(ANN);
    house.hush();
    let report = |loss| FromSfu::Quality {
        room: VISIT.into(),
        participant: ann.sid.as_str().into(),
        loss,
        rtt_ms: Some(20),
        reason: Some(QualityReason::UplinkLoss),
    };
    for (loss, told) in [
        (0.0, Some(lk::ConnectionQuality::Excellent)),
        (0.01, None),
        (0.3, None),
        (0.3, Some(lk::ConnectionQuality::Poor)),
        (0.0, None),
    ] {
        house.sfu(report(loss));
        let heard = house.heard(&ann);
        let quality = heard.iter().map(|message| match message {
            Response::ConnectionQuality(update) => update.updates[0].quality,
            other => panic!("unexpected {other:?}"),
        });
        assert_eq!(
            quality.collect::<Vec<_>>(),
            told.map(|q| q as i32).into_iter().collect::<Vec<_>>()
        );
    }
    // The journal keeps the reason, which clients have no word for.
    let entered = |verdict| {
        let reason = Some(QualityReason::UplinkLoss);
        (Fact::Connection { verdict, reason }, account(ANN))
    };
    let facts = [entered(Verdict::Excellent), entered(Verdict::Poor)];
    assert_eq!(house.facts(), facts);
}

#[test]
fn a_lost_media_path_and_its_return_are_told_to_all() {
    let mut house = House::new();
    let (ann, bob) = (house.join(ANN), house.join(BOB));
    house.hush();
    let mut told = |message| -> Vec<i32> {
        house.sfu(message);
        let heard = house.heard(&bob).into_iter();
        heard
            .filter_map(|message| match message {
                Response::ConnectionQuality(update) => Some(update.updates[0].quality),
                _ => None,
            })
            .collect()
    };
    let (room, participant) = (VISIT, ann.sid.as_str());
    let target = Target::Publisher;
    let report = FromSfu::Quality {
        room: room.into(),
        participant: participant.into(),
        loss: 0.0,
        rtt_ms: None,
        reason: None,
    };
    let (good, lost) = (
        lk::ConnectionQuality::Excellent as i32,
        lk::ConnectionQuality::Lost as i32,
    );
    assert_eq!(told(report.clone()), [good]);
    let down = FromSfu::Disconnected {
        room: room.into(),
        participant: participant.into(),
        target,
    };
    assert_eq!(told(down), [lost]);
    let silent = told(report.clone()).is_empty();
    assert!(silent, "a report on its way tells nothing");
    let up = FromSfu::Connected {
        room: room.into(),
        participant: participant.into(),
        target,
    };
    assert!(told(up).is_empty());
    assert_eq!(told(report), [good]);
}

#[test]
fn a_paused_video_is_told_to_its_receiver_alone_and_again_after_a_cut() {
    let mut house = House::new();
    let (ann, bob) = (house.join(ANN), house.join(BOB));
    let track = house.publish(&ann, "cam");
    house.hush();
    let state = |paused| FromSfu::StreamState {
        room: VISIT.into(),
        participant: bob.sid.as_str().into(),
        track: Arc::clone(&track),
        paused,
    };
    let info = |state: lk::StreamState| {
        Response::StreamStateUpdate(lk::StreamStateUpdate {
            stream_states: vec![lk::StreamStateInfo {
                participant_sid: ann.sid.clone(),
                track_sid: track.to_string(),
                state: state as i32,
            }],
        })
    };
    let (paused, active) = (info(lk::StreamState::Paused), info(lk::StreamState::Active));
    house.sfu(state(true));
    house.sfu(state(true));
    let told = house.heard(&bob);
    assert_eq!(told.as_slice(), std::slice::from_ref(&paused), "told once");
    assert_eq!(house.heard(&ann), []);
    house.sfu(state(false));
    assert_eq!(house.heard(&bob), [active]);
    // While the client is away it changes; the client learns it with its return.
    house.act(|rooms, now| rooms.disconnected(bob.connection, now));
    house.sfu(state(true));
    let back = house.connect(Join {
        resume: Some(bob.sid.clone()),
        ..joining(VISIT, BOB, Connections::Dual)
    });
    assert!(house.heard_at(back).contains(&paused));
}

#[test]
fn a_stream_state_of_a_track_that_was_given_up_is_not_told() {
    let mut house = House::new();
    let (ann, bob) = (house.join(ANN), house.join(BOB));
    let track = house.publish(&ann, "cam");
    let give_up = lk::UpdateSubscription {
        track_sids: vec![track.to_string()],
        subscribe: false,
        ..Default::default()
    };
    house.say(&bob, Request::Subscription(give_up));
    house.hush();
    house.sfu(FromSfu::StreamState {
        room: VISIT.into(),
        participant: bob.sid.as_str().into(),
        track,
        paused: true,
    });
    assert_eq!(house.heard(&bob), []);
}

#[test]
fn who_lost_the_media_path_is_asked_once_to_look_for_another_and_stays() {
    let mut house = House::new();
    let ann = house.join(ANN);
    house.hush();
    let down = FromSfu::Disconnected {
        room: VISIT.into(),
        participant: ann.sid.as_str().into(),
        target: Target::Publisher,
    };
    let asked = |house: &mut House| -> Vec<i32> {
        let heard = house.heard(&ann).into_iter();
        heard
            .filter_map(|message| match message {
                Response::Leave(leave) => Some(leave.action),
                _ => None,
            })
            .collect()
    };
    let resume = lk::leave_request::Action::Resume as i32;
    house.sfu(down.clone());
    house.sfu(down.clone());
    assert_eq!(asked(&mut house), [resume]);
    assert_eq!(house.rooms.census().participants, 1);
    house.media_up(&ann);
    house.sfu(down);
    assert_eq!(asked(&mut house), [resume], "the next loss is another one");
}

#[test]
fn a_dead_media_path_ends_the_session_unless_it_comes_back() {
    let mut house = House::new();
    let (ann, bob) = (house.join(ANN), house.join(BOB));
    house.hush();
    let down = |client: &Client| FromSfu::Disconnected {
        room: VISIT.into(),
        participant: client.sid.as_str().into(),
        target: Target::Publisher,
    };
    house.sfu(down(&ann));
    house.sfu(down(&bob));
    house.wait(Duration::from_secs(20));
    house.media_up(&bob);
    house.hush();
    house.wait(Limits::default().media);
    assert_eq!(house.facts(), [left(ANN, LeaveCause::MediaLost)]);
    let goodbye = leave(&house.heard(&ann));
    assert_eq!(goodbye.action, lk::leave_request::Action::Reconnect as i32);
    assert_eq!(house.rooms.census().participants, 1);
}
