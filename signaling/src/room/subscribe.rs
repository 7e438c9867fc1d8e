//! Who receives what: the policy, and the difference between it and what the SFU was told.
//!
//! A track is received if its publisher lets it be, and the receiver either asks for it or leaves
//! the choice to the server. The server then chooses every voice, every shared screen, and the
//! cameras of those on [`super::stage`]. A wish, either way, outlives every change of stage.

use std::sync::Arc;

use bus::media::{MediaKind, ParticipantSid, ToSfu, TrackSid};
use livekit_protocol as lk;

use super::Response;
use super::effects::Effects;
use super::members::Room;
use super::participant::Participant;
use super::stage::Moves;
use super::track::Track;

/// What the policy says of one track at one receiver.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Policy {
    /// The publisher lets it be received.
    allowed: bool,
    /// It shall flow.
    wanted: bool,
}

fn policy(room: &Room, me: &Participant, owner: &Participant, track: &Track) -> Policy {
    let to_be_had = track.bound && owner.sid != me.sid;
    let admitted = owner.audience.admits(&me.identity, &track.sid);
    let wish = me.wishes.get(&track.sid).copied();
    let chosen = || me.auto_subscribe && (!is_camera(track) || room.stage.holds(&owner.sid));
    Policy {
        allowed: !to_be_had || (me.grant.can_subscribe && admitted),
        wanted: to_be_had && me.grant.can_subscribe && admitted && wish.unwrap_or_else(chosen),
    }
}

fn is_camera(track: &Track) -> bool {
    let screen = lk::TrackSource::ScreenShare as i32;
    track.kind == MediaKind::Video && track.info.source != screen
}

/// Brings the SFU's view of one track in line with the policy, for every receiver.
pub(crate) fn settle_track(room: &mut Room, fx: &mut Effects, track: &str) {
    let receivers: Vec<ParticipantSid> = room.participants.keys().cloned().collect();
    for receiver in receivers {
        settle(room, fx, &receiver, track);
    }
}

/// Brings the SFU's view of one receiver in line with the policy, for every track.
pub(crate) fn settle_receiver(room: &mut Room, fx: &mut Effects, receiver: &str) {
    // Ordered by publisher and track, so that a run can be repeated.
    let mut tracks: Vec<TrackSid> = room.owners.keys().cloned().collect();
    tracks.sort_unstable();
    for track in tracks {
        settle(room, fx, receiver, &track);
    }
}

/// Brings the SFU's view of these publishers' cameras in line with the policy.
pub(crate) fn settle_cameras(room: &mut Room, fx: &mut Effects, publishers: &Moves) {
    let owners = publishers
        .iter()
        .filter_map(|sid| room.participants.get(sid));
    let cameras: Vec<TrackSid> = owners
        .flat_map(|owner| owner.tracks.values())
        .filter(|track| is_camera(track))
        .map(|track| Arc::clone(&track.sid))
        .collect();
    for camera in cameras {
        settle_track(room, fx, &camera);
    }
}

/// Brings the SFU's view of one track at one receiver in line with the policy, and the receiver's
/// view of what it is allowed.
pub(crate) fn settle(room: &mut Room, fx: &mut Effects, receiver: &str, track: &str) {
    let Some(me) = room.participants.get(receiver) else {
        return;
    };
    let Some((owner, found)) = room.track(track) else {
        return;
    };
    let policy = policy(room, me, owner, found);
    let (publisher, track) = (Arc::clone(&owner.sid), Arc::clone(&found.sid));
    let participant = Arc::clone(&me.sid);
    // Told before the media comes or goes; to a client that is away, at its return.
    let news = policy.allowed == me.barred.contains(&track) && me.connection.is_some();
    if news {
        tell_permission(room, fx, &participant, &publisher, &track, policy.allowed);
    }
    let Some(me) = room.participants.get_mut(receiver) else {
        return;
    };
    if policy.wanted == me.subscribed.contains(&track) {
        return;
    }
    let room = Arc::clone(&room.name);
    fx.sfu(if policy.wanted {
        me.subscribed.insert(Arc::clone(&track));
        ToSfu::Subscribe {
            room,
            participant,
            publisher,
            track,
        }
    } else {
        me.subscribed.remove(&track);
        me.paused.remove(&track);
        ToSfu::Unsubscribe {
            room,
            participant,
            track,
        }
    });
}

/// Tells a receiver whether it may have a track: clients believe so until they are told.
fn tell_permission(
    room: &mut Room,
    fx: &mut Effects,
    receiver: &ParticipantSid,
    publisher: &ParticipantSid,
    track: &TrackSid,
    allowed: bool,
) {
    if let Some(me) = room.participants.get_mut(receiver) {
        if allowed {
            me.barred.remove(track);
        } else {
            me.barred.insert(Arc::clone(track));
        }
    }
    let update = lk::SubscriptionPermissionUpdate {
        participant_sid: publisher.to_string(),
        track_sid: track.to_string(),
        allowed,
    };
    room.tell(fx, receiver, Response::SubscriptionPermissionUpdate(update));
}

/// Tells a receiver again that a track it asks for is not for it.
pub(crate) fn remind(room: &Room, fx: &mut Effects, receiver: &str, track: &str) {
    let barred = |me: &Participant| me.barred.contains(track);
    let Some(owner) = room.owners.get(track) else {
        return;
    };
    if room.participants.get(receiver).is_some_and(barred) {
        let update = lk::SubscriptionPermissionUpdate {
            participant_sid: owner.to_string(),
            track_sid: track.to_owned(),
            allowed: false,
        };
        room.tell(fx, receiver, Response::SubscriptionPermissionUpdate(update));
    }
}
