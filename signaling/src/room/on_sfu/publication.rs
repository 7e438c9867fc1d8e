//! `Published` and `Unpublished`: a track met its media section, or lost it.

use std::sync::Arc;

use bus::journal::Happening;
use bus::media::TrackSid;

use crate::room::context::Context;
use crate::room::timer::Due;
use crate::room::{depart, fact, subscribe};

pub(super) fn published(
    cx: &mut Context<'_>,
    sid: &TrackSid,
    mid: String,
    mime: String,
    rids: &[String],
) {
    let Some(track) = cx.me_mut().and_then(|me| me.tracks.get_mut(sid)) else {
        return;
    };
    let share = !track.bound && fact::is_share(&track.info);
    track.bind(mid, mime, rids);
    if let Some(at) = track.due.take() {
        let due = Due::Publish(Arc::clone(sid));
        cx.fx
            .timers
            .cancel(at, depart::timer(cx.room, &cx.who, due));
    }
    if share {
        let track = Arc::clone(sid);
        cx.fact(Happening::ShareStarted { track });
    }
    // The Update comes first: a client drops media of a track it was not told of.
    cx.room.announce(cx.fx, &cx.who, cx.now);
    subscribe::settle_track(cx.room, cx.fx, sid);
}

/// The client took the track back by itself, so it is not told `TrackUnpublished`.
pub(super) fn unpublished(cx: &mut Context<'_>, sid: &TrackSid) {
    let Some(track) = cx.me_mut().and_then(|me| me.tracks.remove(sid)) else {
        return;
    };
    if let Some(at) = track.due {
        let due = Due::Publish(Arc::clone(sid));
        cx.fx
            .timers
            .cancel(at, depart::timer(cx.room, &cx.who, due));
    }
    if track.bound && fact::is_share(&track.info) {
        let track = Arc::clone(sid);
        cx.fact(Happening::ShareStopped { track });
    }
    depart::forget_track(cx.room, sid);
    cx.room.announce(cx.fx, &cx.who, cx.now);
}
