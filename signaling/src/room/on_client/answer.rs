//! `Answer`: to the SFU's offer for the subscriber connection.

use std::sync::Arc;

use bus::media::{Connections, ToSfu};
use livekit_protocol::SessionDescription;

use crate::room::context::Context;
use crate::room::depart;
use crate::room::leave::Departure;

pub(super) fn handle(cx: &mut Context<'_>, answer: SessionDescription) {
    // A single connection is never offered anything, so there is nothing to answer.
    if cx
        .me()
        .is_none_or(|me| me.connections == Connections::Single)
    {
        return;
    }
    if answer.sdp.len() > cx.fx.limits.sdp {
        return depart::depart(cx.room, cx.fx, &cx.who, Departure::RESTART, cx.now);
    }
    cx.fx.sfu(ToSfu::Answer {
        room: Arc::clone(&cx.room.name),
        participant: Arc::clone(&cx.who),
        id: answer.id,
        sdp: answer.sdp,
    });
}
