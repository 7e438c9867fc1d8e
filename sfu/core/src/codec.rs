//! The codecs routed, and where their keyframes begin.

use str0m::format::{
    Codec as Engine, detect_av1_keyframe, detect_h264_keyframe, detect_h264_nalu,
    detect_vp8_keyframe,
};

use crate::scalability::Position;

/// NAL unit type of a sequence parameter set (ITU-T H.264, table 7-1).
const SPS: u8 = 7;

/// A codec as far as routing cares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Codec {
    Opus,
    Vp8,
    H264,
    Vp9,
    Av1,
}

impl Codec {
    pub(crate) fn of(engine: Engine) -> Option<Self> {
        match engine {
            Engine::Opus => Some(Self::Opus),
            Engine::Vp8 => Some(Self::Vp8),
            Engine::H264 => Some(Self::H264),
            Engine::Vp9 => Some(Self::Vp9),
            Engine::Av1 => Some(Self::Av1),
            _ => None,
        }
    }

    /// RTP timestamp ticks per second.
    pub(crate) fn clock_rate(self) -> u32 {
        match self {
            Self::Opus => 48_000,
            Self::Vp8 | Self::H264 | Self::Vp9 | Self::Av1 => 90_000,
        }
    }

    /// Whether a decoder can start with the packet of this payload. Audio always can.
    pub(crate) fn starts_decodable(self, payload: &[u8]) -> bool {
        match self {
            Self::Opus => true,
            Self::Vp8 => detect_vp8_keyframe(payload),
            // The parameter sets travel in the packet before the IDR slice and must not be lost.
            Self::H264 => detect_h264_nalu(payload, SPS) || detect_h264_keyframe(payload),
            Self::Vp9 => starts_vp9_key_picture(payload),
            Self::Av1 => detect_av1_keyframe(payload),
        }
    }
}

/// RFC 9628, section 4.2: not inter-predicted (P = 0) and the start of a picture (B = 1 in the
/// lowest spatial layer; those above hang on it).
fn starts_vp9_key_picture(payload: &[u8]) -> bool {
    let predicted = payload.first().is_none_or(|flags| flags & 0x40 != 0);
    !predicted && Position::parse(Codec::Vp9, payload).begins
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keyframe_starts() {
        assert!(Codec::Vp8.starts_decodable(&[0x10, 0x00, 0, 0]));
        assert!(!Codec::Vp8.starts_decodable(&[0x10, 0x01, 0, 0]));
        assert!(!Codec::Vp8.starts_decodable(&[0x00, 0x00]));
        assert!(Codec::H264.starts_decodable(&[0x67, 1]));
        assert!(Codec::H264.starts_decodable(&[0x65, 1]));
        assert!(!Codec::H264.starts_decodable(&[0x41, 1]));
        assert!(Codec::Vp9.starts_decodable(&[0x08]));
        assert!(!Codec::Vp9.starts_decodable(&[0x48]));
        assert!(!Codec::Vp9.starts_decodable(&[0x00]));
        assert!(Codec::Vp9.starts_decodable(&[0x28, 0x00]));
        assert!(!Codec::Vp9.starts_decodable(&[0x28, 0x03]));
        assert!(Codec::Opus.starts_decodable(&[]));
        for codec in [Codec::Vp8, Codec::H264, Codec::Vp9, Codec::Av1] {
            assert!(!codec.starts_decodable(&[]));
        }
    }
}
