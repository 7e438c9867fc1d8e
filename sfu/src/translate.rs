//! The link's messages as those of `sfu-core`, one to one.

use bus::media::{self, FromSfu, ToSfu};
use sfu_core::{
    Action, Command, Connections, Event, Layer, LayerReason, MediaKind, PeerEvent, Protocol,
    PublishTrack, Quality, Target, TrackSettings,
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
        } => {
            let connections = match connections {
                media::Connections::Single => Connections::Single,
                media::Connections::Dual => Connections::Dual,
            };
            let action = Action::Open {
                identity,
                connections,
                publish,
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
            };
            (room, participant, Action::TrackSettings { track, settings })
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
        preferred_codecs: track.preferred_codecs,
        layers: track
            .layers
            .into_iter()
            .map(|layer| Layer {
                quality: quality(layer.quality),
                width: layer.width,
                height: layer.height,
                bitrate: layer.bitrate,
            })
            .collect(),
    }
}

fn quality(quality: media::Quality) -> Quality {
    match quality {
        media::Quality::Low => Quality::Low,
        media::Quality::Medium => Quality::Medium,
        media::Quality::High => Quality::High,
    }
}

fn quality_out(quality: Quality) -> media::Quality {
    match quality {
        Quality::Low => media::Quality::Low,
        Quality::Medium => media::Quality::Medium,
        Quality::High => media::Quality::High,
    }
}

fn target_out(target: Target) -> media::Target {
    match target {
        Target::Publisher => media::Target::Publisher,
        Target::Subscriber => media::Target::Subscriber,
    }
}

/// A report to signaling.
pub(crate) fn message(event: Event) -> FromSfu {
    let (room, participant, event) = match event {
        Event::Peer {
            room,
            participant,
            event,
        } => (room, participant, event),
        Event::Speakers { room, speakers } => {
            let speakers = speakers
                .into_iter()
                .map(|speaker| media::Speaker {
                    participant: speaker.participant,
                    level: speaker.level,
                })
                .collect();
            return FromSfu::Speakers { room, speakers };
        }
    };
    match event {
        PeerEvent::Answer {
            id,
            sdp,
            mid_to_track,
        } => FromSfu::Answer {
            room,
            participant,
            id,
            sdp,
            mid_to_track,
        },
        PeerEvent::Offer {
            id,
            sdp,
            mid_to_track,
        } => FromSfu::Offer {
            room,
            participant,
            id,
            sdp,
            mid_to_track,
        },
        PeerEvent::SectionsNeeded { audios, videos } => FromSfu::SectionsNeeded {
            room,
            participant,
            audios,
            videos,
        },
        PeerEvent::Published {
            track,
            mid,
            mime,
            rids,
        } => FromSfu::Published {
            room,
            participant,
            track,
            mid,
            mime,
            rids,
        },
        PeerEvent::Unpublished { track } => FromSfu::Unpublished {
            room,
            participant,
            track,
        },
        PeerEvent::Subscribed { track } => FromSfu::Subscribed {
            room,
            participant,
            track,
        },
        PeerEvent::Connected { target } => FromSfu::Connected {
            room,
            participant,
            target: target_out(target),
        },
        PeerEvent::Disconnected { target } => FromSfu::Disconnected {
            room,
            participant,
            target: target_out(target),
        },
        PeerEvent::Failed { reason } => FromSfu::Failed {
            room,
            participant,
            reason,
        },
        PeerEvent::Wanted {
            track,
            codec,
            quality,
        } => FromSfu::Wanted {
            room,
            participant,
            track,
            codec,
            quality: quality.map(quality_out),
        },
        PeerEvent::StreamState { track, paused } => FromSfu::StreamState {
            room,
            participant,
            track,
            paused,
        },
        PeerEvent::Layer {
            track,
            quality,
            reason,
        } => FromSfu::Layer {
            room,
            participant,
            track,
            quality: quality.map(quality_out),
            reason: match reason {
                LayerReason::Bandwidth => media::LayerReason::Bandwidth,
                LayerReason::Viewer => media::LayerReason::Viewer,
                LayerReason::Publisher => media::LayerReason::Publisher,
            },
        },
        PeerEvent::Path { target, path } => FromSfu::Path {
            room,
            participant,
            target: target_out(target),
            path: match path.protocol {
                Protocol::Udp => media::MediaPath::Udp,
                Protocol::Tcp => media::MediaPath::Tcp,
            },
        },
        PeerEvent::Quality { loss, rtt_ms } => FromSfu::Quality {
            room,
            participant,
            loss,
            rtt_ms,
            reason: None,
        },
    }
}
