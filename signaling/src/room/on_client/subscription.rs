//! `UpdateSubscription`: which of others' tracks the client wants.

use std::collections::BTreeSet;
use std::sync::Arc;

use bus::media::TrackSid;
use livekit_protocol as lk;

use crate::room::context::Context;
use crate::room::{Response, subscribe};

pub(super) fn handle(cx: &mut Context<'_>, update: lk::UpdateSubscription) {
    let wanted = update.subscribe;
    let (known, unknown) = names(cx, update);
    for track in known {
        wish(cx, &track, Some(wanted));
        if wanted {
            subscribe::remind(cx.room, cx.fx, &cx.who, &track);
        }
    }
    if wanted {
        for track_sid in unknown {
            cx.reply(Response::SubscriptionResponse(lk::SubscriptionResponse {
                track_sid,
                err: lk::SubscriptionError::SeTrackNotfound as i32,
            }));
        }
    }
}

/// Takes the client's whole view over, after a resume: what differs from its default is listed,
/// so a track that is not listed is as by default. A track that was asked for beyond the default
/// stays: the list cannot name it.
pub(super) fn replace(cx: &mut Context<'_>, update: lk::UpdateSubscription) {
    let wanted = update.subscribe;
    // Tracks that are gone need no word: the Update before this told of them.
    let (listed, _) = names(cx, update);
    let Some(me) = cx.me() else { return };
    let wishes = me.wishes.iter();
    let dropped: Vec<TrackSid> = wishes
        .filter(|(track, wish)| **wish == wanted && !listed.contains(*track))
        .map(|(track, _)| Arc::clone(track))
        .collect();
    for track in dropped {
        wish(cx, &track, None);
    }
    for track in listed {
        wish(cx, &track, Some(wanted));
    }
}

/// Notes a wish, or that there is none, and brings the SFU in line.
fn wish(cx: &mut Context<'_>, track: &TrackSid, wish: Option<bool>) {
    let Some(me) = cx.me_mut() else { return };
    match wish {
        Some(wish) => me.wishes.insert(Arc::clone(track), wish),
        None => me.wishes.remove(track),
    };
    subscribe::settle(cx.room, cx.fx, &cx.who, track);
}

/// The tracks that are named, and the names that mean none. Clients fill both fields with the
/// same tracks.
fn names(cx: &Context<'_>, update: lk::UpdateSubscription) -> (BTreeSet<TrackSid>, Vec<String>) {
    let grouped = update.participant_tracks.into_iter();
    let named: BTreeSet<String> = update
        .track_sids
        .into_iter()
        .chain(grouped.flat_map(|group| group.track_sids))
        .take(cx.fx.limits.batch)
        .collect();
    let (mut known, mut unknown) = (BTreeSet::new(), Vec::new());
    for name in named {
        match cx.room.owners.get_key_value(name.as_str()) {
            Some((track, _)) => {
                known.insert(Arc::clone(track));
            }
            None => unknown.push(name),
        }
    }
    (known, unknown)
}
