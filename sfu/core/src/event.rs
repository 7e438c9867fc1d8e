//! What a node reports.

use crate::{MediaReport, ParticipantSid, Path, Quality, RoomName, TrackSid};

/// One report.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// About one participant.
    Peer {
        /// The room.
        room: RoomName,
        /// Whose.
        participant: ParticipantSid,
        /// What happened.
        event: PeerEvent,
    },
    /// Who speaks changed. Loudest first.
    Speakers {
        /// The room.
        room: RoomName,
        /// The present speakers.
        speakers: Vec<Speaker>,
    },
}

/// What happened to a participant.
#[derive(Debug, Clone, PartialEq)]
pub enum PeerEvent {
    /// The answer to the client's offer.
    Answer {
        /// The offer's id.
        id: u32,
        /// The SDP.
        sdp: String,
        /// Every section of this connection that carries a track: mid → track.
        mid_to_track: Vec<(String, TrackSid)>,
    },
    /// An offer of the node for the subscriber connection.
    Offer {
        /// Grows with each offer.
        id: u32,
        /// The SDP.
        sdp: String,
        /// Every section of this connection that carries a track: mid → track.
        mid_to_track: Vec<(String, TrackSid)>,
    },
    /// Single connection: the client must offer anew, with this many more receiving sections.
    SectionsNeeded {
        /// Missing audio sections.
        audios: u32,
        /// Missing video sections.
        videos: u32,
    },
    /// An announced track met its media section: it can be subscribed to.
    Published {
        /// Which.
        track: TrackSid,
        /// The section.
        mid: String,
        /// The negotiated codec, for example `video/VP8`.
        mime: String,
        /// RIDs of the section as the offer listed them; empty without simulcast.
        rids: Vec<String>,
    },
    /// The client stopped sending a published track: an offer made its section inactive or gave
    /// it to another track. The track is forgotten and its subscriptions are over.
    Unpublished {
        /// Which.
        track: TrackSid,
    },
    /// The subscription is bound to a section; its media will flow.
    Subscribed {
        /// Which.
        track: TrackSid,
    },
    /// ICE and DTLS of a connection are up, for the first time or again.
    Connected {
        /// Which connection.
        target: Target,
    },
    /// A connection is dead: consent expired (RFC 7675) or DTLS failed.
    Disconnected {
        /// Which connection.
        target: Target,
    },
    /// A description was refused; the participant must connect anew.
    Failed {
        /// For the log: what was wrong, without SDP text.
        reason: String,
    },
    /// Which steps of the participant's track somebody watches (dynacast).
    Wanted {
        /// Which.
        track: TrackSid,
        /// Lower-case codec name.
        codec: String,
        /// The highest step wanted; none when nobody watches.
        quality: Option<Quality>,
    },
    /// A received video stopped for want of bandwidth, or goes on.
    StreamState {
        /// Which.
        track: TrackSid,
        /// Stopped?
        paused: bool,
    },
    /// Another layer of a received video flows from now on.
    Layer {
        /// Which track.
        track: TrackSid,
        /// What flows; none when nothing does.
        quality: Option<Quality>,
        /// Why.
        reason: LayerReason,
    },
    /// Where a connection's packets go: told at first and after each change.
    Path {
        /// Which connection.
        target: Target,
        /// The way. Its address may be that of a relay's allocation.
        path: Path,
    },
    /// What the participant's media did in the last minute, or in the rest of the session.
    Report(Box<MediaReport>),
    /// A second's view of the participant's connections.
    Quality {
        /// Share of packets lost, 0.0–1.0, the worse direction.
        loss: f32,
        /// Round trip in milliseconds; none before the first report.
        rtt_ms: Option<u32>,
        /// What is to blame; none when nothing is.
        reason: Option<QualityReason>,
    },
}

/// Why another layer of a video flows, or none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LayerReason {
    /// The receiver's network carries less, or more again.
    Bandwidth,
    /// The receiver shows it smaller, larger, or not at all.
    Viewer,
    /// The publisher sends other layers than before.
    Publisher,
}

/// What makes a connection worse than excellent; the strongest cause.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QualityReason {
    /// Packets from the participant are lost.
    UplinkLoss,
    /// Packets to the participant are lost.
    DownlinkLoss,
    /// Packets take long.
    Latency,
    /// The participant's network carries less than the media wanted.
    Bandwidth,
}

/// Which of a participant's connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Target {
    /// The client's sending connection, or the single one.
    Publisher,
    /// The client's receiving connection.
    Subscriber,
}

/// One who speaks.
#[derive(Debug, Clone, PartialEq)]
pub struct Speaker {
    /// Who.
    pub participant: ParticipantSid,
    /// Linear level 0.0–1.0.
    pub level: f32,
}
