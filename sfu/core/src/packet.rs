//! An RTP packet between two transports.

use std::sync::Arc;
use std::time::Instant;

use str0m::media::{Mid, Pt, Rid};
use str0m::rtp::{Ssrc, VideoOrientation};

use crate::decode_targets::SharedTargets;
use crate::dependency_descriptor::DependencyDescriptor;
use crate::scalability::{Ceiling, Position};

/// A received packet: decrypted, repaired from RTX, with its header extensions.
#[derive(Debug, Clone)]
pub(crate) struct Packet {
    pub(crate) mid: Mid,
    pub(crate) rid: Option<Rid>,
    pub(crate) ssrc: Ssrc,
    /// The sender's payload type, maybe that of RED.
    pub(crate) pt: Pt,
    /// Extended over the 16 bits of the wire; grows for the life of the SSRC.
    pub(crate) seq: u64,
    pub(crate) timestamp: u32,
    pub(crate) marker: bool,
    pub(crate) payload: Arc<[u8]>,
    pub(crate) extensions: Extensions,
    /// Told by its payload once the publication is known.
    pub(crate) position: Position,
    pub(crate) arrived: Instant,
    /// What the sender last told of its clock.
    pub(crate) clock: Option<SenderClock>,
}

/// A moment on the clocks of a sender (RFC 3550, section 6.4.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SenderClock {
    /// 32.32 fixed point seconds since 1900.
    pub(crate) ntp: u64,
    /// The same moment in time stamps of the stream.
    pub(crate) timestamp: u32,
}

/// The header extensions that are carried through; all others are the transport's own.
#[derive(Debug, Clone, Default)]
pub(crate) struct Extensions {
    /// RFC 6464: −127 (silence) to 0 dBov.
    pub(crate) audio_level: Option<i8>,
    pub(crate) voice_activity: Option<bool>,
    pub(crate) orientation: Option<VideoOrientation>,
    pub(crate) dependency: Option<Arc<DependencyDescriptor>>,
    /// The decode targets that `dependency` is about; not carried itself.
    pub(crate) targets: Option<SharedTargets>,
}

impl Extensions {
    /// These for a receiver of the layers up to `ceiling`, where they differ from what was received.
    pub(crate) fn thinned(&self, position: Position, ceiling: Ceiling) -> Option<Self> {
        let DependencyDescriptor(descriptor) = self.dependency.as_deref()?;
        let targets = self.targets.as_ref()?;
        let told = targets.told(descriptor, position, ceiling)?;
        Some(Self {
            dependency: Some(Arc::new(DependencyDescriptor(told.into()))),
            ..self.clone()
        })
    }
}
