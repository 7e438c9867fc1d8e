//! `SyncState`: the client's view after a resume. Here the session was kept, so only the wishes
//! that may have changed meanwhile are taken over.

use livekit_protocol as lk;

use super::{subscription, track_settings};
use crate::room::context::Context;

pub(in crate::room) fn handle(cx: &mut Context<'_>, state: lk::SyncState) {
    if let Some(wishes) = state.subscription {
        // Tracks that are gone need no word: the Update before this told of them.
        let _ = subscription::apply(cx, wishes);
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
