use std::time::Duration;

use bus::command::RoomEventKind as Fact;
use bus::media::{FromSfu, Speaker, Target};
use livekit_protocol as lk;

use super::harness::*;
use crate::room::{Limits, Response};

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
        reason: None,
    };
    for (loss, told) in [
        (0.0, Some(lk::ConnectionQuality::Excellent)),
        (0.01, None),
        (0.3, Some(lk::ConnectionQuality::Poor)),
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
    assert_eq!(house.facts(), [(Fact::Lost, account(ANN))]);
    let goodbye = leave(&house.heard(&ann));
    assert_eq!(goodbye.action, lk::leave_request::Action::Reconnect as i32);
    assert_eq!(house.rooms.census().participants, 1);
}
