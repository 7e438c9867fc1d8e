//! Many people in one room: who is told what, and how much of it.

use std::collections::BTreeSet;
use std::time::Duration;

use bus::media::{FromSfu, Speaker, ToSfu, TrackSid};
use livekit_protocol as lk;
use prost::Message as _;

use super::harness::*;
use crate::room::{Limits, Request, Response};

/// Everybody joins in the same instant and publishes a camera.
fn gather(count: usize) -> (House, Vec<Client>, Vec<TrackSid>) {
    let mut house = House::new();
    let people: Vec<_> = (0..count).map(|n| house.join(&person(n))).collect();
    let cameras = people.iter().map(|who| house.publish(who, "cam")).collect();
    house.settle();
    (house, people, cameras)
}

/// Whom `who` receives now, by the SFU's view.
fn received(told: &[ToSfu], who: &Client) -> BTreeSet<TrackSid> {
    let mut tracks = BTreeSet::new();
    for message in told {
        match message {
            ToSfu::Subscribe {
                participant, track, ..
            } if **participant == *who.sid => {
                tracks.insert(TrackSid::clone(track));
            }
            ToSfu::Unsubscribe {
                participant, track, ..
            } if **participant == *who.sid => {
                tracks.remove(track);
            }
            _ => {}
        }
    }
    tracks
}

fn speak(house: &mut House, who: &[&Client]) {
    let speakers = who.iter().map(|client| Speaker {
        participant: client.sid.as_str().into(),
        level: 0.5,
    });
    house.sfu(FromSfu::Speakers {
        room: VISIT.into(),
        speakers: speakers.collect(),
    });
}

fn bytes(messages: &[Response]) -> usize {
    let encoded = messages.iter().map(|message| {
        let message = Some(message.clone());
        lk::SignalResponse { message }.encoded_len()
    });
    encoded.sum()
}

#[test]
fn twelve_people_all_receive_each_other() {
    let (mut house, people, cameras) = gather(12);
    let told = house.told_sfu();
    for (number, who) in people.iter().enumerate() {
        let mut others: BTreeSet<_> = cameras.iter().cloned().collect();
        others.remove(&cameras[number]);
        assert_eq!(received(&told, who), others, "{number}");
    }
}

#[test]
fn twelve_people_all_know_each_other() {
    let mut house = House::new();
    let people: Vec<_> = (0..12).map(|n| house.join(&person(n))).collect();
    for who in &people {
        let mut known: BTreeSet<String> = BTreeSet::new();
        for message in house.heard(who) {
            let infos = match message {
                Response::Join(join) => join.other_participants,
                Response::Update(update) => update.participants,
                _ => vec![],
            };
            known.extend(infos.into_iter().map(|info| info.sid));
        }
        let others = people.iter().filter(|other| other.sid != who.sid);
        assert_eq!(known, others.map(|other| other.sid.clone()).collect());
    }
}

#[test]
fn in_a_crowd_cameras_come_from_the_stage_and_voices_and_screens_from_all() {
    let (mut house, people, cameras) = gather(25);
    let told = house.told_sfu();
    let stage: BTreeSet<_> = cameras[..12].iter().cloned().collect();
    assert_eq!(received(&told, &people[24]), stage);
    let mut seated = stage;
    seated.remove(&cameras[3]);
    assert_eq!(received(&told, &people[3]), seated);

    let announce = |house: &mut House, source: lk::TrackSource, kind: lk::TrackType| {
        let request = lk::AddTrackRequest {
            source: source as i32,
            r#type: kind as i32,
            ..camera("more")
        };
        house.hush();
        house.say(&people[20], Request::AddTrack(request));
        let heard = house.heard(&people[20]);
        let Some(Response::TrackPublished(published)) = heard.last() else {
            panic!("{heard:?}");
        };
        let sid: TrackSid = published.track.clone().expect("a track").sid.into();
        house.bind(&people[20], &sid);
        let receivers = house.told_sfu().into_iter();
        receivers
            .filter(|message| matches!(message, ToSfu::Subscribe { track, .. } if *track == sid))
            .count()
    };
    let screen = announce(
        &mut house,
        lk::TrackSource::ScreenShare,
        lk::TrackType::Video,
    );
    assert_eq!(screen, 24);
    let voice = announce(
        &mut house,
        lk::TrackSource::Microphone,
        lk::TrackType::Audio,
    );
    assert_eq!(voice, 24);
}

#[test]
fn who_speaks_comes_on_stage_and_who_is_pinned_stays_in_sight() {
    let (mut house, people, cameras) = gather(14);
    let mut told = house.told_sfu();
    let pin = lk::UpdateSubscription {
        track_sids: vec![cameras[0].to_string()],
        subscribe: true,
        ..Default::default()
    };
    house.say(&people[5], Request::Subscription(pin));
    house.wait(Duration::from_secs(10));
    // Number 0 is silent longest only if everybody else on stage has spoken.
    let stage: Vec<_> = people[1..12].iter().collect();
    speak(&mut house, &stage);
    speak(&mut house, &[]);
    speak(&mut house, &[&people[13]]);
    told.extend(house.told_sfu());
    for (number, who) in people.iter().enumerate() {
        let received = received(&told, who);
        assert_eq!(received.contains(&cameras[13]), number != 13, "{number}");
        assert_eq!(received.contains(&cameras[0]), number == 5, "{number}");
    }
    // Steady speech of those on stage changes nothing.
    speak(&mut house, &[&people[13], &people[4]]);
    assert_eq!(house.told_sfu(), []);
    // Speaking now takes no seat, because all have just spoken; but it gives the next claim.
    speak(&mut house, &[&people[12]]);
    assert_eq!(house.told_sfu(), []);
    house.say(&people[4], Request::Leave(lk::LeaveRequest::default()));
    let told = house.told_sfu();
    let moved = told.iter().filter(
        |message| matches!(message, ToSfu::Subscribe { track, .. } if *track == cameras[12]),
    );
    assert_eq!(moved.count(), 12, "everybody who is left");
}

#[test]
fn a_wish_against_a_camera_outlives_the_stage() {
    let (mut house, people, cameras) = gather(14);
    let hide = lk::UpdateSubscription {
        track_sids: vec![cameras[13].to_string()],
        subscribe: false,
        ..Default::default()
    };
    house.say(&people[0], Request::Subscription(hide));
    house.wait(Duration::from_secs(10));
    house.hush();
    speak(&mut house, &[&people[13]]);
    let told = house.told_sfu();
    assert!(!received(&told, &people[0]).contains(&cameras[13]));
    assert!(received(&told, &people[12]).contains(&cameras[13]));
}

#[test]
fn a_rush_costs_each_one_a_few_messages_and_not_one_for_everybody() {
    let (mut house, people, _) = gather(25);
    house.hush();
    // Twenty more within one pause, who also connect, while nobody is described any media.
    let late: Vec<_> = (25..45).map(|n| house.join(&person(n))).collect();
    for who in &late {
        house.media_up(who);
    }
    house.settle();
    for who in &people {
        let heard = house.heard(who);
        assert!(
            heard.len() <= 2,
            "one Update and one RoomUpdate: {}",
            heard.len()
        );
        let update = update(&heard);
        assert_eq!(update.len(), 20, "each newcomer once");
        // A newcomer without tracks is some 200 bytes.
        assert!(bytes(&heard) < 20 * 400, "{} bytes", bytes(&heard));
    }
}

#[test]
fn news_that_media_depends_on_does_not_wait() {
    let (mut house, people, _) = gather(25);
    house.hush();
    let late = house.join(&person(25));
    let track = house.publish(&late, "cam");
    assert_eq!(house.heard(&people[0]), [], "waits for more");
    house.sfu(FromSfu::Offer {
        room: VISIT.into(),
        participant: people[0].sid.as_str().into(),
        id: 9,
        sdp: "v=0".into(),
        mid_to_track: vec![("1".into(), track)],
    });
    let heard = house.heard(&people[0]);
    let update = heard.iter().position(|m| matches!(m, Response::Update(_)));
    let offer = heard.iter().position(|m| matches!(m, Response::Offer(_)));
    assert!(update.is_some() && update < offer, "{heard:?}");
}

#[test]
fn leaves_in_a_crowd_are_told_once_and_before_the_return_of_the_same_person() {
    let (mut house, people, _) = gather(25);
    house.hush();
    house.say(&people[7], Request::Leave(lk::LeaveRequest::default()));
    house.join(&person(7));
    house.say(&people[8], Request::Leave(lk::LeaveRequest::default()));
    house.settle();
    let heard = house.heard(&people[0]);
    let seen = update(&heard);
    let told: Vec<_> = seen
        .iter()
        .map(|info| (info.identity.clone(), info.state == 3))
        .collect();
    let expected = [(person(7), true), (person(8), true), (person(7), false)];
    assert_eq!(told, expected);
}

#[test]
fn the_end_of_a_crowded_room_is_one_leave_each() {
    let (mut house, people, _) = gather(25);
    house.hush();
    house.act(|rooms, now| rooms.sfu_lost(now));
    for who in &people {
        let heard = house.heard(who);
        assert!(
            matches!(heard.as_slice(), [Response::Leave(_)]),
            "{heard:?}"
        );
    }
    house.assert_empty();
}

#[test]
fn nothing_of_a_crowd_remains_either() {
    let (mut house, people, _) = gather(25);
    for who in &people {
        house.say(who, Request::Leave(lk::LeaveRequest::default()));
    }
    house.assert_empty();
    let limit = Limits::default().crowd;
    assert!(people.len() > limit, "it was a crowd");
}
