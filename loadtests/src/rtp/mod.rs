//! RTP as the bots speak it: headers, pictures, protection, reports.

pub(crate) mod camera;
pub(crate) mod feedback;
pub(crate) mod header;
pub(crate) mod rtcp;
pub(crate) mod srtp;
pub(crate) mod stream;

/// The payload type of the bots' VP8; the browser's usual one.
pub(crate) const VP8: u8 = 96;
/// That of its retransmissions (RFC 4588), in which a node also probes.
pub(crate) const RTX: u8 = 97;
