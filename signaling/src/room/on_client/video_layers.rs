//! `UpdateVideoLayers`: the published layers have other sizes or rates.

use livekit_protocol as lk;

use crate::room::context::Context;

pub(super) fn handle(cx: &mut Context<'_>, update: lk::UpdateVideoLayers) {
    let Some(me) = cx.me_mut() else { return };
    let Some(track) = me.tracks.get_mut(update.track_sid.as_str()) else {
        return;
    };
    if track.set_layers(update.layers) && track.bound {
        cx.room.announce(cx.fx, &cx.who, cx.now);
    }
}
