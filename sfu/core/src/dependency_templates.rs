//! Layers as the AV1 dependency descriptor tells them (RTP payload format for AV1, appendix A).
//!
//! A keyframe's descriptor carries the frame templates of what follows; every other names one of
//! them. Of these only what places a packet among the layers is read. Leaving out higher layers
//! leaves a descriptor valid: frame numbers may jump, and what is sent refers to nothing that is
//! not. What can be decoded of the rest is told to the receiver by `decode_targets`.

use std::sync::Arc;

use crate::bits::Bits;
use crate::decode_targets::{DecodeTargets, SharedTargets};
use crate::scalability::{Position, Rise};

/// Template ids are 6 bits.
const TEMPLATES: usize = 64;
/// Decode target indication: the target can be switched to at this frame.
const SWITCH: u32 = 2;
/// The frame is not of the target.
const ABSENT: u32 = 0;
/// `next_layer_idc`: what the next template belongs to.
const NEXT_TEMPORAL: u32 = 1;
const NEXT_SPATIAL: u32 = 2;
const NO_MORE: u32 = 3;
/// Spatial and temporal ids are 2 and 3 bits wide.
const MAX_SPATIAL: u8 = 3;
const MAX_TEMPORAL: u8 = 7;

/// The templates of a coded video sequence, as far as they tell layers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DependencyTemplates {
    offset: u8,
    /// At most [`TEMPLATES`].
    templates: Vec<Template>,
    targets: SharedTargets,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Template {
    spatial: u8,
    temporal: u8,
    /// Every decode target can be switched to.
    switches: bool,
}

impl DependencyTemplates {
    /// The templates that come with a descriptor; none when it carries none, or broken ones.
    pub(crate) fn attached(descriptor: &[u8]) -> Option<Self> {
        let mut bits = Bits::new(descriptor.get(3..)?);
        let present = bits.read(1)? == 1;
        // Flags of what else the frame carries.
        bits.read(4)?;
        if !present {
            return None;
        }
        let offset = bits.read(6)? as u8;
        let targets = bits.read(5)? + 1;
        let mut templates = Vec::new();
        let (mut spatial, mut temporal) = (0, 0);
        loop {
            templates.push(Template {
                spatial,
                temporal,
                switches: true,
            });
            match bits.read(2)? {
                NEXT_TEMPORAL => temporal += 1,
                NEXT_SPATIAL => (spatial, temporal) = (spatial + 1, 0),
                NO_MORE => break,
                _ => {}
            }
            if templates.len() == TEMPLATES || spatial > MAX_SPATIAL || temporal > MAX_TEMPORAL {
                return None;
            }
        }
        let mut highest = vec![(0, 0); targets as usize];
        for template in &mut templates {
            for (spatial, temporal) in &mut highest {
                let indication = bits.read(2)?;
                template.switches &= indication == SWITCH;
                if indication != ABSENT {
                    *spatial = template.spatial.max(*spatial);
                    *temporal = template.temporal.max(*temporal);
                }
            }
        }
        let targets = Arc::new(DecodeTargets::new(highest));
        Some(Self {
            offset,
            templates,
            targets,
        })
    }

    /// The decode targets as they are since `descriptor` came.
    pub(crate) fn targets(&mut self, descriptor: &[u8]) -> SharedTargets {
        if let Some(followed) = self.targets.followed(descriptor) {
            self.targets = Arc::new(followed);
        }
        Arc::clone(&self.targets)
    }

    /// Where a packet with this descriptor stands; none when it names no template of these.
    pub(crate) fn position(&self, descriptor: &[u8]) -> Option<Position> {
        let first = *descriptor.first()?;
        let index = (first & 0x3f).wrapping_sub(self.offset) & 0x3f;
        let template = self.templates.get(usize::from(index))?;
        // The flags of a longer descriptor: the third is that of indications of its own.
        let custom = descriptor.get(3).is_some_and(|flags| flags & 0x20 != 0);
        let rise = match template.switches && !custom {
            true => Rise::Behind,
            false => Rise::Nowhere,
        };
        Some(Position {
            spatial: template.spatial,
            temporal: template.temporal,
            begins: first & 0x80 != 0 && template.spatial == 0,
            ends: first & 0x40 != 0,
            rise,
        })
    }
}

#[cfg(test)]
#[path = "dependency_templates_tests.rs"]
mod tests;
