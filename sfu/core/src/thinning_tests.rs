//! Streams with layers inside, thinned: what a decoder behind an odd network makes of them.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use proptest::prelude::*;

use super::*;
use crate::ladder::{Cue, Ladder, Passage, Rung};
use crate::packet::Extensions;
use crate::scalability::Position;

const ORIGIN: Origin = Origin {
    publication: 0,
    stream: 0,
};
const SSRC: u32 = 7;

/// A picture, or one spatial layer of it.
#[derive(Debug, Clone)]
struct Frame {
    picture: u32,
    position: Position,
    /// Frames it is predicted from.
    references: Vec<usize>,
}

/// How an encoder layers its pictures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    /// VP8 with three temporal layers in a cycle of eight pictures, as libwebrtc has them.
    Vp8,
    /// VP9 with three spatial and two temporal layers; inter-layer prediction everywhere (`L3T2`),
    /// or at keyframes only (`L3T2_KEY`).
    Vp9 { key_only: bool },
}

struct Encoder {
    mode: Mode,
    frames: Vec<Frame>,
    packets: Vec<(usize, Packet)>,
    pictures: u32,
    /// Pictures since the keyframe.
    cycle: u32,
    tl0: u8,
    start: Instant,
}

impl Encoder {
    fn new(mode: Mode) -> Self {
        #[expect(
            clippy::disallowed_methods,
            reason = "an origin for a hand-moved clock"
        )]
        let start = Instant::now();
        Self {
            mode,
            frames: Vec::new(),
            packets: Vec::new(),
            pictures: 0,
            cycle: 0,
            tl0: 250,
            start,
        }
    }

    fn codec(&self) -> Codec {
        match self.mode {
            Mode::Vp8 => Codec::Vp8,
            Mode::Vp9 { .. } => Codec::Vp9,
        }
    }

    /// The newest frame before this picture with these layers.
    fn newest(&self, spatial: u8, temporal: u8) -> usize {
        let wanted = |f: &Frame| {
            (f.position.spatial, f.position.temporal) == (spatial, temporal)
                && f.picture < self.pictures
        };
        self.frames
            .iter()
            .rposition(wanted)
            .expect("an earlier one")
    }

    fn picture(&mut self, key: bool, packets: usize) {
        if key {
            self.cycle = 0;
        }
        match self.mode {
            Mode::Vp8 => self.vp8(key, packets),
            Mode::Vp9 { key_only } => self.vp9(key, key_only, packets),
        }
        self.cycle += 1;
        self.pictures += 1;
    }

    fn vp8(&mut self, key: bool, packets: usize) {
        // The layer, whether it needs nothing but the base, and what else it needs.
        let (temporal, synced, others): (u8, bool, &[u8]) = match self.cycle % 8 {
            0 | 4 => (0, false, &[]),
            1 => (2, true, &[]),
            2 => (1, true, &[]),
            3 => (2, false, &[1]),
            5 => (2, false, &[2]),
            6 => (1, false, &[1]),
            _ => (2, false, &[1, 2]),
        };
        let mut references: Vec<usize> = others.iter().map(|t| self.newest(0, *t)).collect();
        if !key {
            references.push(self.newest(0, 0));
        }
        if temporal == 0 {
            self.tl0 = self.tl0.wrapping_add(1);
        }
        let position = Position {
            temporal,
            ..Position::default()
        };
        let [high, low] = (self.pictures as u16 + 0x7ff0).to_be_bytes();
        let header = |index| {
            let begins = if index == 0 { 0x90 } else { 0x80 };
            let layer = temporal << 6 | u8::from(synced) << 5;
            vec![
                begins,
                0xe0,
                0x80 | high,
                low,
                self.tl0,
                layer,
                u8::from(!key),
            ]
        };
        let made = (0..packets).map(header).collect();
        self.push(position, references, made);
    }

    fn vp9(&mut self, key: bool, key_only: bool, packets: usize) {
        let temporal = u8::from(self.cycle % 2 == 1);
        let [high, low] = (self.pictures as u16).to_be_bytes();
        for spatial in 0..3_u8 {
            let mut references = Vec::new();
            if !key {
                references.push(self.newest(spatial, 0));
            }
            let between = spatial > 0 && (key || !key_only);
            if between {
                references.push(self.frames.len() - 1);
            }
            let position = Position {
                spatial,
                temporal,
                ..Position::default()
            };
            let header = |index| {
                // I, L, F; P where predicted from another picture; B and E.
                let mut flags = 0xb0 | if key { 0 } else { 0x40 };
                flags |= if index == 0 { 0x08 } else { 0 };
                flags |= if index + 1 == packets { 0x04 } else { 0 };
                let layer = temporal << 5 | 0x10 | spatial << 1 | u8::from(between);
                vec![flags, 0x80 | high, low, layer, 0xaa]
            };
            let made = (0..packets).map(header).collect();
            self.push(position, references, made);
        }
        if let Some((_, last)) = self.packets.last_mut() {
            last.marker = true;
        }
    }

    fn push(&mut self, at: Position, references: Vec<usize>, made: Vec<Vec<u8>>) {
        for payload in made {
            let seq = 60_000 + self.packets.len() as u64;
            let packet = Packet {
                mid: "0".into(),
                rid: None,
                ssrc: SSRC.into(),
                pt: 96.into(),
                seq,
                timestamp: self.pictures.wrapping_mul(3_000),
                marker: false,
                extensions: Extensions::default(),
                arrived: self.start + Duration::from_millis(33) * self.pictures,
                position: Position::parse(self.codec(), &payload),
                payload: payload.into(),
                clock: None,
            };
            self.packets.push((self.frames.len(), packet));
        }
        if self.mode == Mode::Vp8
            && let Some((_, last)) = self.packets.last_mut()
        {
            last.marker = true;
        }
        self.frames.push(Frame {
            picture: self.pictures,
            position: at,
            references,
        });
    }
}

/// Someone who gets a thinned stream.
struct Receiver {
    ladder: Ladder,
    rewriter: Rewriter,
    newest: u64,
    /// By outgoing number: which packet it was, and what it became.
    got: BTreeMap<u64, (usize, Rewritten)>,
    wants_key: bool,
}

impl Receiver {
    fn new(seed: u64) -> Self {
        Self {
            ladder: Ladder::default(),
            rewriter: Rewriter::new(&mut Random::new(seed)),
            newest: 0,
            got: BTreeMap::new(),
            wants_key: false,
        }
    }

    fn aim(&mut self, spatial: u8, temporal: u8) {
        let ceiling = Ceiling { spatial, temporal };
        self.ladder.aim(Some(Rung { stream: 0, ceiling }));
    }

    fn packet(&mut self, encoder: &Encoder, index: usize) {
        let (_, packet) = &encoder.packets[index];
        let codec = encoder.codec();
        let cue = Cue {
            stream: 0,
            position: packet.position,
            starts: codec.starts_decodable(&packet.payload),
            newest: packet.seq > self.newest,
            arrived: packet.arrived,
        };
        self.newest = self.newest.max(packet.seq);
        match self.ladder.admits(&cue) {
            Passage::Closed => return,
            Passage::Open => {}
            Passage::Anew => self.rewriter.detach(),
        }
        let ceiling = self.ladder.current.expect("it flows").ceiling;
        let Some(numbers) = self.rewriter.rewrite(packet, codec, ORIGIN, ceiling) else {
            return;
        };
        let before = self.got.insert(numbers.seq, (index, numbers));
        assert!(before.is_none(), "{} was used twice", numbers.seq);
        self.wants_key |= self.ladder.asks(packet.arrived).is_some();
    }

    /// Numbers of the stream that nothing came under.
    fn gaps(&self) -> usize {
        let numbers = self.got.keys();
        match (numbers.clone().next(), numbers.clone().next_back()) {
            (Some(first), Some(last)) => (last - first + 1) as usize - self.got.len(),
            _ => 0,
        }
    }

    /// The frames of which anything came, and whether each can be decoded.
    fn frames(&self, encoder: &Encoder) -> BTreeMap<usize, bool> {
        let mut have: HashMap<usize, usize> = HashMap::new();
        for (index, numbers) in self.got.values() {
            if !numbers.hollow {
                *have.entry(encoder.packets[*index].0).or_default() += 1;
            }
        }
        let mut size: HashMap<usize, usize> = HashMap::new();
        for (frame, _) in &encoder.packets {
            *size.entry(*frame).or_default() += 1;
        }
        let mut decoded: BTreeMap<usize, bool> = BTreeMap::new();
        for (index, frame) in encoder.frames.iter().enumerate() {
            if have.contains_key(&index) {
                let known = |of: &usize| decoded.get(of) == Some(&true);
                let good = have[&index] == size[&index] && frame.references.iter().all(known);
                decoded.insert(index, good);
            }
        }
        decoded
    }

    /// Every packet that could be asked for again is what it was.
    fn repeats(&self, encoder: &Encoder) {
        let newest = self.got.keys().next_back().copied().unwrap_or(0);
        for (seq, (index, numbers)) in self.got.range(newest.saturating_sub(100)..) {
            let (run, source) = self.rewriter.source_of(*seq as u16).expect("remembered");
            let (_, packet) = &encoder.packets[*index];
            assert_eq!((run.ssrc, source), (SSRC, packet.seq));
            assert_eq!(run.number(packet), *numbers);
        }
    }

    /// One picture id for each VP8 picture, in their order; returns the steps between them.
    fn picture_steps(&self, encoder: &Encoder) -> BTreeSet<u16> {
        let mut ids: BTreeMap<u32, u16> = BTreeMap::new();
        for (index, numbers) in self.got.values().filter(|(_, n)| !n.hollow) {
            let (frame, _) = encoder.packets[*index];
            let id = numbers.payload.picture_id.expect("carried").value;
            let same = ids.insert(encoder.frames[frame].picture, id);
            assert!(same.is_none_or(|before| before == id));
        }
        let ids: Vec<u16> = ids.into_values().collect();
        let steps = ids.windows(2).map(|w| w[1].wrapping_sub(w[0]) & 0x7fff);
        steps.collect()
    }

    /// Each picture has its end, and only one.
    fn markers(&self, encoder: &Encoder) {
        let mut ends: BTreeMap<u32, usize> = BTreeMap::new();
        for (index, numbers) in self.got.values() {
            let picture = encoder.frames[encoder.packets[*index].0].picture;
            *ends.entry(picture).or_default() += usize::from(numbers.marker);
        }
        assert!(ends.values().all(|count| *count == 1), "{ends:?}");
    }
}

const MODES: [Mode; 3] = [
    Mode::Vp8,
    Mode::Vp9 { key_only: false },
    Mode::Vp9 { key_only: true },
];

/// Without losses every frame that goes out is whole and can be decoded, whatever is aimed at,
/// and there is no gap in anything.
#[test]
fn all_that_goes_out_can_be_decoded() {
    for mode in MODES {
        let mut encoder = Encoder::new(mode);
        let mut receiver = Receiver::new(5);
        let mut random = Random::new(9);
        receiver.aim(2, 2);
        encoder.picture(true, 3);
        let mut next = 0;
        let mut heights = BTreeSet::new();
        for _ in 0..3_000 {
            let dice = random.next();
            if dice.is_multiple_of(11) {
                receiver.aim((dice >> 8) as u8 % 3, (dice >> 16) as u8 % 3);
            }
            while next < encoder.packets.len() {
                receiver.packet(&encoder, next);
                next += 1;
            }
            heights.insert(receiver.ladder.current.map(|rung| rung.ceiling));
            let key = std::mem::take(&mut receiver.wants_key);
            encoder.picture(key, 1 + (dice >> 24) as usize % 3);
        }
        let frames = receiver.frames(&encoder);
        assert!(frames.values().all(|decoded| *decoded), "{mode:?}");
        assert_eq!(receiver.gaps(), 0);
        assert_eq!(heights.len(), 9, "{mode:?}");
        let share = frames.len() * 100 / encoder.frames.len();
        assert!((20..80).contains(&share), "{mode:?}: {share} %");
        receiver.repeats(&encoder);
        receiver.markers(&encoder);
        if mode == Mode::Vp8 {
            assert_eq!(receiver.picture_steps(&encoder), [1].into());
        }
    }
}

/// A base layer alone is a third or less of the packets, and comes without any gap.
#[test]
fn a_base_layer_stands_alone() {
    for mode in MODES {
        let mut encoder = Encoder::new(mode);
        let mut receiver = Receiver::new(6);
        receiver.aim(0, 0);
        for picture in 0..200 {
            encoder.picture(picture == 0, 2);
        }
        for index in 0..encoder.packets.len() {
            receiver.packet(&encoder, index);
        }
        assert_eq!(receiver.gaps(), 0);
        let frames = receiver.frames(&encoder);
        assert!(frames.values().all(|decoded| *decoded));
        let base = |f: &&Frame| (f.position.spatial, f.position.temporal) == (0, 0);
        assert_eq!(frames.len(), encoder.frames.iter().filter(base).count());
        receiver.markers(&encoder);
        receiver.repeats(&encoder);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    /// Packets that come late or twice, in any order within a window, and targets that change:
    /// each number is used once, in the end none is missing, what is asked for again is what it
    /// was, and the lowest layers are never hurt.
    #[test]
    fn late_packets_find_their_places(
        mode in prop::sample::select(MODES.to_vec()),
        seed: u64,
        lateness in 1_u64..12,
        chance in 2_u64..20,
    ) {
        let mut encoder = Encoder::new(mode);
        let mut random = Random::new(seed);
        for picture in 0..120 {
            encoder.picture(picture % 40 == 0, 1 + random.next() as usize % 3);
        }
        // Packets come when they are due; the first one begins the stream.
        let mut order: Vec<(u64, usize)> = (0..encoder.packets.len())
            .map(|index| {
                let late = index > 0 && random.next().is_multiple_of(chance);
                let late = if late { 1 + random.next() % lateness } else { 0 };
                (index as u64 + late, index)
            })
            .collect();
        order.sort_unstable();
        let mut receiver = Receiver::new(seed);
        receiver.aim(2, 2);
        for (_, index) in order {
            let dice = random.next();
            if dice.is_multiple_of(30) {
                receiver.aim((dice >> 8) as u8 % 3, (dice >> 16) as u8 % 3);
            }
            receiver.packet(&encoder, index);
        }
        prop_assert!(receiver.gaps() <= 12, "{} gaps", receiver.gaps());
        receiver.repeats(&encoder);
        let frames = receiver.frames(&encoder);
        for (index, frame) in encoder.frames.iter().enumerate() {
            if (frame.position.spatial, frame.position.temporal) == (0, 0) {
                prop_assert_eq!(frames.get(&index), Some(&true), "{:?} {:?}", index, frame);
            }
        }
        if mode == Mode::Vp8 {
            let steps = receiver.picture_steps(&encoder);
            prop_assert!(steps.iter().all(|step| (1..8).contains(step)), "{:?}", steps);
        }
    }
}
