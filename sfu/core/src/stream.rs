//! One stream of a publication as it is received: a simulcast layer, or all of a track.

use std::time::Instant;

use crate::cache::PacketCache;
use crate::codec::Codec;
use crate::dependency_descriptor::DependencyDescriptor;
use crate::dependency_templates::DependencyTemplates;
use crate::keyframe::KeyframeGate;
use crate::layers::LayerView;
use crate::packet::Packet;
use crate::rates::Rates;
use crate::replay::{Group, MOST_BEHIND};
use crate::scalability::{Position, SPATIAL_LAYERS, TEMPORAL_LAYERS};
use crate::stats::{FlowReport, Reception};
use crate::transport::Rid;
use crate::{Layer, Quality};

/// What is received under one SSRC.
#[derive(Debug)]
pub(crate) struct Stream {
    pub(crate) rid: Option<Rid>,
    pub(crate) quality: Quality,
    pub(crate) keyframes: KeyframeGate,
    pub(crate) cache: PacketCache,
    width: u32,
    height: u32,
    announced_bitrate: u64,
    /// SSRC and number of the newest packet.
    newest: Option<(u32, u64)>,
    /// The keyframe that came last.
    group: Option<Group>,
    /// What dependency descriptors refer to.
    templates: Option<DependencyTemplates>,
    reception: Reception,
    pub(crate) rates: Rates,
}

impl Stream {
    pub(crate) fn new(rid: Option<&str>, quality: Quality, announced: Option<&Layer>) -> Self {
        let mut stream = Self {
            rid: rid.map(Rid::from),
            quality,
            keyframes: KeyframeGate::default(),
            cache: PacketCache::default(),
            width: 0,
            height: 0,
            announced_bitrate: 0,
            newest: None,
            group: None,
            templates: None,
            reception: Reception::default(),
            rates: Rates::default(),
        };
        stream.announce(announced);
        stream
    }

    /// What its publisher says of its size and rate.
    pub(crate) fn announce(&mut self, layer: Option<&Layer>) {
        self.width = layer.map_or(0, |layer| layer.width);
        self.height = layer.map_or(0, |layer| layer.height);
        self.announced_bitrate = layer.map_or(0, |layer| layer.bitrate.into());
    }

    /// Takes note of a received packet of a track announced at `since`, and of its position. True
    /// when nothing came before that belongs behind it.
    pub(crate) fn observe(
        &mut self,
        packet: &mut Packet,
        codec: Option<Codec>,
        since: Instant,
    ) -> bool {
        let template = self.template_position(packet);
        packet.position = match codec {
            Some(Codec::Av1) => template.unwrap_or_default(),
            // Browsers leave out of VP8's own descriptor what the other one tells.
            Some(Codec::Vp8) => {
                template.unwrap_or_else(|| Position::parse(Codec::Vp8, &packet.payload))
            }
            Some(codec) => Position::parse(codec, &packet.payload),
            None => Position::default(),
        };
        let clock_rate = codec.map_or(90_000, Codec::clock_rate);
        self.reception.observe(packet, clock_rate, since);
        let bytes = packet.payload.len();
        self.rates.observe(packet.arrived, packet.position, bytes);
        let late = self
            .newest
            .is_some_and(|(ssrc, seq)| ssrc == *packet.ssrc && packet.seq < seq);
        if !late {
            self.newest = Some((*packet.ssrc, packet.seq));
        }
        !late
    }

    /// Where a packet stands among the layers by its dependency descriptor; none when it does not
    /// tell. Notes the decode targets on the packet.
    fn template_position(&mut self, packet: &mut Packet) -> Option<Position> {
        let dependency = packet.extensions.dependency.clone()?;
        let DependencyDescriptor(descriptor) = &*dependency;
        if let Some(attached) = DependencyTemplates::attached(descriptor) {
            self.templates = Some(attached);
        }
        let templates = self.templates.as_mut()?;
        packet.extensions.targets = Some(templates.targets(descriptor));
        templates.position(descriptor)
    }

    /// A decoder can begin with a packet that was observed: the next asks for nothing.
    pub(crate) fn starts_with(&mut self, packet: &Packet) {
        self.keyframes.arrived();
        if !self.group.is_some_and(|group| group.has_key(packet)) {
            self.group = Some(Group::of(packet));
        }
    }

    /// Nothing received so far is begun with.
    pub(crate) fn forget_group(&mut self) {
        self.group = None;
    }

    /// The last keyframe with all that followed, if a receiver may begin with it: it is fresh and
    /// the cache holds every packet.
    pub(crate) fn group(&self, now: Instant) -> Option<Group> {
        let group = self.group.filter(|group| group.is_fresh(now))?;
        let newest = self.newest_of(group.ssrc)?;
        let behind = newest.checked_sub(group.first)?;
        let held = |seq| self.cache.get(group.ssrc, seq).is_some();
        (behind < MOST_BEHIND && (group.first..=newest).all(held)).then_some(group)
    }

    /// The number of the newest packet, if it is of this source.
    pub(crate) fn newest_of(&self, ssrc: u32) -> Option<u64> {
        let (of, seq) = self.newest?;
        (of == ssrc).then_some(seq)
    }

    /// Whether anything of it was received: before that there is nobody to ask for a keyframe,
    /// and the first picture is one.
    pub(crate) fn has_begun(&self) -> bool {
        self.newest.is_some()
    }

    /// What came since the last call.
    pub(crate) fn take_flow(&mut self) -> FlowReport {
        self.reception.take()
    }

    /// All of it as one layer.
    pub(crate) fn view(&self, now: Instant) -> LayerView {
        LayerView {
            quality: self.quality,
            width: self.width,
            height: self.height,
            bitrates: or_announced(self.rates.up_to(SPATIAL_LAYERS), self.announced_bitrate),
            active: self.rates.are_some_active(now),
        }
    }

    /// The spatial layers inside, of which there are `count`, as they were announced.
    pub(crate) fn views_inside(
        &self,
        now: Instant,
        count: usize,
        announced: &[Layer],
    ) -> Vec<LayerView> {
        let view = |spatial: usize| {
            let all_told = announced.len() == count;
            let announced: Option<&Layer> = announced.get(spatial).filter(|_| all_told);
            let bitrate = announced.map_or(0, |layer| u64::from(layer.bitrate));
            LayerView {
                quality: match announced {
                    Some(layer) => layer.quality,
                    None => from_the_top(count - 1 - spatial),
                },
                width: announced.map_or(0, |layer| layer.width),
                height: announced.map_or(0, |layer| layer.height),
                bitrates: or_announced(self.rates.up_to(spatial), bitrate),
                active: self.rates.is_active(spatial, now),
            }
        };
        (0..count).map(view).collect()
    }
}

/// What was measured, or `announced` while nothing was.
fn or_announced(measured: [u64; TEMPORAL_LAYERS], announced: u64) -> [u64; TEMPORAL_LAYERS] {
    match measured {
        [.., 0] => [announced; TEMPORAL_LAYERS],
        _ => measured,
    }
}

/// The step of a spatial layer with this many above it.
fn from_the_top(above: usize) -> Quality {
    match above {
        0 => Quality::High,
        1 => Quality::Medium,
        _ => Quality::Low,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::packet::Extensions;

    /// Descriptors of three temporal layers: a keyframe's, with templates of T0 (twice), T1 and T2
    /// for three decode targets, and those of a picture of each template.
    const KEY: [u8; 10] = [0xc0, 0x00, 0x01, 0x80, 0x02, 0x17, 0xaa, 0xa2, 0x81, 0x00];

    #[test]
    #[expect(
        clippy::disallowed_methods,
        reason = "an origin for a hand-moved clock"
    )]
    fn vp8_that_tells_no_layers_of_its_own_is_placed_by_dependency_descriptors() {
        let now = Instant::now();
        let mut stream = Stream::new(None, Quality::High, None);
        let mut place = |seq, payload: &[u8], descriptor: Option<&[u8]>| {
            let of = |bytes: &[u8]| Arc::new(DependencyDescriptor(bytes.into()));
            let mut packet = Packet {
                mid: "0".into(),
                rid: None,
                ssrc: 7.into(),
                pt: 96.into(),
                seq,
                timestamp: 0,
                marker: true,
                payload: payload.into(),
                extensions: Extensions {
                    dependency: descriptor.map(of),
                    ..Extensions::default()
                },
                arrived: now,
                position: Position::default(),
                clock: None,
            };
            stream.observe(&mut packet, Some(Codec::Vp8), now);
            (packet.position.temporal, packet.position.begins)
        };
        // One byte: the first packet of a picture, and nothing else.
        let bare = [0x10, 0];
        assert_eq!(place(0, &bare, Some(&KEY)), (0, true));
        assert_eq!(place(1, &bare, Some(&[0xc3, 0, 2])), (2, true));
        assert_eq!(place(2, &[0, 0], Some(&[0x42, 0, 3])), (1, false));
        assert_eq!(place(3, &bare, Some(&[0xc1, 0, 4])), (0, true));
        // X and T, temporal layer 2: without the other descriptor its own counts.
        assert_eq!(place(4, &[0x90, 0x20, 0x80, 0], None), (2, true));
    }
}
