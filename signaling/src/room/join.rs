//! A fresh session.

use std::sync::Arc;

use auth::media::Grant;
use bus::journal::Happening;
use bus::media::{Connections, ParticipantSid, ToSfu};
use jiff::Timestamp;
use livekit_protocol as lk;
use lk::DisconnectReason;
use lk::leave_request::Action;

use super::context::Context;
use super::effects::{ConnectionId, Effects, Seat};
use super::gate::Refusal;
use super::leave::Departure;
use super::members::Room;
use super::participant::Participant;
use super::{CloseCode, Now, PING_INTERVAL, PING_TIMEOUT, Response};
use super::{depart, on_client, reply, subscribe};

/// What a client says when it connects.
#[derive(Debug, Clone)]
pub(crate) struct Join {
    /// What the token allows.
    pub(crate) grant: Grant,
    /// Until when it does.
    pub(crate) until: Timestamp,
    /// The path it came by.
    pub(crate) connections: Connections,
    /// Whether others' tracks are received without asking.
    pub(crate) auto_subscribe: bool,
    /// The client's own protocol number, shown to the others.
    pub(crate) client_protocol: i32,
    /// The session it wants back.
    pub(crate) resume: Option<String>,
    /// The first offer, if it came along.
    pub(crate) offer: Option<lk::SessionDescription>,
    /// Tracks announced along with the join.
    pub(crate) tracks: Vec<lk::AddTrackRequest>,
    /// The client's view of the session it wants back.
    pub(crate) sync_state: Option<lk::SyncState>,
    /// The relays it may use, with its credentials.
    pub(crate) ice_servers: Vec<lk::IceServer>,
}

/// Seats a client. `Join` is the first message it gets.
pub(crate) fn join(
    room: &mut Room,
    fx: &mut Effects,
    connection: ConnectionId,
    generation: u64,
    join: Join,
    now: Now,
) {
    let Ok(sid) = fx.sids.participant() else {
        return fail(fx, connection);
    };
    // Newest wins: the second tab of a person is the one that person looks at.
    if let Some(old) = room
        .session_of(join.grant.identity)
        .map(|old| Arc::clone(&old.sid))
    {
        depart::depart(room, fx, &old, Departure::REPLACED, now);
    }
    let account = join.grant.identity;
    let mut me = Participant::new(Arc::clone(&sid), join.grant, now.wall);
    me.set_client(join.connections, join.client_protocol, join.auto_subscribe);
    me.connection = Some(connection);
    me.generation = generation;
    me.token_until = join.until;
    me.touch();
    let identity = Arc::clone(&me.identity);
    let (publish, publish_data) = (me.grant.can_publish, me.grant.can_publish_data);
    room.participants.insert(Arc::clone(&sid), me);
    room.stage.enter(&sid, fx.limits.crowd, now.elapsed);
    let seat = Seat {
        room: Arc::clone(&room.name),
        participant: Arc::clone(&sid),
    };
    fx.seats.insert(connection, seat);

    welcome(room, fx, &sid, join.ice_servers, now);
    fx.sfu(ToSfu::Open {
        room: Arc::clone(&room.name),
        participant: Arc::clone(&sid),
        identity,
        connections: join.connections,
        publish,
        publish_data,
    });
    room.fact(fx, account, Some(&sid), Happening::Joined, now);
    // Before the first offer, so that a single connection can bind sections in its first answer.
    subscribe::settle_receiver(room, fx, &sid);
    let cx = &mut Context {
        room,
        fx,
        who: sid,
        now,
    };
    for track in join.tracks {
        on_client::add_track::handle(cx, track);
    }
    if let Some(offer) = join.offer {
        on_client::offer::handle(cx, offer);
    }
}

/// `Join` to the newcomer, then news of the newcomer to the others.
fn welcome(
    room: &mut Room,
    fx: &mut Effects,
    sid: &ParticipantSid,
    ice_servers: Vec<lk::IceServer>,
    now: Now,
) {
    let Some(me) = room.participants.get(sid) else {
        return;
    };
    let others = room.participants.values().filter(|other| other.sid != *sid);
    let response = lk::JoinResponse {
        room: Some(room.info(fx)),
        participant: Some(me.info()),
        other_participants: others.map(Participant::info).collect(),
        server_version: reply::server_info().version,
        ice_servers,
        subscriber_primary: me.connections == Connections::Dual,
        ping_timeout: PING_TIMEOUT,
        ping_interval: PING_INTERVAL,
        server_info: Some(reply::server_info()),
        enabled_publish_codecs: reply::publish_codecs(),
        ..Default::default()
    };
    room.tell(fx, sid, Response::Join(response));
    room.announce_join(fx, sid, now);
}

/// The token is good, but the room is not open to its bearer.
pub(crate) fn refuse(fx: &mut Effects, connection: ConnectionId, refusal: Refusal) {
    let (action, reason) = match refusal {
        Refusal::Ended => (Action::Disconnect, DisconnectReason::RoomDeleted),
        Refusal::NotAdmitted => (Action::Disconnect, DisconnectReason::ParticipantRemoved),
        Refusal::Full | Refusal::Locked => (Action::Disconnect, DisconnectReason::JoinFailure),
        Refusal::Overloaded | Refusal::Draining | Refusal::TooOften | Refusal::Unavailable => {
            (Action::Reconnect, DisconnectReason::JoinFailure)
        }
    };
    fx.send(connection, reply::leave(action, reason));
    fx.close(connection, CloseCode::NORMAL);
}

/// There is no randomness to make a session from.
pub(crate) fn fail(fx: &mut Effects, connection: ConnectionId) {
    let leave = reply::leave(Action::Disconnect, DisconnectReason::JoinFailure);
    fx.send(connection, leave);
    fx.close(connection, CloseCode::INTERNAL);
}
