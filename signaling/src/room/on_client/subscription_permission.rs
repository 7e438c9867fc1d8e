//! `SubscriptionPermission`: whom the client's own tracks are meant for.

use bus::media::TrackSid;
use livekit_protocol as lk;

use crate::room::context::Context;
use crate::room::permission::Audience;
use crate::room::subscribe;

pub(super) fn handle(cx: &mut Context<'_>, request: lk::SubscriptionPermission) {
    let audience = Audience::from_request(request, cx.fx.limits.batch, |sid| {
        let named = cx.room.participants.get(sid);
        named.map(|participant| participant.identity.to_string())
    });
    let Some(me) = cx.me_mut() else { return };
    if me.audience == audience {
        return;
    }
    me.audience = audience;
    let tracks: Vec<TrackSid> = me.tracks.keys().cloned().collect();
    for track in &tracks {
        subscribe::settle_track(cx.room, cx.fx, track);
    }
}
