//! `UpdateVideoLayers`: the published layers have other sizes or rates.

use std::sync::Arc;

use bus::media::ToSfu;
use livekit_protocol as lk;

use crate::room::context::Context;

pub(super) fn handle(cx: &mut Context<'_>, update: lk::UpdateVideoLayers) {
    let longest = cx.fx.limits.text;
    let Some(me) = cx.me_mut() else { return };
    let Some(track) = me.tracks.get_mut(update.track_sid.as_str()) else {
        return;
    };
    if !track.set_layers(update.layers, longest) {
        return;
    }
    let (sid, layers, bound) = (Arc::clone(&track.sid), track.layers(), track.bound);
    cx.fx.sfu(ToSfu::SetLayers {
        room: Arc::clone(&cx.room.name),
        participant: Arc::clone(&cx.who),
        track: sid,
        layers,
    });
    if bound {
        cx.room.announce(cx.fx, &cx.who, cx.now);
    }
}
