//! Layers inside one stream: where a packet stands among them, and which of them are let through
//! (VP8: RFC 7741, section 4.2; VP9: RFC 9628, section 4.2; AV1: `dependency_templates`).

use crate::codec::Codec;

/// Temporal layers told apart; what lies above counts as the highest.
pub(crate) const TEMPORAL_LAYERS: usize = 4;
/// Spatial layers of one stream told apart; what lies above counts as the highest.
pub(crate) const SPATIAL_LAYERS: usize = 4;

/// Where a packet stands among the layers of its stream. A stream without layers is all base.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Position {
    pub(crate) spatial: u8,
    pub(crate) temporal: u8,
    /// The first packet of a picture, all its spatial layers included.
    pub(crate) begins: bool,
    /// The last packet of a picture in this spatial layer, where that is told.
    pub(crate) ends: bool,
    pub(crate) rise: Rise,
}

/// How the frame rate may rise at a picture without a keyframe.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Rise {
    #[default]
    Nowhere,
    /// The picture itself needs nothing but the base layer (VP8, Y = 1).
    Here,
    /// Pictures behind it need nothing of higher layers before it (VP9, U = 1; AV1, where every
    /// decode target can be switched to).
    Behind,
}

/// The highest layers let through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Ceiling {
    pub(crate) spatial: u8,
    pub(crate) temporal: u8,
}

impl Ceiling {
    /// Lets everything through.
    pub(crate) const NONE: Self = Self {
        spatial: u8::MAX,
        temporal: u8::MAX,
    };

    pub(crate) fn admits(self, position: Position) -> bool {
        position.spatial <= self.spatial && position.temporal <= self.temporal
    }

    /// Whether a packet is the last one of its picture that is let through.
    pub(crate) fn ends_picture(self, position: Position) -> bool {
        position.ends && position.spatial == self.spatial
    }
}

impl Position {
    /// Reads a payload descriptor. The base for a codec without, or one that ends too early.
    pub(crate) fn parse(codec: Codec, payload: &[u8]) -> Self {
        let position = match codec {
            Codec::Vp8 => vp8(payload),
            Codec::Vp9 => vp9(payload),
            Codec::Opus | Codec::H264 | Codec::Av1 => None,
        };
        position.unwrap_or_default()
    }
}

fn vp8(payload: &[u8]) -> Option<Position> {
    let first = *payload.first()?;
    let mut position = Position {
        // S = 1 in partition 0.
        begins: first & 0x17 == 0x10,
        ..Position::default()
    };
    let flags = if first & 0x80 != 0 {
        *payload.get(1)?
    } else {
        0
    };
    let (has_id, has_tl0, has_tid) = (flags & 0x80, flags & 0x40, flags & 0x20);
    if has_tid == 0 {
        return Some(position);
    }
    let mut offset = 2;
    if has_id != 0 {
        offset += if *payload.get(offset)? & 0x80 != 0 {
            2
        } else {
            1
        };
    }
    if has_tl0 != 0 {
        offset += 1;
    }
    let layer = *payload.get(offset)?;
    position.temporal = layer >> 6;
    if layer & 0x20 != 0 {
        position.rise = Rise::Here;
    }
    Some(position)
}

fn vp9(payload: &[u8]) -> Option<Position> {
    let flags = *payload.first()?;
    let (has_id, has_layers) = (flags & 0x80, flags & 0x20);
    let (begins, ends) = (flags & 0x08 != 0, flags & 0x04 != 0);
    let mut position = Position {
        begins,
        ends,
        ..Position::default()
    };
    if has_layers == 0 {
        return Some(position);
    }
    let mut offset = 1;
    if has_id != 0 {
        offset += if *payload.get(offset)? & 0x80 != 0 {
            2
        } else {
            1
        };
    }
    let layer = *payload.get(offset)?;
    position.temporal = layer >> 5;
    position.spatial = layer >> 1 & 0x07;
    position.begins = begins && position.spatial == 0;
    if layer & 0x10 != 0 {
        position.rise = Rise::Behind;
    }
    Some(position)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn vp8_tells_temporal_layers() {
        let of = |payload: &[u8]| Position::parse(Codec::Vp8, payload);
        let base = Position {
            begins: true,
            ..Position::default()
        };
        assert_eq!(of(&[0x10, 0]), base);
        assert_eq!(of(&[0x00, 0]), Position::default());
        // The second partition begins no picture.
        assert_eq!(of(&[0x11, 0]), Position::default());
        let second = Position {
            temporal: 2,
            ..base
        };
        assert_eq!(of(&[0x90, 0xe0, 0x81, 0x02, 9, 0x80]), second);
        assert_eq!(of(&[0x90, 0xe0, 0x01, 9, 0x80]), second);
        assert_eq!(of(&[0x90, 0x20, 0x80]), second);
        let synced = Position {
            temporal: 1,
            rise: Rise::Here,
            ..base
        };
        assert_eq!(of(&[0x90, 0x60, 9, 0x60]), synced);
        // K alone carries no layer.
        assert_eq!(of(&[0x90, 0x10, 0xe0]), base);
    }

    #[test]
    fn vp9_tells_both_kinds_of_layers() {
        let of = |payload: &[u8]| Position::parse(Codec::Vp9, payload);
        let plain = Position {
            begins: true,
            ends: true,
            ..Position::default()
        };
        assert_eq!(of(&[0x0c]), plain);
        assert_eq!(of(&[0x8c, 0x80, 1]), plain);
        // TID 1, U, SID 2: the beginning of a layer is not that of the picture.
        let upper = Position {
            spatial: 2,
            temporal: 1,
            begins: false,
            ends: false,
            rise: Rise::Behind,
        };
        assert_eq!(of(&[0xa8, 0x80, 1, 0x34, 7]), upper);
        assert_eq!(of(&[0xa8, 0x01, 0x35, 7]), upper);
        assert_eq!(of(&[0x28, 0x34, 7]), upper);
    }

    #[test]
    fn a_ceiling_cuts_both_ways() {
        let at = |spatial, temporal| Position {
            spatial,
            temporal,
            ends: true,
            ..Position::default()
        };
        let ceiling = Ceiling {
            spatial: 1,
            temporal: 0,
        };
        assert!(ceiling.admits(at(1, 0)) && ceiling.ends_picture(at(1, 0)));
        assert!(ceiling.admits(at(0, 0)) && !ceiling.ends_picture(at(0, 0)));
        assert!(!ceiling.admits(at(2, 0)));
        assert!(!ceiling.admits(at(0, 1)));
        assert!(Ceiling::NONE.admits(at(7, 7)));
    }

    proptest! {
        #[test]
        fn any_payload_has_a_place(payload in proptest::collection::vec(any::<u8>(), 0..8)) {
            for codec in [Codec::Vp8, Codec::Vp9, Codec::H264, Codec::Av1, Codec::Opus] {
                let position = Position::parse(codec, &payload);
                prop_assert!(position.spatial < 8 && position.temporal < 8);
                prop_assert!(Ceiling::NONE.admits(position));
            }
        }
    }
}
