//! Media routing without sockets, tasks or a clock.
//!
//! [`Node`] is the whole contract. It is fed commands, datagrams and the time, and gives back
//! datagrams to send, events and the moment it wants to be woken. The same input at the same
//! instants makes the same routing decisions; only ICE credentials, SSRCs and keys, which str0m
//! draws itself, differ between runs.
//!
//! The WebRTC engine (str0m in RTP mode) is known to `transport` alone; every other module sees
//! its identifiers only.

mod bandwidth;
mod batch;
mod bits;
mod cache;
mod codec;
mod command;
mod config;
mod connection;
mod data;
mod datagram;
mod decode_targets;
mod dependency_descriptor;
mod dependency_templates;
mod descriptor;
mod egress;
mod event;
mod hearing;
mod keyframe;
mod ladder;
mod layers;
mod negotiator;
mod node;
mod packet;
mod peer;
mod publication;
mod random;
mod rates;
mod redundancy;
mod repair;
mod replay;
mod rewrite;
mod room;
mod routes;
mod run;
mod scalability;
mod sdp_text;
mod speakers;
mod stats;
mod stream;
mod subscription;
mod timers;
mod transport;
pub mod turn;

pub use batch::{Batch, Path};
pub use command::{
    Action, Command, Connections, Layer, MAX_SDP, MediaKind, PublishTrack, Quality, Source,
    TrackSettings,
};
pub use config::{Config, Counters};
pub use datagram::{Datagram, Protocol};
pub use event::{Event, LayerReason, PeerEvent, QualityReason, Speaker, Target};
pub use node::Node;
pub use routes::stun_ufrag;
pub use stats::{FlowReport, Flows, MediaReport};

use std::sync::Arc;

/// A room's name: the visit id.
pub type RoomName = Arc<str>;
/// A participant's session (`PA_…`), unique for ever.
pub type ParticipantSid = Arc<str>;
/// A published track (`TR_…`), unique for ever.
pub type TrackSid = Arc<str>;
