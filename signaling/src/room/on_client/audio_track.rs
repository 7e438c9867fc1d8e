//! `UpdateLocalAudioTrack`: the client changed how its voice is processed.

use livekit_protocol as lk;
use lk::request_response::Request as Subject;

use crate::room::context::Context;
use crate::room::reply;
use crate::room::track::FEATURES;

pub(super) fn handle(cx: &mut Context<'_>, update: lk::UpdateLocalAudioTrack) {
    let Some(me) = cx.me_mut() else { return };
    let Some(track) = me.tracks.get_mut(update.track_sid.as_str()) else {
        return cx.reply(reply::not_yours(Subject::UpdateAudioTrack(update)));
    };
    let mut features = update.features;
    features.truncate(FEATURES);
    if track.info.audio_features == features {
        return;
    }
    track.info.audio_features = features;
    if track.bound {
        cx.room.announce(cx.fx, &cx.who, cx.now);
    }
}
