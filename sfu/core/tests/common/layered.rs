//! An encoder with layers inside one stream, and a decoder that knows what it needs.

use std::collections::BTreeMap;

use str0m::format::Codec;
use str0m::rtp::RtpPacket;

use super::descriptor::Descriptor;

/// Bytes of each packet.
const SIZE: usize = 600;

/// What a keyframe's descriptor adds: a template structure for two decode targets. Templates are
/// two of the base layer, one of the next temporal layer, and so on for three spatial layers; all
/// switch in keyframes, and are required otherwise. Differences, chains and resolutions are none.
const TEMPLATES: [u8; 11] = [
    0x80, 0x01, 0x18, 0x61, 0xeb, 0xfe, 0xbf, 0xeb, 0xfc, 0x00, 0x00,
];

/// How pictures are layered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// VP8 with three temporal layers in a cycle of four pictures, the upper ones to be entered
    /// in every cycle.
    Vp8,
    /// VP9 with three spatial and two temporal layers; spatial layers are predicted from each
    /// other in every picture (`L3T2`), or in keyframes only (`L3T2_KEY`).
    Vp9 { key_only: bool },
    /// AV1 with the same layers (`L3T2_KEY`), told by dependency descriptors.
    Av1,
}

/// A payload, and the descriptor beside it.
pub type Made = (Vec<u8>, Option<Descriptor>);

/// A picture, or one spatial layer of it.
#[derive(Debug)]
struct Frame {
    spatial: u8,
    temporal: u8,
    packets: usize,
    /// Frames it is predicted from.
    references: Vec<usize>,
}

/// One encoder, and all it made.
pub struct LayeredEncoder {
    mode: Mode,
    frames: Vec<Frame>,
    /// The newest frame of each spatial and temporal layer.
    newest: BTreeMap<(u8, u8), usize>,
    cycle: usize,
    pub pictures: u32,
    tl0: u8,
}

/// What a decoder makes of the packets it got.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Decoded {
    /// Pictures of which anything came.
    pub pictures: usize,
    /// Frames that came in part, or without what they are predicted from.
    pub broken: usize,
    /// The highest spatial and temporal layers that came whole.
    pub spatial: u8,
    pub temporal: u8,
    /// Sequence numbers that never came.
    pub missing: u64,
    /// Steps of VP8 picture ids that are not one.
    pub jumps: usize,
    /// Pictures that do not end with a marker, or have several.
    pub unmarked: usize,
}

impl LayeredEncoder {
    pub fn new(mode: Mode) -> Self {
        Self {
            mode,
            frames: Vec::new(),
            newest: BTreeMap::new(),
            cycle: 0,
            pictures: 0,
            tl0: 250,
        }
    }

    pub fn codec(&self) -> Codec {
        match self.mode {
            Mode::Vp8 => Codec::Vp8,
            Mode::Vp9 { .. } => Codec::Vp9,
            Mode::Av1 => Codec::Av1,
        }
    }

    /// The packets of the next picture.
    pub fn picture(&mut self, key: bool) -> Vec<Made> {
        if key {
            self.cycle = 0;
            self.newest.clear();
        }
        let made = match self.mode {
            Mode::Vp8 => self.vp8(key),
            Mode::Vp9 { key_only } => self.spatial(key, key_only),
            Mode::Av1 => self.spatial(key, true),
        };
        self.cycle += 1;
        self.pictures += 1;
        made
    }

    fn vp8(&mut self, key: bool) -> Vec<Made> {
        let (temporal, synced, needs): (u8, u8, &[u8]) = match self.cycle % 4 {
            0 => (0, 0, &[0]),
            1 => (2, 1, &[0]),
            2 => (1, 1, &[0]),
            _ => (2, 0, &[0, 1]),
        };
        if temporal == 0 {
            self.tl0 = self.tl0.wrapping_add(1);
        }
        let needs = if key { &[] } else { needs };
        let references = needs.iter().map(|t| self.newest[&(0, *t)]).collect();
        let [high, low] = (self.pictures as u16).to_be_bytes();
        let tl0 = self.tl0;
        self.frame(0, temporal, 2, references, |index| {
            let begins = if index == 0 { 0x90 } else { 0x80 };
            let layer = temporal << 6 | synced << 5;
            let header = vec![begins, 0xe0, 0x80 | high, low, tl0, layer, u8::from(!key)];
            (header, None)
        })
    }

    fn spatial(&mut self, key: bool, key_only: bool) -> Vec<Made> {
        let temporal = (self.cycle % 2) as u8;
        let [high, low] = (self.pictures as u16 & 0x7fff).to_be_bytes();
        let mut made = Vec::new();
        for spatial in 0..3 {
            let between = spatial > 0 && (key || !key_only);
            let mut references: Vec<usize> = Vec::new();
            if !key {
                references.push(self.newest[&(spatial, 0)]);
            }
            if between {
                references.push(self.frames.len() - 1);
            }
            let packets = [1, 2, 4][usize::from(spatial)];
            let vp9 = |index| {
                // I, L, F; P where predicted from another picture; B and E.
                let mut flags = 0xb0 | if key { 0 } else { 0x40 };
                flags |= if index == 0 { 0x08 } else { 0 };
                flags |= if index + 1 == packets { 0x04 } else { 0 };
                let layer = temporal << 5 | 0x10 | spatial << 1 | u8::from(between);
                (vec![flags, 0x80 | high, low, layer], None)
            };
            let frame_number = self.frames.len() as u16;
            let av1 = |index| {
                // Three templates for each spatial layer: keyframe, base and upper frame rate.
                let template = spatial * 3 + if key { 0 } else { 1 + temporal };
                let mut descriptor = vec![template];
                descriptor[0] |= if index == 0 { 0x80 } else { 0 };
                descriptor[0] |= if index + 1 == packets { 0x40 } else { 0 };
                descriptor.extend(frame_number.to_be_bytes());
                let starts = key && spatial == 0 && index == 0;
                if starts {
                    descriptor.extend(TEMPLATES);
                }
                // N = 1 begins a coded video sequence.
                (vec![u8::from(starts) << 3], Some(Descriptor(descriptor)))
            };
            made.extend(match self.mode {
                Mode::Av1 => self.frame(spatial, temporal, packets, references, av1),
                _ => self.frame(spatial, temporal, packets, references, vp9),
            });
        }
        made
    }

    fn frame(
        &mut self,
        spatial: u8,
        temporal: u8,
        packets: usize,
        references: Vec<usize>,
        header: impl Fn(usize) -> Made,
    ) -> Vec<Made> {
        let number = self.frames.len();
        self.newest.insert((spatial, temporal), number);
        self.frames.push(Frame {
            spatial,
            temporal,
            packets,
            references,
        });
        let payload = |index| {
            let (mut payload, descriptor) = header(index);
            payload.resize(10, 0xaa);
            payload.extend((number as u32).to_be_bytes());
            payload.push(index as u8);
            payload.resize(SIZE, 0xaa);
            (payload, descriptor)
        };
        (0..packets).map(payload).collect()
    }

    /// Judges everything a receiver got since it began, as `before` of it were judged earlier.
    pub fn judge(&self, all: &[RtpPacket], before: usize) -> Decoded {
        let mut came: BTreeMap<usize, usize> = BTreeMap::new();
        let mut numbers = Vec::new();
        let mut recent = BTreeMap::new();
        for (index, packet) in all.iter().enumerate() {
            numbers.push(*packet.seq_no);
            let Some(number) = packet.payload.get(10..14) else {
                continue;
            };
            let described = packet.header.ext_vals.user_values.get::<Descriptor>();
            if self.mode == Mode::Av1 && described.is_none() {
                continue;
            }
            let number = u32::from_be_bytes(number.try_into().expect("four bytes")) as usize;
            *came.entry(number).or_default() += 1;
            if index >= before {
                recent.insert(number, ());
            }
        }
        let mut good: BTreeMap<usize, bool> = BTreeMap::new();
        for (number, count) in &came {
            let frame = &self.frames[*number];
            let known = |of: &usize| good.get(of) == Some(&true);
            let whole = *count == frame.packets && frame.references.iter().all(known);
            good.insert(*number, whole);
        }
        let mut decoded = Decoded::default();
        for number in recent.keys() {
            let frame = &self.frames[*number];
            if good[number] {
                decoded.spatial = decoded.spatial.max(frame.spatial);
                decoded.temporal = decoded.temporal.max(frame.temporal);
            } else {
                decoded.broken += 1;
            }
        }
        let recent = &all[before.min(all.len())..];
        let mut markers: BTreeMap<u32, usize> = BTreeMap::new();
        for packet in recent.iter().filter(|p| !p.payload.is_empty()) {
            let ends = markers.entry(packet.header.timestamp).or_default();
            *ends += usize::from(packet.header.marker);
        }
        decoded.pictures = markers.len();
        decoded.unmarked = markers.values().filter(|ends| **ends != 1).count();
        let numbers = &numbers[before.min(numbers.len())..];
        let gap = |pair: &[u64]| pair[1].saturating_sub(pair[0] + 1);
        decoded.missing = numbers.windows(2).map(gap).sum();
        if self.mode == Mode::Vp8 {
            let with_id = recent.iter().filter(|p| p.payload.len() > 4);
            let ids: Vec<u16> = with_id
                .map(|p| u16::from_be_bytes([p.payload[2] & 0x7f, p.payload[3]]))
                .collect();
            let step = |pair: &&[u16]| pair[1].wrapping_sub(pair[0]) & 0x7fff > 1;
            decoded.jumps = ids.windows(2).filter(step).count();
        }
        decoded
    }
}
