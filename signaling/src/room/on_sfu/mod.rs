//! What the SFU says: one file a concern.

mod connection;
mod description;
mod journal;
mod publication;
pub(super) mod quality;
mod refused;
mod speakers;
pub(super) mod stream_state;
mod subscribed;
mod wanted;

use bus::media::FromSfu;

use super::Now;
use super::rooms::Rooms;

/// Hands `message` to its handler. Whoever it concerns may have left meanwhile.
pub(super) fn dispatch(rooms: &mut Rooms, message: FromSfu, now: Now) {
    journal::enter(rooms, &message, now);
    match message {
        // The shell answers for the link; see `Rooms::sfu_ready`.
        FromSfu::Ready { .. } => {}
        FromSfu::Answer {
            room,
            participant,
            id,
            sdp,
            mid_to_track,
        } => rooms.in_room(&room, participant, now, |cx| {
            description::answer(cx, id, sdp, mid_to_track);
        }),
        FromSfu::Offer {
            room,
            participant,
            id,
            sdp,
            mid_to_track,
        } => rooms.in_room(&room, participant, now, |cx| {
            description::offer(cx, id, sdp, mid_to_track);
        }),
        FromSfu::SectionsNeeded {
            room,
            participant,
            audios,
            videos,
        } => rooms.in_room(&room, participant, now, |cx| {
            description::sections_needed(cx, audios, videos);
        }),
        FromSfu::Failed {
            room,
            participant,
            reason,
        } => rooms.in_room(&room, participant, now, |cx| {
            description::failed(cx, &reason);
        }),
        FromSfu::Published {
            room,
            participant,
            track,
            mid,
            mime,
            rids,
        } => rooms.in_room(&room, participant, now, |cx| {
            publication::published(cx, &track, mid, mime, &rids);
        }),
        FromSfu::Unpublished {
            room,
            participant,
            track,
        } => rooms.in_room(&room, participant, now, |cx| {
            publication::unpublished(cx, &track);
        }),
        FromSfu::Subscribed {
            room,
            participant,
            track,
        } => rooms.in_room(&room, participant, now, |cx| subscribed::handle(cx, &track)),
        FromSfu::Connected {
            room, participant, ..
        } => rooms.in_room(&room, participant, now, connection::connected),
        FromSfu::Disconnected {
            room, participant, ..
        } => rooms.in_room(&room, participant, now, connection::disconnected),
        FromSfu::Speakers { room, speakers } => {
            if let Some(room) = rooms.rooms.get_mut(&room) {
                speakers::handle(room, &mut rooms.fx, &speakers, now);
            }
        }
        FromSfu::Wanted {
            room,
            participant,
            track,
            codec,
            quality,
        } => rooms.in_room(&room, participant, now, |cx| {
            wanted::handle(cx, &track, codec, quality);
        }),
        FromSfu::Quality {
            room,
            participant,
            loss,
            rtt_ms,
            reason,
        } => rooms.in_room(&room, participant, now, |cx| {
            quality::handle(cx, loss, rtt_ms, reason);
        }),
        FromSfu::StreamState {
            room,
            participant,
            track,
            paused,
        } => rooms.in_room(&room, participant, now, |cx| {
            stream_state::handle(cx, &track, paused);
        }),
        FromSfu::Refused {
            room,
            participant,
            reason,
        } => refused::handle(rooms, &room, participant, reason, now),
        // Entered in the journal above; no client is told.
        FromSfu::Layer { .. } | FromSfu::Path { .. } | FromSfu::Report { .. } => {}
    }
}
