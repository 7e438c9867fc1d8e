//! `UpdateSubscription`: which of others' tracks the client wants.

use std::collections::BTreeSet;
use std::sync::Arc;

use bus::media::TrackSid;
use livekit_protocol as lk;

use crate::room::context::Context;
use crate::room::{Response, subscribe};

pub(super) fn handle(cx: &mut Context<'_>, update: lk::UpdateSubscription) {
    let subscribe = update.subscribe;
    for name in apply(cx, update) {
        if subscribe {
            cx.reply(Response::SubscriptionResponse(lk::SubscriptionResponse {
                track_sid: name,
                err: lk::SubscriptionError::SeTrackNotfound as i32,
            }));
        }
    }
}

/// Notes the wishes and brings the SFU in line; the names that mean no track are handed back.
pub(super) fn apply(cx: &mut Context<'_>, update: lk::UpdateSubscription) -> Vec<String> {
    // Clients fill both fields with the same tracks.
    let grouped = update.participant_tracks.into_iter();
    let names: BTreeSet<String> = update
        .track_sids
        .into_iter()
        .chain(grouped.flat_map(|group| group.track_sids))
        .take(cx.fx.limits.batch)
        .collect();
    let mut unknown = Vec::new();
    for name in names {
        let Some((track, _)) = cx.room.owners.get_key_value(name.as_str()) else {
            unknown.push(name);
            continue;
        };
        let track: TrackSid = Arc::clone(track);
        if let Some(me) = cx.me_mut() {
            me.wishes.insert(Arc::clone(&track), update.subscribe);
        }
        subscribe::settle(cx.room, cx.fx, &cx.who, &track);
    }
    unknown
}
