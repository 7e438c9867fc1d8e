//! What clients send: one file a message.

pub(super) mod add_track;
mod answer;
mod audio_track;
mod data_track;
mod leave;
mod metadata;
mod mute;
pub(super) mod offer;
mod ping;
mod subscription;
mod subscription_permission;
pub(super) mod sync_state;
mod track_settings;
mod video_layers;
mod video_track;

use super::Request;
use super::context::Context;

/// Hands `message` to its handler.
#[expect(deprecated, reason = "clients still send UpdateLayers")]
pub(super) fn dispatch(cx: &mut Context<'_>, message: Request) {
    match message {
        Request::Offer(offer) => offer::handle(cx, offer),
        Request::Answer(answer) => answer::handle(cx, answer),
        Request::AddTrack(request) => add_track::handle(cx, request),
        Request::Mute(request) => mute::handle(cx, request),
        Request::Subscription(update) => subscription::handle(cx, update),
        Request::TrackSetting(settings) => track_settings::handle(cx, &settings),
        Request::Leave(_) => leave::handle(cx),
        Request::Ping(_) => ping::handle_legacy(cx),
        Request::PingReq(ping) => ping::handle(cx, ping),
        Request::SyncState(state) => sync_state::handle(cx, state),
        Request::SubscriptionPermission(permission) => {
            subscription_permission::handle(cx, permission);
        }
        Request::UpdateMetadata(update) => metadata::handle(cx, &update),
        Request::PublishDataTrackRequest(request) => data_track::handle(cx, request),
        Request::UpdateLayers(update) => video_layers::handle(cx, update),
        Request::UpdateAudioTrack(update) => audio_track::handle(cx, update),
        Request::UpdateVideoTrack(update) => video_track::handle(cx, update),
        // Trickle: the SFU is ICE-lite and learns the client's addresses from its checks.
        // Simulate is for test servers, data tracks and blobs are not offered, and a message of a
        // newer protocol is not known: none of them is an error.
        _ => {}
    }
}
