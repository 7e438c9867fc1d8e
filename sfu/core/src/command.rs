//! What a node is told to do.

use std::sync::Arc;

use crate::{ParticipantSid, RoomName, TrackSid};

/// The longest session description accepted, in bytes. One of twelve participants with camera,
/// microphone and screen has some 40 kB.
pub const MAX_SDP: usize = 256 * 1024;

/// One order, always about one participant of one room.
///
/// Orders about a room or participant the node does not know are ignored: a `Close` may have
/// overtaken them.
#[derive(Debug, Clone, PartialEq)]
pub struct Command {
    /// The room; made by its first participant.
    pub room: RoomName,
    /// Whose.
    pub participant: ParticipantSid,
    /// What to do.
    pub action: Action,
}

/// What to do for a participant.
#[derive(Debug, Clone, PartialEq)]
pub enum Action {
    /// The participant's peer connections come to be. For [`Connections::Dual`] the node offers
    /// the subscriber connection, with the data channels only, at once.
    Open {
        /// The stable identity, stamped on relayed data packets.
        identity: Arc<str>,
        /// One peer connection or two.
        connections: Connections,
        /// Whether media of this participant is accepted.
        publish: bool,
        /// Whether data of this participant is passed on.
        publish_data: bool,
    },
    /// An SDP offer of the client, for the publisher connection or the single one.
    Offer {
        /// Echoed in the answer.
        id: u32,
        /// At most [`MAX_SDP`] bytes.
        sdp: String,
    },
    /// The client's answer to the node's offer. An answer to an older offer is ignored.
    Answer {
        /// The id of the offer answered.
        id: u32,
        /// At most [`MAX_SDP`] bytes.
        sdp: String,
    },
    /// The client announced a track; its media section may come before or after.
    Publish(PublishTrack),
    /// The track is gone; its subscriptions end.
    Unpublish {
        /// Which.
        track: TrackSid,
    },
    /// The publisher muted or unmuted; a muted track is not forwarded.
    SetMuted {
        /// Which.
        track: TrackSid,
        /// Muted?
        muted: bool,
    },
    /// The publisher sends layers of other sizes or rates than it announced.
    SetLayers {
        /// Which.
        track: TrackSid,
        /// Lowest first; empty when unknown.
        layers: Vec<Layer>,
    },
    /// The participant shall receive `track` of `publisher`.
    Subscribe {
        /// The sender.
        publisher: ParticipantSid,
        /// Which.
        track: TrackSid,
    },
    /// The participant shall no longer receive `track`.
    Unsubscribe {
        /// Which.
        track: TrackSid,
    },
    /// What the participant shows of a track.
    TrackSettings {
        /// Which.
        track: TrackSid,
        /// What is wanted.
        settings: TrackSettings,
    },
    /// The client's signal connection came back: the subscriber connection (dual) restarts ICE
    /// and keyframes are asked for.
    Resume,
    /// The participant is gone for good. After the last one nothing of the room remains.
    Close,
}

/// LiveKit's two ways to connect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Connections {
    /// One connection; the client offers everything.
    Single,
    /// A publisher connection the client offers and a subscriber connection the node offers.
    Dual,
}

/// Audio or video.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MediaKind {
    /// Opus, possibly with RED (RFC 2198).
    Audio,
    /// VP8, H264, VP9 or AV1.
    Video,
}

/// What a track shows or sounds like. Tracks that belong together play in step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Source {
    /// Not told.
    #[default]
    Unknown,
    /// A camera.
    Camera,
    /// A microphone.
    Microphone,
    /// A screen or window; it may stand still for long.
    Screen,
    /// What the screen's program plays.
    ScreenAudio,
}

/// An announced track.
#[derive(Debug, Clone, PartialEq)]
pub struct PublishTrack {
    /// The server's name for it.
    pub sid: TrackSid,
    /// `MediaStreamTrack.id`: the second half of `a=msid` in the offer, except in Firefox.
    pub cid: String,
    /// Audio or video.
    pub kind: MediaKind,
    /// What it shows or sounds like.
    pub source: Source,
    /// Lower-case codec names the client wants first; empty = any.
    pub preferred_codecs: Vec<String>,
    /// Announced layers with their sizes, lowest first; empty when unknown.
    pub layers: Vec<Layer>,
    /// Payloads are end-to-end encrypted, as the publisher says: nothing inside them is what it
    /// seems to be.
    pub encrypted: bool,
}

/// One simulcast layer as announced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Layer {
    /// Which step.
    pub quality: Quality,
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
    /// Bits per second at most; 0 = unknown.
    pub bitrate: u32,
}

/// Simulcast steps, as LiveKit names them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Quality {
    /// RID `q`.
    Low,
    /// RID `h`.
    Medium,
    /// RID `f`, or the only layer.
    High,
}

/// What a receiver shows of a track.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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
    pub pinned: bool,
    /// Pictures a second that are enough; 0 = all there are. Fewer come only where the publisher
    /// sends temporal layers.
    pub fps: u32,
}

impl Default for TrackSettings {
    /// Shown, at any size, as good as it gets.
    fn default() -> Self {
        Self {
            disabled: false,
            width: 0,
            height: 0,
            quality: Quality::High,
            pinned: false,
            fps: 0,
        }
    }
}
