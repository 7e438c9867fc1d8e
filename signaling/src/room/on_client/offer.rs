//! `Offer`: the client's publisher connection, or its single one.

use std::sync::Arc;

use bus::media::ToSfu;
use livekit_protocol::SessionDescription;

use crate::room::context::Context;
use crate::room::depart;
use crate::room::leave::Departure;

pub(in crate::room) fn handle(cx: &mut Context<'_>, offer: SessionDescription) {
    if offer.sdp.len() > cx.fx.limits.sdp {
        // Unanswered, the client would wait in vain: it starts afresh.
        return depart::depart(cx.room, cx.fx, &cx.who, Departure::RESTART, cx.now);
    }
    cx.fx.sfu(ToSfu::Offer {
        room: Arc::clone(&cx.room.name),
        participant: Arc::clone(&cx.who),
        id: offer.id,
        sdp: offer.sdp,
    });
}
