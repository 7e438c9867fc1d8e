//! `AddTrack`: a track is announced. Its media section comes in an offer before or after.

use std::sync::Arc;

use bus::media::{ToSfu, TrackSid};
use livekit_protocol as lk;
use lk::request_response::{Reason, Request as Subject};

use crate::room::context::Context;
use crate::room::timer::Due;
use crate::room::track::{Track, Unfit};
use crate::room::{Response, depart, reply};

pub(in crate::room) fn handle(cx: &mut Context<'_>, request: lk::AddTrackRequest) {
    let Some(me) = cx.me() else { return };
    if !me.grant.can_publish {
        return refuse(cx, Reason::NotAllowed, "publishing is not allowed", request);
    }
    // The same announcement again, because our answer was lost.
    let mut pending = me.tracks.values().filter(|track| !track.bound);
    if let Some(track) = pending.find(|track| track.cid == request.cid) {
        let (cid, info) = (request.cid, track.info.clone());
        return confirm(cx, cid, info);
    }
    if me.tracks.len() >= cx.fx.limits.tracks {
        return refuse(cx, Reason::LimitExceeded, "too many tracks", request);
    }
    let Ok(sid) = cx.fx.sids.track() else {
        return refuse(
            cx,
            Reason::UnclassifiedError,
            "no name for the track",
            request,
        );
    };
    match Track::announced(sid, &request, cx.fx.limits.text) {
        Ok(track) => add(cx, track),
        Err(unfit) => {
            let reason = match unfit {
                Unfit::Kind | Unfit::SecondCodec => Reason::UnsupportedType,
                Unfit::Text => Reason::InvalidRequest,
            };
            refuse(cx, reason, &unfit.to_string(), request);
        }
    }
}

fn add(cx: &mut Context<'_>, mut track: Track) {
    let at = cx.now.after(cx.fx.limits.publish);
    let due = Due::Publish(Arc::clone(&track.sid));
    cx.fx.timers.set(at, depart::timer(cx.room, &cx.who, due));
    track.due = Some(at);

    let (name, who) = (Arc::clone(&cx.room.name), Arc::clone(&cx.who));
    let (cid, info, sid) = (
        track.cid.clone(),
        track.info.clone(),
        Arc::clone(&track.sid),
    );
    cx.fx.sfu(ToSfu::Publish {
        room: Arc::clone(&name),
        participant: Arc::clone(&who),
        track: track.for_sfu(),
    });
    if info.muted {
        cx.fx.sfu(ToSfu::SetMuted {
            room: name,
            participant: Arc::clone(&who),
            track: Arc::clone(&sid),
            muted: true,
        });
    }
    cx.room.owners.insert(Arc::clone(&sid), who);
    if let Some(me) = cx.me_mut() {
        me.tracks.insert(sid, track);
    }
    confirm(cx, cid, info);
}

/// The media section never came: the track is taken back.
pub(in crate::room) fn give_up(cx: &mut Context<'_>, sid: &TrackSid) {
    let Some(me) = cx.me_mut() else { return };
    if me.tracks.get(sid).is_none_or(|track| track.bound) {
        return;
    }
    me.tracks.remove(sid);
    depart::forget_track(cx.room, sid);
    cx.fx.sfu(ToSfu::Unpublish {
        room: Arc::clone(&cx.room.name),
        participant: Arc::clone(&cx.who),
        track: Arc::clone(sid),
    });
    cx.reply(Response::TrackUnpublished(lk::TrackUnpublishedResponse {
        track_sid: sid.to_string(),
    }));
}

fn confirm(cx: &mut Context<'_>, cid: String, info: lk::TrackInfo) {
    let track = Some(info);
    cx.reply(Response::TrackPublished(lk::TrackPublishedResponse {
        cid,
        track,
    }));
}

fn refuse(cx: &mut Context<'_>, reason: Reason, message: &str, request: lk::AddTrackRequest) {
    cx.reply(reply::refusal(reason, message, Subject::AddTrack(request)));
}
