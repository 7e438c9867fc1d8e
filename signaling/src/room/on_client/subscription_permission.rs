//! `SubscriptionPermission`: whom the client's own tracks are meant for.

use std::sync::Arc;

use bus::media::TrackSid;
use livekit_protocol as lk;

use crate::room::context::Context;
use crate::room::permission::Audience;
use crate::room::{Response, subscribe};

pub(super) fn handle(cx: &mut Context<'_>, request: lk::SubscriptionPermission) {
    let audience = Audience::from_request(request, cx.fx.limits.batch, |sid| {
        let named = cx.room.participants.get(sid);
        named.map(|participant| participant.identity.to_string())
    });
    let Some(me) = cx.me_mut() else { return };
    if me.audience == audience {
        return;
    }
    let before = std::mem::replace(&mut me.audience, audience);
    let tracks: Vec<TrackSid> = me.tracks.keys().cloned().collect();
    for track in &tracks {
        tell_receivers(cx, &before, track);
        subscribe::settle_track(cx.room, cx.fx, track);
    }
}

/// Tells those whose permission for `track` changed, before its media comes or goes.
fn tell_receivers(cx: &mut Context<'_>, before: &Audience, track: &TrackSid) {
    let Some(me) = cx.me() else { return };
    let others = cx
        .room
        .participants
        .values()
        .filter(|other| other.sid != me.sid);
    let changed: Vec<_> = others
        .filter_map(|other| {
            let allowed = me.audience.admits(&other.identity, track);
            let was = before.admits(&other.identity, track);
            (allowed != was).then(|| (Arc::clone(&other.sid), allowed))
        })
        .collect();
    for (receiver, allowed) in changed {
        let update = lk::SubscriptionPermissionUpdate {
            participant_sid: cx.who.to_string(),
            track_sid: track.to_string(),
            allowed,
        };
        let message = Response::SubscriptionPermissionUpdate(update);
        cx.room.tell(cx.fx, &receiver, message);
    }
}
