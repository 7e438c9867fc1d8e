//! What the SFU tells of a participant's network: the raw material of the visit's journal.

use serde::{Deserialize, Serialize};

/// How a connection's packets travel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MediaPath {
    /// Straight, over UDP.
    Udp,
    /// Straight, over TCP (ICE-TCP, RFC 6544).
    Tcp,
    /// Relayed; the client reaches the relay over UDP.
    TurnUdp,
    /// Relayed; the client reaches the relay over TCP.
    TurnTcp,
    /// Relayed; the client reaches the relay over TLS.
    TurnTls,
}

/// Why another layer of a video flows, or none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LayerReason {
    /// The receiver's network carries less, or more again.
    Bandwidth,
    /// The receiver shows it smaller, larger, or not at all.
    Viewer,
    /// The publisher sends other layers than before.
    Publisher,
}

/// What makes a connection worse than excellent; the strongest cause.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
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

/// Why the SFU refuses a participant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefusalReason {
    /// The measured processor time is used up.
    Cpu,
    /// The measured packets a second are as many as the node is known to carry.
    Packets,
    /// The node takes no new rooms: it is about to stop.
    Draining,
}

/// What one participant's media did in a period: each full minute of the session, and once more
/// at its end for the rest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct MediaReport {
    /// The length of the period in milliseconds; at most 60,000 give or take a tick.
    pub period_ms: u32,
    /// Mean round trip in milliseconds; none when it was not measured.
    pub rtt_ms: Option<u32>,
    /// From the participant to us.
    pub up: Flows,
    /// From us to the participant.
    pub down: Flows,
}

/// One direction of a [`MediaReport`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Flows {
    /// All audio tracks together.
    pub audio: FlowReport,
    /// All video tracks together.
    pub video: FlowReport,
    /// What the network was estimated to carry at the end of the period, in bits per second.
    pub estimate_bps: Option<u64>,
}

/// Media of one kind in one direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct FlowReport {
    /// Packets that arrived, repaired ones included.
    pub packets: u64,
    /// Packets that were sent and never arrived.
    pub lost: u64,
    /// Payload bytes of the packets that arrived.
    pub bytes: u64,
    /// Interarrival jitter (RFC 3550, section 6.4.1) in milliseconds, the worst track.
    pub jitter_ms: Option<u32>,
    /// How often media that was expected stopped for more than 500 ms.
    pub freezes: u32,
    /// How long such stops lasted in all, in milliseconds: only while the track was unmuted and
    /// wanted.
    pub frozen_ms: u32,
}
