use bus::journal::{Happening, LeaveCause, RefusedFor, TrackSource};
use bus::media::{FromSfu, LayerReason, MediaPath, MediaReport, Quality, Target};
use livekit_protocol as lk;

use super::harness::*;
use crate::room::{Request, VisitChange};

fn report(client: &Client, period_ms: u32) -> FromSfu {
    FromSfu::Report {
        room: VISIT.into(),
        participant: client.sid.as_str().into(),
        report: MediaReport {
            period_ms,
            ..MediaReport::default()
        },
    }
}

fn quality(period_ms: u32) -> Happening {
    let report = MediaReport {
        period_ms,
        ..MediaReport::default()
    };
    Happening::Quality { report }
}

#[test]
fn what_the_sfu_measures_is_entered_in_order() {
    let mut house = House::new();
    let (ann, bob) = (house.join(ANN), house.join(BOB));
    let track = house.publish(&ann, "cam");
    house.hush();
    let (room, participant) = (VISIT, bob.sid.as_str());
    house.sfu(FromSfu::Path {
        room: room.into(),
        participant: participant.into(),
        target: Target::Subscriber,
        path: MediaPath::TurnTls,
    });
    house.sfu(FromSfu::Layer {
        room: room.into(),
        participant: participant.into(),
        track: track.clone(),
        quality: Some(Quality::Low),
        reason: LayerReason::Bandwidth,
    });
    for paused in [true, false] {
        house.sfu(FromSfu::StreamState {
            room: room.into(),
            participant: participant.into(),
            track: track.clone(),
            paused,
        });
    }
    house.sfu(report(&bob, 60_000));
    let bob = |what| (what, account(BOB));
    assert_eq!(
        house.facts(),
        [
            bob(Happening::Path {
                target: Target::Subscriber,
                path: MediaPath::TurnTls
            }),
            bob(Happening::Layer {
                track: track.clone(),
                quality: Some(Quality::Low),
                reason: LayerReason::Bandwidth
            }),
            bob(Happening::StreamPaused {
                track: track.clone()
            }),
            bob(Happening::StreamResumed { track }),
            bob(quality(60_000)),
        ]
    );
}

#[test]
fn mute_and_share_are_entered_once_each() {
    let mut house = House::new();
    let ann = house.join(ANN);
    let screen = lk::AddTrackRequest {
        source: lk::TrackSource::ScreenShare as i32,
        ..camera("screen")
    };
    let camera = house.publish(&ann, "cam");
    house.hush();
    let screen = house.publish_as(&ann, screen);
    for muted in [true, true, false] {
        let sid = camera.to_string();
        house.say(&ann, Request::Mute(lk::MuteTrackRequest { sid, muted }));
    }
    house.sfu(FromSfu::Unpublished {
        room: VISIT.into(),
        participant: ann.sid.as_str().into(),
        track: screen.clone(),
    });
    let source = TrackSource::Camera;
    let entered = [
        Happening::ShareStarted {
            track: screen.clone(),
        },
        Happening::Muted {
            track: camera.clone(),
            source,
        },
        Happening::Unmuted {
            track: camera,
            source,
        },
        Happening::ShareStopped { track: screen },
    ];
    assert_eq!(
        house.facts(),
        entered.map(|what| (what, account(ANN))).to_vec()
    );
}

#[test]
fn a_refused_attempt_is_entered_with_and_without_a_room() {
    let mut house = House::new();
    let ann = house.join(ANN);
    house.hush();
    house.act(|rooms, now| {
        let change = VisitChange {
            visit: visit(VISIT),
            patient: Some(account(BOB)),
            from: domain::VisitState::Admitted,
            to: domain::VisitState::Ready,
        };
        rooms.visit_changed(&change, now);
    });
    let knock = || joining(VISIT, BOB, bus::media::Connections::Dual);
    house.connect(knock());
    house.connect(knock());
    let reason = RefusedFor::NotAdmitted;
    let refused = (Happening::Refused { reason }, account(BOB));
    assert_eq!(
        house.facts(),
        std::slice::from_ref(&refused),
        "two at once are one"
    );
    house.say(&ann, Request::Leave(lk::LeaveRequest::default()));
    house.hush();
    house.wait(std::time::Duration::from_secs(2));
    house.connect(knock());
    assert_eq!(house.facts(), [refused]);
    let (room, alone) = (house.numbers()[0], *house.numbers().last().unwrap());
    assert_ne!(room.0, alone.0, "no room, so a value of its own");
    assert_eq!(alone.1, 1);
}

#[test]
fn the_rest_of_the_last_minute_is_entered_after_the_room_has_gone() {
    let mut house = House::new();
    let (ann, bob) = (house.join(ANN), house.join(BOB));
    house.hush();
    for client in [&ann, &bob] {
        house.say(client, Request::Leave(lk::LeaveRequest::default()));
    }
    house.assert_empty();
    house.sfu(report(&bob, 12_000));
    // Somebody comes back before the other's last words: that is another life of the room.
    let again = house.join(BOB);
    house.sfu(report(&ann, 13_000));
    house.sfu(report(&ann, 14_000));
    house.say(&again, Request::Leave(lk::LeaveRequest::default()));
    house.sfu(report(&again, 15_000));
    let lives: Vec<_> = house.numbers().iter().map(|(session, _)| session).collect();
    let (first, second) = (*lives[0], *lives[5]);
    let life = |session| move |entry: &&(u64, u64)| entry.0 == session;
    for (session, count) in [(first, 6), (second, 3)] {
        let numbers = house.numbers().iter().filter(life(session));
        let numbers: Vec<u64> = numbers.map(|(_, number)| *number).collect();
        assert_eq!(numbers, (1..=count).collect::<Vec<_>>());
    }
    assert_eq!(
        house.facts(),
        [
            left(ANN, LeaveCause::Client),
            left(BOB, LeaveCause::Client),
            (quality(12_000), account(BOB)),
            (Happening::Joined, account(BOB)),
            (quality(13_000), account(ANN)),
            left(BOB, LeaveCause::Client),
            (quality(15_000), account(BOB)),
        ]
    );
}

#[test]
fn whoever_is_not_heard_of_in_time_is_forgotten() {
    let mut house = House::new();
    let ann = house.join(ANN);
    house.say(&ann, Request::Leave(lk::LeaveRequest::default()));
    house.wait(std::time::Duration::from_secs(11));
    let bob = house.join(BOB);
    house.say(&bob, Request::Leave(lk::LeaveRequest::default()));
    house.hush();
    house.sfu(report(&ann, 1));
    house.sfu(report(&bob, 2));
    assert_eq!(house.facts(), [(quality(2), account(BOB))]);
    let sessions: Vec<u64> = house
        .numbers()
        .iter()
        .map(|(session, _)| *session)
        .collect();
    assert_ne!(sessions[0], sessions[2], "another life of the room");
}
