//! Which decode targets a receiver can decode of what is let through (RTP payload format for AV1,
//! appendix A: `active_decode_targets_bitmask`).
//!
//! A decode target is a quality that the stream can be decoded at. A receiver of the lower layers
//! is to be told which targets are left, or it may wait for what never comes. What its publisher
//! stopped by itself stays stopped.

use std::sync::Arc;

use crate::bits::{BitWriter, Bits};
use crate::scalability::{Ceiling, Position};

/// The bytes that every descriptor has.
const MANDATORY: usize = 3;
/// Flags of a longer descriptor, from the first on: the structure of all frames, the active
/// targets, and three for what differs from the frame's template.
const STRUCTURE: u32 = 0x10;
const ACTIVE: u32 = 0x08;
const OWN: u32 = 0x07;
const FLAGS: u32 = 5;

/// The decode targets of a coded video sequence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DecodeTargets {
    /// The highest spatial and temporal layer that each needs; at most 32.
    layers: Vec<(u8, u8)>,
    /// Those the publisher sends, the first in the lowest bit.
    active: u32,
}

impl DecodeTargets {
    /// All of these targets, told by the highest layers each needs.
    pub(crate) fn new(layers: Vec<(u8, u8)>) -> Self {
        let active = lowest_bits(layers.len());
        Self { layers, active }
    }

    /// The same after a publisher's descriptor said which are active; none when it did not.
    pub(crate) fn followed(&self, descriptor: &[u8]) -> Option<Self> {
        let (parts, mut bits) = Parts::of(descriptor)?;
        let active = bits
            .read(self.count())
            .filter(|_| parts.flags & ACTIVE != 0)?;
        let layers = self.layers.clone();
        (active != self.active).then_some(Self { layers, active })
    }

    /// `descriptor` with the targets left for a receiver of the layers up to `ceiling`. Each picture
    /// of the lowest temporal layer tells them, at its beginning: others hang on these, so whoever
    /// misses one learns it before anything else. None where the descriptor stays as it is.
    pub(crate) fn told(
        &self,
        descriptor: &[u8],
        position: Position,
        ceiling: Ceiling,
    ) -> Option<Vec<u8>> {
        let begins = descriptor.first()? & 0x80 != 0;
        if !begins || position.temporal != 0 {
            return None;
        }
        let admitted = |(spatial, temporal): (u8, u8)| {
            spatial <= ceiling.spatial && temporal <= ceiling.temporal
        };
        let admitted = self.layers.iter().map(|layers| admitted(*layers));
        let left = (0..).zip(admitted).map(|(bit, yes)| u32::from(yes) << bit);
        let left = left.sum::<u32>() & self.active;
        if left == 0 {
            return None;
        }
        let (parts, mut rest) = match descriptor.len() {
            MANDATORY => (Parts::default(), Bits::new(&[])),
            _ => Parts::of(descriptor)?,
        };
        let mut out = BitWriter::default();
        out.copy(&mut Bits::new(descriptor), MANDATORY * 8)?;
        out.write(parts.flags | ACTIVE, FLAGS);
        let mut structure = Bits::new(descriptor.get(MANDATORY..)?);
        if descriptor.len() > MANDATORY {
            structure.read(FLAGS)?;
        }
        out.copy(&mut structure, parts.structure)?;
        if parts.flags & ACTIVE != 0 {
            rest.read(self.count())?;
        }
        out.write(left, self.count());
        if parts.flags & OWN != 0 {
            let left = rest.left();
            out.copy(&mut rest, left)?;
        }
        Some(out.into_bytes())
    }

    fn count(&self) -> u32 {
        // At most 32.
        self.layers.len() as u32
    }
}

/// A descriptor longer than the least.
#[derive(Debug, Default)]
struct Parts {
    flags: u32,
    /// Bits of the structure behind the flags.
    structure: usize,
}

impl Parts {
    /// With what follows the structure. None when the descriptor is short or broken.
    fn of(descriptor: &[u8]) -> Option<(Self, Bits<'_>)> {
        let mut bits = Bits::new(descriptor.get(MANDATORY..)?);
        let flags = bits.read(FLAGS)?;
        let before = bits.position();
        if flags & STRUCTURE != 0 {
            pass_structure(&mut bits)?;
        }
        let structure = bits.position() - before;
        Some((Self { flags, structure }, bits))
    }
}

/// Reads over a structure (`template_dependency_structure`).
fn pass_structure(bits: &mut Bits<'_>) -> Option<()> {
    bits.read(6)?;
    let targets = bits.read(5)? + 1;
    let (mut templates, mut spatial_layers) = (1, 1);
    loop {
        match bits.read(2)? {
            2 => spatial_layers += 1,
            3 => break,
            _ => {}
        }
        templates += 1;
    }
    for _ in 0..templates * targets {
        bits.read(2)?;
    }
    for _ in 0..templates {
        while bits.read(1)? == 1 {
            bits.read(4)?;
        }
    }
    let chains = bits.read_below(targets + 1)?;
    if chains > 0 {
        for _ in 0..targets {
            bits.read_below(chains)?;
        }
        for _ in 0..templates * chains {
            bits.read(4)?;
        }
    }
    if bits.read(1)? == 1 {
        for _ in 0..spatial_layers {
            bits.read(32)?;
        }
    }
    Some(())
}

/// As many ones, at most 32.
fn lowest_bits(count: usize) -> u32 {
    u32::try_from((1_u64 << count.min(32)) - 1).unwrap_or(u32::MAX)
}

/// What a packet's publisher says of decode targets, shared by the packets it holds for.
pub(crate) type SharedTargets = Arc<DecodeTargets>;

#[cfg(test)]
#[path = "decode_targets_tests.rs"]
mod tests;
