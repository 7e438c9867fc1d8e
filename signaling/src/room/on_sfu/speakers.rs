//! `Speakers`: who speaks, told as changes.

use std::collections::BTreeMap;
use std::sync::Arc;

use bus::media::{ParticipantSid, Speaker};
use livekit_protocol as lk;

use crate::room::effects::Effects;
use crate::room::members::Room;
use crate::room::{Now, Response, subscribe};

/// Levels closer than this look the same.
const STEP: f32 = 0.05;

pub(super) fn handle(room: &mut Room, fx: &mut Effects, speakers: &[Speaker], now: Now) {
    let present: BTreeMap<ParticipantSid, f32> = speakers
        .iter()
        .filter(|speaker| room.participants.contains_key(&speaker.participant))
        .map(|speaker| (Arc::clone(&speaker.participant), speaker.level))
        .collect();
    let info = |sid: &ParticipantSid, level: f32, active: bool| lk::SpeakerInfo {
        sid: sid.to_string(),
        level,
        active,
    };
    let before = std::mem::take(&mut room.speakers);
    let silent = before.keys().filter(|sid| !present.contains_key(*sid));
    let mut changes: Vec<_> = silent.map(|sid| info(sid, 0.0, false)).collect();
    for (sid, level) in &present {
        let same = before
            .get(sid)
            .is_some_and(|was| (was - level).abs() < STEP);
        if !same {
            changes.push(info(sid, *level, true));
        }
    }
    if !changes.is_empty() {
        let update = lk::SpeakersChanged { speakers: changes };
        room.tell_all(fx, Response::SpeakersChanged(update));
    }
    let loudest_first: Vec<ParticipantSid> = speakers
        .iter()
        .filter(|speaker| present.contains_key(&speaker.participant))
        .map(|speaker| Arc::clone(&speaker.participant))
        .collect();
    room.speakers = present;
    let moves = room.stage.speak(&loudest_first, now.elapsed);
    subscribe::settle_cameras(room, fx, &moves);
}
