//! `SyncState`: the client's view after a resume. Here the session was kept, so only the wishes
//! that may have changed meanwhile are taken over.
//!
//! Its `datachannel_receive_states` ask for reliable data that was sent while the client was
//! away. Nothing has to be sent again: the peer connection and its SCTP association outlive a
//! resume, and what was not acknowledged is still under way on it. For the same reason
//! `last_message_seq` of `Reconnect` stays 0, which tells the client to repeat nothing.

use livekit_protocol as lk;

use super::{subscription, track_settings};
use crate::room::context::Context;

pub(in crate::room) fn handle(cx: &mut Context<'_>, state: lk::SyncState) {
    if let Some(wishes) = state.subscription {
        subscription::replace(cx, wishes);
    }
    if !state.track_sids_disabled.is_empty() {
        let settings = lk::UpdateTrackSettings {
            track_sids: state.track_sids_disabled,
            disabled: true,
            ..Default::default()
        };
        track_settings::handle(cx, &settings);
    }
}
