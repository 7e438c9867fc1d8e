//! The link between signaling and its SFU on the same node.
//!
//! signaling decides who is in a room, who may publish and who receives what. The SFU owns the
//! peer connections: it answers and makes SDP, binds tracks to media sections, and forwards
//! packets. SDP passes through signaling as text.
//!
//! One link is one ordered stream each way. When it breaks, both sides forget every room of the
//! link: the SFU closes the peers, signaling tells its clients to connect anew (`Leave` with
//! `RECONNECT`). `Hello` opens a link; nothing else is valid before it.

mod from_sfu;
mod report;

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::journal::TrackSource;

pub use from_sfu::FromSfu;
pub use report::{
    FlowReport, Flows, LayerReason, MediaPath, MediaReport, QualityReason, RefusalReason,
};

/// A room's name (the visit id). At most 64 bytes.
pub type RoomName = Arc<str>;
/// A participant's session: `PA_…`, unique for ever.
pub type ParticipantSid = Arc<str>;
/// A published track: `TR_…`, unique for ever.
pub type TrackSid = Arc<str>;

/// From signaling to the SFU.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum ToSfu {
    /// Opens the link; everything of an earlier link is forgotten.
    Hello {
        /// One value per life of signaling.
        epoch: u64,
    },
    /// A participant's peer connections come to be. For [`Connections::Dual`] the SFU offers the
    /// subscriber connection (data channels only) at once.
    Open {
        /// The room; made by its first participant.
        room: RoomName,
        /// Whose.
        participant: ParticipantSid,
        /// The stable identity, stamped on relayed data packets.
        identity: Arc<str>,
        /// One peer connection or two.
        connections: Connections,
        /// Whether media of this participant is accepted.
        publish: bool,
        /// Whether data of this participant is passed on.
        publish_data: bool,
    },
    /// An SDP offer from the client (publisher connection, or the single one).
    Offer {
        /// The room.
        room: RoomName,
        /// Whose.
        participant: ParticipantSid,
        /// `SessionDescription.id`, echoed in the answer.
        id: u32,
        /// At most 256 KiB.
        sdp: String,
    },
    /// An SDP answer to the SFU's offer (subscriber connection).
    Answer {
        /// The room.
        room: RoomName,
        /// Whose.
        participant: ParticipantSid,
        /// The id of the offer answered.
        id: u32,
        /// At most 256 KiB.
        sdp: String,
    },
    /// The client announced a track (AddTrack); its media section may come before or after.
    Publish {
        /// The room.
        room: RoomName,
        /// Whose.
        participant: ParticipantSid,
        /// What was announced.
        track: PublishTrack,
    },
    /// The track is gone; its subscriptions end.
    Unpublish {
        /// The room.
        room: RoomName,
        /// Whose.
        participant: ParticipantSid,
        /// Which.
        track: TrackSid,
    },
    /// The publisher muted or unmuted; a muted track is not forwarded.
    SetMuted {
        /// The room.
        room: RoomName,
        /// Whose.
        participant: ParticipantSid,
        /// Which.
        track: TrackSid,
        /// Muted?
        muted: bool,
    },
    /// `participant` shall receive `track` of `publisher`. Sent after [`FromSfu::Published`].
    Subscribe {
        /// The room.
        room: RoomName,
        /// The receiver.
        participant: ParticipantSid,
        /// The sender.
        publisher: ParticipantSid,
        /// Which.
        track: TrackSid,
    },
    /// `participant` shall no longer receive `track`.
    Unsubscribe {
        /// The room.
        room: RoomName,
        /// The receiver.
        participant: ParticipantSid,
        /// Which.
        track: TrackSid,
    },
    /// What the receiver shows of a track.
    TrackSettings {
        /// The room.
        room: RoomName,
        /// The receiver.
        participant: ParticipantSid,
        /// Which.
        track: TrackSid,
        /// What is wanted.
        settings: TrackSettings,
    },
    /// The client's signal connection came back. The SFU restarts ICE on the subscriber
    /// connection (dual) and asks for keyframes.
    Resume {
        /// The room.
        room: RoomName,
        /// Whose.
        participant: ParticipantSid,
    },
    /// The participant is gone for good. After the last one nothing of the room remains.
    Close {
        /// The room.
        room: RoomName,
        /// Whose.
        participant: ParticipantSid,
    },
    /// The publisher sends layers of other sizes or rates than it announced.
    SetLayers {
        /// The room.
        room: RoomName,
        /// Whose.
        participant: ParticipantSid,
        /// Which.
        track: TrackSid,
        /// Lowest first; empty when unknown.
        layers: Vec<Layer>,
    },
}

/// LiveKit's two ways to connect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Connections {
    /// `/rtc/v1`: one connection, the client offers everything.
    Single,
    /// `/rtc`: a publisher connection the client offers and a subscriber connection the SFU offers.
    Dual,
}

/// Audio or video.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum MediaKind {
    /// Opus, possibly with RED.
    Audio,
    /// VP8, VP9, H264 or AV1.
    Video,
}

/// An announced track.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PublishTrack {
    /// The server's name for it.
    pub sid: TrackSid,
    /// `MediaStreamTrack.id`: the second half of `a=msid` in the offer.
    pub cid: String,
    /// Audio or video.
    pub kind: MediaKind,
    /// What it shows or sounds like.
    pub source: TrackSource,
    /// Lower-case codec names the client wants first (`vp8`, `h264`, `vp9`, `av1`); empty = any.
    pub preferred_codecs: Vec<String>,
    /// Announced layers with their sizes, lowest first; empty when unknown.
    pub layers: Vec<Layer>,
    /// Payloads are end-to-end encrypted, as the publisher says.
    pub encrypted: bool,
}

/// One simulcast layer as announced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Layer {
    /// Which step.
    pub quality: Quality,
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
    /// Bits per second at most.
    pub bitrate: u32,
}

/// Simulcast steps, as LiveKit names them (`q`, `h`, `f` as RIDs).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Quality {
    /// RID `q`.
    Low,
    /// RID `h`.
    Medium,
    /// RID `f`, or the only layer.
    High,
}

/// What a receiver shows of a track.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrackSettings {
    /// Not shown at all: nothing is forwarded.
    pub disabled: bool,
    /// Pixels of the element; 0 = unknown, then `quality` counts.
    pub width: u32,
    /// Pixels of the element; 0 = unknown, then `quality` counts.
    pub height: u32,
    /// The highest step wanted when the size is unknown.
    pub quality: Quality,
    /// Shown large or pinned: served before the others when the network is narrow.
    #[serde(default)]
    pub pinned: bool,
    /// Pictures a second that are enough; 0 = all.
    #[serde(default)]
    pub fps: u32,
}

/// Which of the dual connections an SDP belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    /// The client's sending connection, or the single one.
    Publisher,
    /// The client's receiving connection.
    Subscriber,
}

/// One who speaks.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Speaker {
    /// Who.
    pub participant: ParticipantSid,
    /// Linear level 0.0–1.0 (RFC 6464 levels mapped).
    pub level: f32,
}

#[cfg(test)]
mod tests;
