//! `Subscribed`: media of a subscription will flow.

use livekit_protocol as lk;

use crate::room::Response;
use crate::room::context::Context;

/// The publisher is told once: somebody receives the track.
pub(super) fn handle(cx: &mut Context<'_>, track: &str) {
    let Some(owner) = cx.room.owners.get(track).cloned() else {
        return;
    };
    let publisher = cx.room.participants.get_mut(&owner);
    let Some(found) = publisher.and_then(|publisher| publisher.tracks.get_mut(track)) else {
        return;
    };
    if !std::mem::replace(&mut found.heard, true) {
        let track_sid = track.to_owned();
        let message = Response::TrackSubscribed(lk::TrackSubscribed { track_sid });
        cx.room.tell(cx.fx, &owner, message);
    }
}
