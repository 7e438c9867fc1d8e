//! `Path`, `Layer`, `StreamState` and `Report`: what the visit's journal keeps of the network.

use bus::journal::Happening;
use bus::media::{FromSfu, ParticipantSid, RoomName};

use crate::room::Now;
use crate::room::members::Room;
use crate::room::rooms::Rooms;

/// Enters `message` for the participant it concerns, if that one is still there.
pub(super) fn enter(rooms: &mut Rooms, message: &FromSfu, now: Now) {
    let Some((room, participant, what)) = happening(message) else {
        return;
    };
    let present = rooms
        .rooms
        .get(room)
        .is_some_and(|room| room.participants.contains_key(participant));
    if present {
        rooms.in_room(room, participant.clone(), now, |cx| cx.fact(what));
    } else if matches!(what, Happening::Quality { .. }) {
        last_words(rooms, room, participant, what, now);
    }
}

/// The rest of a session's last minute comes after its end.
fn last_words(
    rooms: &mut Rooms,
    room: &str,
    participant: &ParticipantSid,
    what: Happening,
    now: Now,
) {
    let fx = &mut rooms.fx;
    let Some(gone) = fx.last_words.heard(participant) else {
        return;
    };
    let same = |room: &&mut Room| room.journal.session() == gone.session;
    let journal = match rooms.rooms.get_mut(room).filter(same) {
        Some(room) => Some(&mut room.journal),
        None => fx.last_words.journal_mut(gone.session),
    };
    let entry = journal.and_then(|it| it.entry(gone.account, Some(participant), what, now));
    fx.fact(entry);
    fx.last_words.close(gone.session);
}

fn happening(message: &FromSfu) -> Option<(&RoomName, &ParticipantSid, Happening)> {
    match message {
        FromSfu::Path {
            room,
            participant,
            target,
            path,
        } => {
            let (target, path) = (*target, *path);
            Some((room, participant, Happening::Path { target, path }))
        }
        FromSfu::Layer {
            room,
            participant,
            track,
            quality,
            reason,
        } => {
            let (track, quality, reason) = (track.clone(), *quality, *reason);
            let what = Happening::Layer {
                track,
                quality,
                reason,
            };
            Some((room, participant, what))
        }
        FromSfu::StreamState {
            room,
            participant,
            track,
            paused,
        } => {
            let track = track.clone();
            let what = if *paused {
                Happening::StreamPaused { track }
            } else {
                Happening::StreamResumed { track }
            };
            Some((room, participant, what))
        }
        FromSfu::Report {
            room,
            participant,
            report,
        } => {
            let report = *report;
            Some((room, participant, Happening::Quality { report }))
        }
        _ => None,
    }
}
