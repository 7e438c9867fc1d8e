//! What the SFU tells signaling.

use serde::{Deserialize, Serialize};

use super::{
    LayerReason, MediaPath, MediaReport, ParticipantSid, Quality, QualityReason, RefusalReason,
    RoomName, Speaker, Target, TrackSid,
};

/// From the SFU to signaling.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum FromSfu {
    /// The SFU's answer to `Hello`; the link is usable from here.
    Ready {
        /// One value per life of the SFU.
        epoch: u64,
        /// The epoch of the `Hello` answered.
        hello: u64,
    },
    /// The answer to the client's offer.
    Answer {
        /// The room.
        room: RoomName,
        /// Whose.
        participant: ParticipantSid,
        /// The offer's id.
        id: u32,
        /// The SDP.
        sdp: String,
        /// Every bound section of this connection: mid → track.
        mid_to_track: Vec<(String, TrackSid)>,
    },
    /// An offer of the SFU for the subscriber connection.
    Offer {
        /// The room.
        room: RoomName,
        /// Whose.
        participant: ParticipantSid,
        /// Grows with each offer.
        id: u32,
        /// The SDP.
        sdp: String,
        /// Every bound section of this connection: mid → track.
        mid_to_track: Vec<(String, TrackSid)>,
    },
    /// Single connection: the client must re-offer, with this many more receiving sections.
    SectionsNeeded {
        /// The room.
        room: RoomName,
        /// Whose.
        participant: ParticipantSid,
        /// Missing audio sections.
        audios: u32,
        /// Missing video sections.
        videos: u32,
    },
    /// An announced track met its media section: it can be subscribed to.
    Published {
        /// The room.
        room: RoomName,
        /// Whose.
        participant: ParticipantSid,
        /// Which.
        track: TrackSid,
        /// The section.
        mid: String,
        /// The negotiated codec, for example `video/VP8`.
        mime: String,
        /// RIDs of the section, as the offer listed them; empty without simulcast.
        rids: Vec<String>,
    },
    /// The client stopped sending a track that was published: an offer made its section inactive
    /// or receive-only, or another track took the section. There is no other message for this in
    /// the LiveKit protocol. The SFU has forgotten the track; its subscriptions are over.
    Unpublished {
        /// The room.
        room: RoomName,
        /// Whose.
        participant: ParticipantSid,
        /// Which.
        track: TrackSid,
    },
    /// Media of the subscription is bound to a section and will flow.
    Subscribed {
        /// The room.
        room: RoomName,
        /// The receiver.
        participant: ParticipantSid,
        /// Which.
        track: TrackSid,
    },
    /// ICE and DTLS of a connection are up.
    Connected {
        /// The room.
        room: RoomName,
        /// Whose.
        participant: ParticipantSid,
        /// Which connection.
        target: Target,
    },
    /// A connection is dead: consent expired (RFC 7675) or DTLS failed. signaling waits for the
    /// client to resume and closes the participant when it does not.
    Disconnected {
        /// The room.
        room: RoomName,
        /// Whose.
        participant: ParticipantSid,
        /// Which connection.
        target: Target,
    },
    /// A description was refused; the participant must connect anew.
    Failed {
        /// The room.
        room: RoomName,
        /// Whose.
        participant: ParticipantSid,
        /// For the log: what was wrong, without SDP text.
        reason: String,
    },
    /// Who speaks changed. Loudest first.
    Speakers {
        /// The room.
        room: RoomName,
        /// The present speakers; level 0.0–1.0.
        speakers: Vec<Speaker>,
    },
    /// Which steps of a track somebody watches (dynacast).
    Wanted {
        /// The room.
        room: RoomName,
        /// The publisher.
        participant: ParticipantSid,
        /// Which.
        track: TrackSid,
        /// Lower-case codec name.
        codec: String,
        /// The highest step wanted; none when nobody watches.
        quality: Option<Quality>,
    },
    /// A second's view of a participant's connections.
    Quality {
        /// The room.
        room: RoomName,
        /// Whose.
        participant: ParticipantSid,
        /// Share of packets lost in the last seconds, 0.0–1.0, the worse direction.
        loss: f32,
        /// Round trip in milliseconds; none before the first report.
        rtt_ms: Option<u32>,
        /// What is to blame; none when nothing is.
        reason: Option<QualityReason>,
    },
    /// A video stopped for want of bandwidth, or flows again.
    StreamState {
        /// The room.
        room: RoomName,
        /// The receiver.
        participant: ParticipantSid,
        /// Which.
        track: TrackSid,
        /// Stopped?
        paused: bool,
    },
    /// Another layer of a video flows from now on.
    Layer {
        /// The room.
        room: RoomName,
        /// The receiver.
        participant: ParticipantSid,
        /// Which.
        track: TrackSid,
        /// What flows; none when nothing does.
        quality: Option<Quality>,
        /// Why.
        reason: LayerReason,
    },
    /// How a connection's packets travel: told at first and after each change.
    Path {
        /// The room.
        room: RoomName,
        /// Whose.
        participant: ParticipantSid,
        /// Which connection.
        target: Target,
        /// How.
        path: MediaPath,
    },
    /// What a participant's media did in the last minute, or in the rest of the session.
    Report {
        /// The room.
        room: RoomName,
        /// Whose.
        participant: ParticipantSid,
        /// What it did.
        report: MediaReport,
    },
    /// The node is full: `Open` was not done, nothing of the participant exists here.
    Refused {
        /// The room.
        room: RoomName,
        /// Whose.
        participant: ParticipantSid,
        /// What is used up.
        reason: RefusalReason,
    },
}
