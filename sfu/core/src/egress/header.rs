//! RTP headers as they are written for one receiver (RFC 3550, section 5.1; RFC 8285).

use str0m::media::Mid;
use str0m::rtp::{Extension, ExtensionMap, VideoOrientation};

use crate::dependency_descriptor;
use crate::packet::Extensions;

/// The profile of one-byte element headers (RFC 8285, section 4.2).
const ONE_BYTE: [u8; 2] = [0xbe, 0xde];
/// The profile of two-byte element headers (RFC 8285, section 4.3).
const TWO_BYTE: [u8; 2] = [0x10, 0x00];
/// The longest value, and the highest id, of a one-byte element.
const ONE_BYTE_VALUE: usize = 16;
const ONE_BYTE_ID: u8 = 14;

/// The ids a receiver agreed on for one section; 0 = not agreed on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct ExtensionIds {
    pub(crate) mid: u8,
    pub(crate) transport_sequence: u8,
    pub(crate) absolute_send_time: u8,
    pub(crate) audio_level: u8,
    pub(crate) orientation: u8,
    pub(crate) dependency: u8,
}

impl ExtensionIds {
    pub(crate) fn of(map: &ExtensionMap) -> Self {
        let id = |extension| map.id_of(extension).unwrap_or(0);
        let dependency = map
            .iter()
            .find(|(_, extension)| extension.as_uri() == dependency_descriptor::URI);
        Self {
            mid: id(Extension::RtpMid),
            transport_sequence: id(Extension::TransportSequenceNumber),
            absolute_send_time: id(Extension::AbsoluteSendTime),
            audio_level: id(Extension::AudioLevel),
            orientation: id(Extension::VideoOrientation),
            dependency: dependency.map_or(0, |(id, _)| id),
        }
    }
}

/// The fixed part.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fixed {
    /// The payload ends with padding (RFC 3550, section 5.1).
    pub(super) padding: bool,
    pub(super) marker: bool,
    pub(super) payload_type: u8,
    pub(super) sequence: u16,
    pub(super) timestamp: u32,
    pub(super) ssrc: u32,
}

/// What is said about this packet on its way to this receiver.
#[derive(Debug, Clone, Copy)]
pub(super) struct Hop<'a> {
    pub(super) ids: ExtensionIds,
    pub(super) mid: &'a Mid,
    pub(super) transport_sequence: u16,
    /// 6.18 fixed point seconds modulo 64.
    pub(super) absolute_send_time: u32,
}

/// Appends a header to `arena` and returns its length.
pub(super) fn write(
    arena: &mut Vec<u8>,
    fixed: &Fixed,
    hop: &Hop<'_>,
    carried: Option<&Extensions>,
) -> usize {
    let start = arena.len();
    arena.push(if fixed.padding { 0xa0 } else { 0x80 });
    arena.push(fixed.payload_type | if fixed.marker { 0x80 } else { 0 });
    arena.extend_from_slice(&fixed.sequence.to_be_bytes());
    arena.extend_from_slice(&fixed.timestamp.to_be_bytes());
    arena.extend_from_slice(&fixed.ssrc.to_be_bytes());

    let ids = hop.ids;
    let dependency = carried
        .and_then(|carried| carried.dependency.as_ref())
        .filter(|_| ids.dependency != 0)
        .map(|descriptor| &*descriptor.0);
    let highest = [
        ids.mid,
        ids.transport_sequence,
        ids.absolute_send_time,
        ids.audio_level,
        ids.orientation,
        ids.dependency,
    ];
    let wide = dependency.is_some_and(|bytes| bytes.len() > ONE_BYTE_VALUE)
        || highest.iter().any(|id| *id > ONE_BYTE_ID);
    let block = arena.len();
    arena.extend_from_slice(if wide { &TWO_BYTE } else { &ONE_BYTE });
    arena.extend_from_slice(&[0, 0]);
    let mut elements = Elements { arena, wide };
    elements.put(ids.mid, hop.mid.as_bytes());
    elements.put(
        ids.transport_sequence,
        &hop.transport_sequence.to_be_bytes(),
    );
    if ids.transport_sequence == 0 {
        elements.put(
            ids.absolute_send_time,
            &hop.absolute_send_time.to_be_bytes()[1..],
        );
    }
    if let Some(level) = carried.and_then(|carried| carried.audio_level) {
        let voice = if carried.is_some_and(|carried| carried.voice_activity == Some(true)) {
            0x80
        } else {
            0
        };
        elements.put(ids.audio_level, &[voice | level.unsigned_abs().min(127)]);
    }
    if let Some(orientation) = carried.and_then(|carried| carried.orientation) {
        elements.put(ids.orientation, &[quarter_turns(orientation)]);
    }
    if let Some(bytes) = dependency {
        elements.put(ids.dependency, bytes);
    }

    let len = arena.len() - block - 4;
    if len == 0 {
        arena.truncate(block);
        return arena.len() - start;
    }
    arena.resize(block + 4 + len.next_multiple_of(4), 0);
    // Some 300 bytes at most.
    let words = u16::try_from(len.div_ceil(4)).unwrap_or(u16::MAX);
    arena[block + 2..block + 4].copy_from_slice(&words.to_be_bytes());
    arena[start] |= 0x10;
    arena.len() - start
}

struct Elements<'a> {
    arena: &'a mut Vec<u8>,
    wide: bool,
}

impl Elements<'_> {
    /// Appends an element unless its id was not agreed on or its value is empty or too long.
    fn put(&mut self, id: u8, value: &[u8]) {
        let Ok(len) = u8::try_from(value.len()) else {
            return;
        };
        if id == 0 || len == 0 {
            return;
        }
        if self.wide {
            self.arena.extend_from_slice(&[id, len]);
        } else if usize::from(len) <= ONE_BYTE_VALUE {
            self.arena.push(id << 4 | (len - 1));
        } else {
            return;
        }
        self.arena.extend_from_slice(value);
    }
}

/// 3GPP TS 26.114, section 7.4.5.
fn quarter_turns(orientation: VideoOrientation) -> u8 {
    match orientation {
        VideoOrientation::Deg0 => 0,
        VideoOrientation::Deg90 => 1,
        VideoOrientation::Deg180 => 2,
        VideoOrientation::Deg270 => 3,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::dependency_descriptor::DependencyDescriptor;

    const FIXED: Fixed = Fixed {
        padding: false,
        marker: true,
        payload_type: 96,
        sequence: 0x1234,
        timestamp: 0x5678_9abc,
        ssrc: 0xdead_beef,
    };

    fn written(ids: ExtensionIds, carried: &Extensions) -> Vec<u8> {
        let mut arena = vec![0xaa];
        let mid = Mid::from("v1");
        let hop = Hop {
            ids,
            mid: &mid,
            transport_sequence: 7,
            absolute_send_time: 0x00ab_cdef,
        };
        let len = write(&mut arena, &FIXED, &hop, Some(carried));
        assert_eq!(len, arena.len() - 1);
        arena.split_off(1)
    }

    #[test]
    fn a_plain_header_has_twelve_bytes() {
        let header = written(ExtensionIds::default(), &Extensions::default());
        let expected = [
            0x80, 0xe0, 0x12, 0x34, 0x56, 0x78, 0x9a, 0xbc, 0xde, 0xad, 0xbe, 0xef,
        ];
        assert_eq!(header, expected);
    }

    #[test]
    fn short_elements_take_one_byte_each() {
        let ids = ExtensionIds {
            mid: 4,
            transport_sequence: 3,
            absolute_send_time: 2,
            audio_level: 1,
            ..ExtensionIds::default()
        };
        let carried = Extensions {
            audio_level: Some(-30),
            voice_activity: Some(true),
            ..Extensions::default()
        };
        let header = written(ids, &carried);
        assert_eq!(header[0], 0x90);
        let expected = [
            0xbe,
            0xde,
            0,
            2,
            0x41,
            b'v',
            b'1',
            0x31,
            0,
            7,
            0x10,
            0x80 | 30,
        ];
        assert_eq!(header[12..], expected);
        let only_time = ExtensionIds {
            absolute_send_time: 2,
            ..ExtensionIds::default()
        };
        let header = written(only_time, &Extensions::default());
        assert_eq!(header[12..], [0xbe, 0xde, 0, 1, 0x22, 0xab, 0xcd, 0xef]);
    }

    #[test]
    fn long_values_take_two_byte_elements() {
        let ids = ExtensionIds {
            mid: 4,
            dependency: 12,
            ..ExtensionIds::default()
        };
        let carried = Extensions {
            dependency: Some(Arc::new(DependencyDescriptor([9; 17].into()))),
            ..Extensions::default()
        };
        let header = written(ids, &carried);
        assert_eq!(header[12..16], [0x10, 0x00, 0, 6]);
        assert_eq!(header[16..20], [4, 2, b'v', b'1']);
        assert_eq!(header[20..22], [12, 17]);
        assert_eq!(header.len(), 16 + 24);
    }
}
