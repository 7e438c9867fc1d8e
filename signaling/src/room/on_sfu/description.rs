//! SDP on its way from the SFU to the client.

use bus::media::TrackSid;
use livekit_protocol as lk;

use crate::room::context::Context;
use crate::room::leave::Departure;
use crate::room::{Response, depart};

pub(super) fn answer(cx: &mut Context<'_>, id: u32, sdp: String, mids: Vec<(String, TrackSid)>) {
    cx.room.tell_news_of(cx.fx, &mids);
    cx.reply(Response::Answer(description("answer", id, sdp, mids)));
}

pub(super) fn offer(cx: &mut Context<'_>, id: u32, sdp: String, mids: Vec<(String, TrackSid)>) {
    cx.room.tell_news_of(cx.fx, &mids);
    cx.reply(Response::Offer(description("offer", id, sdp, mids)));
}

/// The map is complete each time: it replaces the one the client has.
fn description(
    kind: &str,
    id: u32,
    sdp: String,
    mids: Vec<(String, TrackSid)>,
) -> lk::SessionDescription {
    let mids = mids.into_iter();
    lk::SessionDescription {
        r#type: kind.to_owned(),
        sdp,
        id,
        mid_to_track_id: mids.map(|(mid, track)| (mid, track.to_string())).collect(),
    }
}

pub(super) fn sections_needed(cx: &mut Context<'_>, num_audios: u32, num_videos: u32) {
    cx.reply(Response::MediaSectionsRequirement(
        lk::MediaSectionsRequirement {
            num_audios,
            num_videos,
        },
    ));
}

/// A description was refused: the two ends no longer agree, so the client starts afresh.
pub(super) fn failed(cx: &mut Context<'_>, reason: &str) {
    tracing::warn!(
        room.id = %cx.room.name,
        participant.sid = %cx.who,
        "The SFU refused a session description: {reason}"
    );
    depart::depart(cx.room, cx.fx, &cx.who, Departure::RESTART, cx.now);
}
