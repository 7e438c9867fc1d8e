//! `StreamState`: a video stopped for want of bandwidth, or flows again. Its receiver is told, so
//! that the picture can be marked as paused instead of looking frozen.

use bus::media::TrackSid;
use livekit_protocol as lk;
use lk::StreamState;

use crate::room::Response;
use crate::room::context::Context;

pub(super) fn handle(cx: &mut Context<'_>, track: &TrackSid, paused: bool) {
    let Some(me) = cx.me_mut() else { return };
    // The SFU may have said it while the subscription was being taken back.
    if !me.subscribed.contains(track) {
        return;
    }
    let changed = if paused {
        me.paused.insert(TrackSid::clone(track))
    } else {
        me.paused.remove(track)
    };
    if changed {
        tell(cx, &[(TrackSid::clone(track), paused)]);
    }
}

/// Everything that is paused, and what is not any more, for a client that was away.
pub(in crate::room) fn tell_all(cx: &mut Context<'_>) {
    let Some(me) = cx.me() else { return };
    let states: Vec<_> = me
        .subscribed
        .iter()
        .filter(|track| {
            let found = cx.room.track(track);
            found.is_some_and(|(_, track)| track.kind == bus::media::MediaKind::Video)
        })
        .map(|track| (TrackSid::clone(track), me.paused.contains(track)))
        .collect();
    tell(cx, &states);
}

fn tell(cx: &mut Context<'_>, states: &[(TrackSid, bool)]) {
    let infos = states.iter().filter_map(|(track, paused)| {
        let (owner, _) = cx.room.track(track)?;
        let state = if *paused {
            StreamState::Paused
        } else {
            StreamState::Active
        };
        Some(lk::StreamStateInfo {
            participant_sid: owner.sid.to_string(),
            track_sid: track.to_string(),
            state: state as i32,
        })
    });
    let stream_states: Vec<_> = infos.collect();
    if !stream_states.is_empty() {
        let update = lk::StreamStateUpdate { stream_states };
        cx.reply(Response::StreamStateUpdate(update));
    }
}
