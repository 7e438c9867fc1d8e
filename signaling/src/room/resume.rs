//! A session whose signal connection was lost goes on in a new one.

use std::sync::Arc;

use bus::journal::Happening;
use bus::media::ToSfu;
use livekit_protocol as lk;
use lk::DisconnectReason;
use lk::leave_request::Action;

use super::context::Context;
use super::effects::{ConnectionId, Effects, Seat};
use super::join::Join;
use super::members::Room;
use super::participant::Participant;
use super::{CloseCode, Now, Response, depart, on_client, on_sfu, reply, subscribe};

/// Gives the session `sid` the new `connection`. `Reconnect` is the first message it gets: until
/// then clients throw everything away. A session of somebody else is as unknown as none.
pub(crate) fn resume(
    room: &mut Room,
    fx: &mut Effects,
    connection: ConnectionId,
    sid: &str,
    join: Join,
    now: Now,
) {
    let Some(me) = room.participants.get_mut(sid) else {
        return unknown(fx, connection);
    };
    if me.grant.identity != join.grant.identity || me.connections != join.connections {
        return unknown(fx, connection);
    }
    let who = Arc::clone(&me.sid);
    me.token_until = join.until;
    let missed = std::mem::take(&mut me.missed);
    if let Some(old) = me.connection.replace(connection) {
        // The old socket's end may be noticed long after the new one came.
        fx.close(old, CloseCode::REPLACED);
    }
    let seat = Seat {
        room: Arc::clone(&room.name),
        participant: Arc::clone(&who),
    };
    fx.seats.insert(connection, seat);
    let cx = &mut Context { room, fx, who, now };
    depart::signal_back(cx);
    depart::media_back(cx);

    cx.reply(Response::Reconnect(lk::ReconnectResponse {
        ice_servers: join.ice_servers,
        server_info: Some(reply::server_info()),
        ..Default::default()
    }));
    let mut participants = missed;
    participants.extend(cx.room.participants.values().map(Participant::info));
    cx.reply(reply::update(participants));
    // What was decided while nobody was there to be told.
    subscribe::settle_receiver(cx.room, cx.fx, &Arc::clone(&cx.who));
    on_sfu::stream_state::tell_all(cx);
    if let Some(sync_state) = join.sync_state {
        on_client::sync_state::handle(cx, sync_state);
    }
    cx.fx.sfu(ToSfu::Resume {
        room: Arc::clone(&cx.room.name),
        participant: Arc::clone(&cx.who),
    });
    if let Some(offer) = join.offer {
        on_client::offer::handle(cx, offer);
    }
    cx.fact(Happening::Resumed);
}

/// There is no such session: the client shall join afresh.
pub(crate) fn unknown(fx: &mut Effects, connection: ConnectionId) {
    let leave = reply::leave(Action::Reconnect, DisconnectReason::StateMismatch);
    fx.send(connection, leave);
    fx.close(connection, CloseCode::NORMAL);
}
