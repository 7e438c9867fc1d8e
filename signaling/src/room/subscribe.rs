//! Who receives what: the wish of the receiver, the consent of the publisher, the grant.

use std::sync::Arc;

use bus::media::{ParticipantSid, ToSfu, TrackSid};

use super::effects::Effects;
use super::members::Room;

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

/// Brings the SFU's view of one track at one receiver in line with the policy.
pub(crate) fn settle(room: &mut Room, fx: &mut Effects, receiver: &str, track: &str) {
    let Some(me) = room.participants.get(receiver) else {
        return;
    };
    let Some((owner, found)) = room.track(track) else {
        return;
    };
    let wanted = me.wants(owner, found);
    if wanted == me.subscribed.contains(track) {
        return;
    }
    let (participant, publisher) = (Arc::clone(&me.sid), Arc::clone(&owner.sid));
    let (name, track) = (Arc::clone(&room.name), Arc::clone(&found.sid));
    if let Some(me) = room.participants.get_mut(receiver) {
        if wanted {
            me.subscribed.insert(Arc::clone(&track));
        } else {
            me.subscribed.remove(&track);
        }
    }
    fx.sfu(if wanted {
        ToSfu::Subscribe {
            room: name,
            participant,
            publisher,
            track,
        }
    } else {
        ToSfu::Unsubscribe {
            room: name,
            participant,
            track,
        }
    });
}
