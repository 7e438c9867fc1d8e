//! The numbers inside a payload that a receiver counts on: VP8 and VP9 payload descriptors
//! (RFC 7741, section 4.2; RFC 9628, section 4.2).

use crate::codec::Codec;

/// Where a payload carries its numbers, and which.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Numbers {
    pub(crate) picture_id: Option<PictureId>,
    pub(crate) tl0_pic_idx: Option<Tl0PicIdx>,
}

/// A picture id of 7 or 15 bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PictureId {
    offset: usize,
    wide: bool,
    pub(crate) value: u16,
}

/// The number of the base-layer picture a picture hangs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Tl0PicIdx {
    offset: usize,
    pub(crate) value: u8,
}

impl Numbers {
    /// None of them for a codec without, or a descriptor that ends too early.
    pub(crate) fn parse(codec: Codec, payload: &[u8]) -> Self {
        let numbers = match codec {
            Codec::Vp8 => vp8(payload),
            Codec::Vp9 => vp9(payload),
            Codec::Opus | Codec::H264 | Codec::Av1 => None,
        };
        numbers.unwrap_or_default()
    }

    /// The numbers moved on by these amounts, modulo each one's width.
    pub(crate) fn moved(self, picture_offset: u16, tl0_offset: u8) -> Self {
        Self {
            picture_id: self.picture_id.map(|id| PictureId {
                value: id.value.wrapping_add(picture_offset) & id.mask(),
                ..id
            }),
            tl0_pic_idx: self.tl0_pic_idx.map(|idx| Tl0PicIdx {
                value: idx.value.wrapping_add(tl0_offset),
                ..idx
            }),
        }
    }

    /// Writes them into a copy of the payload they were parsed from.
    pub(crate) fn write(self, payload: &mut [u8]) {
        if let Some(id) = self.picture_id {
            let [high, low] = id.value.to_be_bytes();
            match payload.get_mut(id.offset..) {
                Some([first, second, ..]) if id.wide => (*first, *second) = (0x80 | high, low),
                Some([only, ..]) if !id.wide => *only = low & 0x7f,
                _ => {}
            }
        }
        if let Some(idx) = self.tl0_pic_idx
            && let Some(byte) = payload.get_mut(idx.offset)
        {
            *byte = idx.value;
        }
    }
}

impl PictureId {
    fn mask(self) -> u16 {
        if self.wide { 0x7fff } else { 0x7f }
    }

    /// The id at `offset` and the offset behind it.
    fn read(payload: &[u8], offset: usize) -> Option<(Self, usize)> {
        let first = *payload.get(offset)?;
        let wide = first & 0x80 != 0;
        let value = match wide {
            true => u16::from_be_bytes([first & 0x7f, *payload.get(offset + 1)?]),
            false => first.into(),
        };
        let id = Self {
            offset,
            wide,
            value,
        };
        Some((id, offset + if wide { 2 } else { 1 }))
    }
}

fn vp8(payload: &[u8]) -> Option<Numbers> {
    let mut numbers = Numbers::default();
    if payload.first()? & 0x80 == 0 {
        return Some(numbers);
    }
    let flags = *payload.get(1)?;
    let mut offset = 2;
    if flags & 0x80 != 0 {
        let (id, behind) = PictureId::read(payload, offset)?;
        numbers.picture_id = Some(id);
        offset = behind;
    }
    if flags & 0x40 != 0 {
        let value = *payload.get(offset)?;
        numbers.tl0_pic_idx = Some(Tl0PicIdx { offset, value });
    }
    Some(numbers)
}

fn vp9(payload: &[u8]) -> Option<Numbers> {
    let mut numbers = Numbers::default();
    let flags = *payload.first()?;
    let (has_id, has_layers, flexible) = (flags & 0x80, flags & 0x20, flags & 0x10);
    let mut offset = 1;
    if has_id != 0 {
        let (id, behind) = PictureId::read(payload, offset)?;
        numbers.picture_id = Some(id);
        offset = behind;
    }
    if has_layers != 0 && flexible == 0 {
        offset += 1;
        let value = *payload.get(offset)?;
        numbers.tl0_pic_idx = Some(Tl0PicIdx { offset, value });
    }
    Some(numbers)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn moved(codec: Codec, payload: &[u8]) -> Vec<u8> {
        let mut copy = payload.to_vec();
        Numbers::parse(codec, payload).moved(2, 3).write(&mut copy);
        copy
    }

    #[test]
    fn numbers_move_within_their_width() {
        let wide = [0x90, 0xc0, 0xff, 0xff, 0xfe, 1];
        assert_eq!(moved(Codec::Vp8, &wide), [0x90, 0xc0, 0x80, 0x01, 0x01, 1]);
        let narrow = [0x90, 0x80, 0x7e, 5];
        assert_eq!(moved(Codec::Vp8, &narrow), [0x90, 0x80, 0x00, 5]);
        let without = [0x10, 0xc0, 0xff];
        assert_eq!(moved(Codec::Vp8, &without), without);

        let layered = [0xa0, 0x80, 0x10, 0x22, 0xff, 9];
        assert_eq!(
            moved(Codec::Vp9, &layered),
            [0xa0, 0x80, 0x12, 0x22, 0x02, 9]
        );
        let flexible = [0xb0, 0x80, 0x10, 0x22, 0xff, 9];
        assert_eq!(
            moved(Codec::Vp9, &flexible),
            [0xb0, 0x80, 0x12, 0x22, 0xff, 9]
        );
        assert_eq!(moved(Codec::H264, &wide), wide);
    }

    proptest! {
        #[test]
        fn any_payload_keeps_its_length_and_its_tail(
            payload in proptest::collection::vec(any::<u8>(), 0..12),
        ) {
            for codec in [Codec::Vp8, Codec::Vp9] {
                let after = moved(codec, &payload);
                prop_assert_eq!(after.len(), payload.len());
                // What is read back is what was meant, wherever it lies.
                let meant = Numbers::parse(codec, &payload).moved(2, 3);
                prop_assert_eq!(Numbers::parse(codec, &after), meant);
                prop_assert_eq!(after.get(5..), payload.get(5..));
            }
        }
    }
}
