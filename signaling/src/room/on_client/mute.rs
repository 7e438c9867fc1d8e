//! `Mute`: the client muted or unmuted a track of its own. No SDP follows.

use std::sync::Arc;

use bus::journal::Happening;
use bus::media::ToSfu;
use livekit_protocol as lk;
use lk::request_response::Request as Subject;

use crate::room::context::Context;
use crate::room::{fact, reply};

pub(super) fn handle(cx: &mut Context<'_>, request: lk::MuteTrackRequest) {
    let Some(me) = cx.me_mut() else { return };
    let Some(track) = me.tracks.get_mut(request.sid.as_str()) else {
        return cx.reply(reply::not_yours(Subject::Mute(request)));
    };
    if track.info.muted == request.muted {
        return;
    }
    track.info.muted = request.muted;
    let (sid, bound) = (Arc::clone(&track.sid), track.bound);
    let source = fact::source(&track.info);
    cx.fx.sfu(ToSfu::SetMuted {
        room: Arc::clone(&cx.room.name),
        participant: Arc::clone(&cx.who),
        track: Arc::clone(&sid),
        muted: request.muted,
    });
    cx.fact(if request.muted {
        Happening::Muted { track: sid, source }
    } else {
        Happening::Unmuted { track: sid, source }
    });
    if bound {
        cx.room.announce(cx.fx, &cx.who, cx.now);
    }
}
