//! `UpdateLocalVideoTrack`: the picture has another size, for example after the phone was turned.

use livekit_protocol as lk;
use lk::request_response::Request as Subject;

use crate::room::context::Context;
use crate::room::reply;

pub(super) fn handle(cx: &mut Context<'_>, update: lk::UpdateLocalVideoTrack) {
    let Some(me) = cx.me_mut() else { return };
    let Some(track) = me.tracks.get_mut(update.track_sid.as_str()) else {
        return cx.reply(reply::not_yours(Subject::UpdateVideoTrack(update)));
    };
    let size = (update.width, update.height);
    if (track.info.width, track.info.height) == size {
        return;
    }
    (track.info.width, track.info.height) = size;
    if track.bound {
        cx.room.announce(cx.fx, &cx.who, cx.now);
    }
}
