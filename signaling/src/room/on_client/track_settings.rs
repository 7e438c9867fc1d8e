//! `UpdateTrackSettings`: what the client shows of others' tracks.

use std::sync::Arc;

use bus::media::{Quality, ToSfu, TrackSettings};
use livekit_protocol as lk;

use crate::room::context::Context;
use crate::room::track;

/// `UpdateTrackSettings.priority`: 1 is the highest, 0 says nothing.
const HIGHEST: u32 = 1;

pub(super) fn handle(cx: &mut Context<'_>, update: &lk::UpdateTrackSettings) {
    let quality = track::quality(update.quality);
    let settings = TrackSettings {
        disabled: update.disabled || quality.is_none(),
        width: update.width,
        height: update.height,
        quality: quality.unwrap_or(Quality::Low),
        pinned: update.priority == HIGHEST,
        fps: update.fps,
    };
    let Some(me) = cx.me() else { return };
    let names = update.track_sids.iter().take(cx.fx.limits.batch);
    let tracks: Vec<_> = names
        .filter_map(|name| me.subscribed.get(name.as_str()).map(Arc::clone))
        .collect();
    for track in tracks {
        cx.fx.sfu(ToSfu::TrackSettings {
            room: Arc::clone(&cx.room.name),
            participant: Arc::clone(&cx.who),
            track,
            settings,
        });
    }
}
