//! What signaling orders.

use bus::journal::TrackSource;
use bus::media::{self, ToSfu};
use sfu_core::{
    Action, Command, Connections, Layer, MediaKind, PublishTrack, Quality, Source, TrackSettings,
};

/// An order of signaling. None for `Hello`, which is the link's own.
pub(crate) fn command(message: ToSfu) -> Option<Command> {
    let (room, participant, action) = match message {
        ToSfu::Hello { .. } => return None,
        ToSfu::Open {
            room,
            participant,
            identity,
            connections,
            publish,
            publish_data,
        } => {
            let connections = match connections {
                media::Connections::Single => Connections::Single,
                media::Connections::Dual => Connections::Dual,
            };
            let action = Action::Open {
                identity,
                connections,
                publish,
                publish_data,
            };
            (room, participant, action)
        }
        ToSfu::Offer {
            room,
            participant,
            id,
            sdp,
        } => (room, participant, Action::Offer { id, sdp }),
        ToSfu::Answer {
            room,
            participant,
            id,
            sdp,
        } => (room, participant, Action::Answer { id, sdp }),
        ToSfu::Publish {
            room,
            participant,
            track,
        } => (room, participant, Action::Publish(publish_track(track))),
        ToSfu::Unpublish {
            room,
            participant,
            track,
        } => (room, participant, Action::Unpublish { track }),
        ToSfu::SetMuted {
            room,
            participant,
            track,
            muted,
        } => (room, participant, Action::SetMuted { track, muted }),
        ToSfu::Subscribe {
            room,
            participant,
            publisher,
            track,
        } => (room, participant, Action::Subscribe { publisher, track }),
        ToSfu::Unsubscribe {
            room,
            participant,
            track,
        } => (room, participant, Action::Unsubscribe { track }),
        ToSfu::TrackSettings {
            room,
            participant,
            track,
            settings,
        } => {
            let settings = TrackSettings {
                disabled: settings.disabled,
                width: settings.width,
                height: settings.height,
                quality: quality(settings.quality),
                pinned: settings.pinned,
                fps: settings.fps,
            };
            (room, participant, Action::TrackSettings { track, settings })
        }
        ToSfu::SetLayers {
            room,
            participant,
            track,
            layers,
        } => {
            let layers = layers.into_iter().map(layer).collect();
            (room, participant, Action::SetLayers { track, layers })
        }
        ToSfu::Resume { room, participant } => (room, participant, Action::Resume),
        ToSfu::Close { room, participant } => (room, participant, Action::Close),
    };
    Some(Command {
        room,
        participant,
        action,
    })
}

fn publish_track(track: media::PublishTrack) -> PublishTrack {
    PublishTrack {
        sid: track.sid,
        cid: track.cid,
        kind: match track.kind {
            media::MediaKind::Audio => MediaKind::Audio,
            media::MediaKind::Video => MediaKind::Video,
        },
        source: match track.source {
            TrackSource::Camera => Source::Camera,
            TrackSource::Microphone => Source::Microphone,
            TrackSource::Screen => Source::Screen,
            TrackSource::ScreenAudio => Source::ScreenAudio,
            TrackSource::Unknown => Source::Unknown,
        },
        preferred_codecs: track.preferred_codecs,
        layers: track.layers.into_iter().map(layer).collect(),
        encrypted: track.encrypted,
    }
}

fn layer(layer: media::Layer) -> Layer {
    Layer {
        quality: quality(layer.quality),
        width: layer.width,
        height: layer.height,
        bitrate: layer.bitrate,
    }
}

fn quality(quality: media::Quality) -> Quality {
    match quality {
        media::Quality::Low => Quality::Low,
        media::Quality::Medium => Quality::Medium,
        media::Quality::High => Quality::High,
    }
}
