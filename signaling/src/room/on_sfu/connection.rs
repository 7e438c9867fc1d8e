//! `Connected` and `Disconnected`: the media path.

use crate::room::context::Context;
use crate::room::depart;

pub(super) fn connected(cx: &mut Context<'_>) {
    depart::media_back(cx);
    let Some(me) = cx.me_mut() else { return };
    if !me.active {
        me.active = true;
        cx.room.announce(cx.fx, &cx.who, cx.now);
    }
}

pub(super) fn disconnected(cx: &mut Context<'_>) {
    depart::media_lost(cx);
}
