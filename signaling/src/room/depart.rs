//! The end of a session, and of a connection.

use std::sync::Arc;

use bus::journal::Happening;
use bus::media::{ParticipantSid, ToSfu};
use livekit_protocol::DisconnectReason;
use livekit_protocol::leave_request::Action;

use super::context::Context;
use super::effects::Effects;
use super::leave::Departure;
use super::members::Room;
use super::participant::Participant;
use super::timer::{Due, Timer};
use super::{Now, on_sfu, reply, subscribe};

/// Removes `sid` and everything that was its own; the others are told.
pub(crate) fn depart(
    room: &mut Room,
    fx: &mut Effects,
    sid: &ParticipantSid,
    how: Departure,
    now: Now,
) {
    let Some(gone) = room.participants.remove(sid) else {
        return;
    };
    say_goodbye(room, fx, &gone, how);
    for track in gone.tracks.keys() {
        forget_track(room, track);
    }
    room.speakers.remove(sid);
    let moves = room.stage.leave(sid, now.elapsed);
    // The others hear of it before the SFU takes the sections out of their sessions.
    let farewell = gone.farewell(how.reason);
    let most = fx.limits.missed;
    for away in room.participants.values_mut() {
        if away.connection.is_none() && away.missed.len() < most {
            away.missed.push(farewell.clone());
        }
    }
    room.announce_leave(fx, farewell, now);
    close_media(room, fx, sid);
    subscribe::settle_cameras(room, fx, &moves);
    enter(room, fx, &gone, how, now);
}

/// Removes everybody. As nobody stays, nobody is told of the others.
pub(crate) fn depart_all(room: &mut Room, fx: &mut Effects, how: Departure, now: Now) {
    for gone in std::mem::take(&mut room.participants).into_values() {
        say_goodbye(room, fx, &gone, how);
        close_media(room, fx, &gone.sid);
        enter(room, fx, &gone, how, now);
    }
    room.owners.clear();
}

/// The journal is told, and waits for what the SFU has still to say of the session.
fn enter(room: &mut Room, fx: &mut Effects, gone: &Participant, how: Departure, now: Now) {
    let (account, cause) = (gone.grant.identity, how.cause);
    room.fact(fx, account, Some(&gone.sid), Happening::Left { cause }, now);
    fx.last_words
        .expect(&gone.sid, account, room.journal.session(), now);
}

/// The client is told, and its connection and timers end.
fn say_goodbye(room: &Room, fx: &mut Effects, gone: &Participant, how: Departure) {
    cancel_timers(room, fx, gone);
    if let Some(connection) = gone.connection {
        if let Some(action) = how.action {
            fx.send(connection, reply::leave(action, how.reason));
        }
        fx.close(connection, how.close);
    }
}

fn close_media(room: &Room, fx: &mut Effects, sid: &ParticipantSid) {
    fx.sfu(ToSfu::Close {
        room: Arc::clone(&room.name),
        participant: Arc::clone(sid),
    });
}

/// Nobody publishes, wants or receives `track` any longer.
pub(crate) fn forget_track(room: &mut Room, track: &str) {
    room.owners.remove(track);
    for participant in room.participants.values_mut() {
        participant.forget_track(track);
    }
}

/// The client's signal connection is gone; the session waits for it to come back.
pub(crate) fn signal_lost(cx: &mut Context<'_>) {
    let at = cx.now.after(cx.fx.limits.departure);
    let timer = timer(cx.room, &cx.who, Due::Departure);
    if let Some(me) = cx.me_mut() {
        me.connection = None;
        me.depart_at = Some(at);
        cx.fx.timers.set(at, timer);
    }
}

/// The client's signal connection is back.
pub(crate) fn signal_back(cx: &mut Context<'_>) {
    if let Some(at) = cx.me_mut().and_then(|me| me.depart_at.take()) {
        let timer = timer(cx.room, &cx.who, Due::Departure);
        cx.fx.timers.cancel(at, timer);
    }
}

/// The client's media path is dead; the session waits for it to come back. The client is asked to
/// resume, that is, to look for another path: its own engine would notice seconds later.
pub(crate) fn media_lost(cx: &mut Context<'_>) {
    let at = cx.now.after(cx.fx.limits.media);
    let timer = timer(cx.room, &cx.who, Due::Media);
    let Some(me) = cx.me_mut() else { return };
    if me.media_at.is_some() {
        return;
    }
    me.media_at = Some(at);
    let told = me.quality.lose();
    if let Some(connection) = me.connection {
        let again = reply::leave(Action::Resume, DisconnectReason::MediaFailure);
        cx.fx.send(connection, again);
    }
    cx.fx.timers.set(at, timer);
    if told {
        on_sfu::quality::tell(cx);
    }
}

/// The client's media path is back, or about to be built anew.
pub(crate) fn media_back(cx: &mut Context<'_>) {
    if let Some(at) = cx.me_mut().and_then(|me| me.media_at.take()) {
        let timer = timer(cx.room, &cx.who, Due::Media);
        cx.fx.timers.cancel(at, timer);
    }
}

pub(crate) fn timer(room: &Room, sid: &ParticipantSid, due: Due) -> Timer {
    Timer {
        room: Arc::clone(&room.name),
        participant: Some(Arc::clone(sid)),
        due,
    }
}

fn cancel_timers(room: &Room, fx: &mut Effects, gone: &Participant) {
    let of = |due| timer(room, &gone.sid, due);
    if let Some(at) = gone.depart_at {
        fx.timers.cancel(at, of(Due::Departure));
    }
    if let Some(at) = gone.media_at {
        fx.timers.cancel(at, of(Due::Media));
    }
    for track in gone.tracks.values() {
        if let Some(at) = track.due {
            fx.timers
                .cancel(at, of(Due::Publish(Arc::clone(&track.sid))));
        }
    }
}
