//! A published track and its layers.

use std::time::{Duration, Instant};

use crate::codec::Codec;
use crate::ladder::{Cue, Rung};
use crate::layers::{Choice, LayerView};
use crate::negotiator::Uplink;
use crate::packet::Packet;
use crate::scalability::Ceiling;
use crate::speakers::Loudness;
use crate::stats::{FlowReport, Watch};
use crate::stream::Stream;
use crate::transport::{Mid, PayloadParams, Pt, Rid};
use crate::{Layer, MediaKind, PublishTrack, Quality, Source};

/// A track announced by `publisher`, in a media section or still waiting for it.
#[derive(Debug)]
pub(crate) struct Publication {
    pub(crate) announced: PublishTrack,
    /// Key of the publishing peer.
    pub(crate) publisher: usize,
    pub(crate) section: Option<Uplink>,
    /// What the section's payload types mean.
    pub(crate) payloads: Vec<PayloadParams>,
    /// Lowest first; one without RID when the section has no simulcast.
    pub(crate) streams: Vec<Stream>,
    pub(crate) muted: bool,
    /// Keys of the subscriptions to it.
    pub(crate) subscriptions: Vec<usize>,
    pub(crate) loudness: Loudness,
    pub(crate) demand: Demand,
    pub(crate) watch: Watch,
    /// What came and was not sent on yet.
    pub(crate) unsent: Vec<(Cue, Packet)>,
    /// When it was announced.
    since: Instant,
}

/// What viewers want of a publication, as told to the publisher (dynacast).
#[derive(Debug, Default)]
pub(crate) struct Demand {
    told: Option<Option<Quality>>,
    /// Since when less than told is wanted.
    lower_since: Option<Instant>,
}

impl Demand {
    /// Lowering waits this long: a viewer who scrolls past comes back.
    const PATIENCE: Duration = Duration::from_secs(5);

    /// Whether the publisher was not told to stop.
    fn is_some_wanted(&self) -> bool {
        self.told != Some(None)
    }

    /// The highest step wanted now; returns it when it is to be told. More is told at once.
    pub(crate) fn update(
        &mut self,
        now: Instant,
        wanted: Option<Quality>,
    ) -> Option<Option<Quality>> {
        // Publishers begin with every layer on.
        let told = self.told.unwrap_or(Some(Quality::High));
        if wanted == told {
            self.lower_since = None;
            return None;
        }
        if wanted < told {
            let since = *self.lower_since.get_or_insert(now);
            if now.saturating_duration_since(since) < Self::PATIENCE {
                return None;
            }
        }
        self.lower_since = None;
        self.told = Some(wanted);
        Some(wanted)
    }
}

impl Publication {
    pub(crate) fn new(now: Instant, announced: PublishTrack, publisher: usize) -> Self {
        Self {
            announced,
            publisher,
            section: None,
            payloads: Vec::new(),
            streams: Vec::new(),
            muted: false,
            subscriptions: Vec::new(),
            loudness: Loudness::default(),
            demand: Demand::default(),
            watch: Watch::default(),
            unsent: Vec::new(),
            since: now,
        }
    }

    pub(crate) fn is_video(&self) -> bool {
        self.announced.kind == MediaKind::Video
    }

    pub(crate) fn mid(&self) -> Option<Mid> {
        self.section.as_ref().map(|section| section.mid)
    }

    /// Meets its section.
    pub(crate) fn bind(&mut self, section: Uplink, payloads: Vec<PayloadParams>) {
        let unchanged = self
            .section
            .as_ref()
            .is_some_and(|old| old.mid == section.mid && old.rids == section.rids);
        if !unchanged {
            self.streams = self.streams_of(&section.rids);
        }
        self.section = Some(section);
        self.payloads = payloads;
    }

    fn streams_of(&self, rids: &[String]) -> Vec<Stream> {
        if rids.is_empty() {
            let all = self.announced.layers.last();
            return vec![Stream::new(None, Quality::High, all)];
        }
        let stream = |(index, rid): (usize, &String)| {
            let quality = quality_of(rid, index);
            Stream::new(Some(rid), quality, announced_as(&self.announced, quality))
        };
        let mut streams: Vec<Stream> = rids.iter().enumerate().map(stream).collect();
        streams.sort_by_key(|stream| stream.quality);
        streams
    }

    /// The layers are others than were announced.
    pub(crate) fn set_layers(&mut self, layers: Vec<Layer>) {
        self.announced.layers = layers;
        for stream in &mut self.streams {
            let announced = match stream.rid {
                Some(_) => announced_as(&self.announced, stream.quality),
                None => self.announced.layers.last(),
            };
            stream.announce(announced);
        }
    }

    /// The stream a packet belongs to.
    pub(crate) fn stream_of(&self, rid: Option<Rid>) -> Option<usize> {
        self.streams.iter().position(|stream| stream.rid == rid)
    }

    /// The codec of a payload type, that inside RED for RED.
    pub(crate) fn codec_of(&self, pt: Pt) -> Option<Codec> {
        self.payloads
            .iter()
            .find(|p| p.pt() == pt || p.red() == Some(pt))
            .and_then(|p| Codec::of(p.spec().codec))
    }

    /// Whether a decoder can begin with a packet.
    pub(crate) fn starts(&self, packet: &Packet) -> bool {
        let codec = self.codec_of(packet.pt);
        codec.is_some_and(|codec| codec.starts_decodable(&packet.payload))
    }

    /// Takes note of a received packet of a stream: where it stands there, and what it allows.
    pub(crate) fn observe(&mut self, stream: usize, packet: &mut Packet) -> Cue {
        let codec = self.codec_of(packet.pt);
        if let Some(level) = packet.extensions.audio_level
            && !self.is_video()
        {
            self.loudness.observe(level);
        }
        let starts = self.starts(packet);
        let mut newest = false;
        if let Some(state) = self.streams.get_mut(stream) {
            newest = state.observe(packet, codec, self.since);
            if starts && newest {
                state.starts_with(packet);
            }
        }
        Cue {
            stream,
            position: packet.position,
            starts,
            newest,
            arrived: packet.arrived,
        }
    }

    /// Whether packets of it keep coming while nothing is wrong: a screen may stand still, and
    /// nobody sends what nobody watches.
    pub(crate) fn is_steady(&self) -> bool {
        self.announced.source != Source::Screen && self.demand.is_some_wanted()
    }

    /// What came was sent on: pictures are kept for who asks again.
    pub(crate) fn remember(&mut self) {
        let video = self.is_video();
        for (cue, packet) in self.unsent.drain(..) {
            if video && let Some(stream) = self.streams.get_mut(cue.stream) {
                stream.cache.put(packet);
            }
        }
    }

    /// What came since the last call.
    pub(crate) fn take_flow(&mut self, now: Instant) -> FlowReport {
        let mut flow = self.watch.take(now);
        for stream in &mut self.streams {
            flow.add(&stream.take_flow());
        }
        flow
    }

    /// Ends a measuring period of `elapsed`.
    pub(crate) fn measure(&mut self, elapsed: Duration) {
        for stream in &mut self.streams {
            stream.rates.measure(elapsed);
        }
    }

    /// The layers as a choice sees them: the streams, or the spatial layers inside the only one.
    pub(crate) fn layers(&self, now: Instant) -> Vec<LayerView> {
        match (&self.streams[..], self.layers_inside()) {
            ([only], Some(count)) => only.views_inside(now, count, &self.announced.layers),
            (streams, _) => streams.iter().map(|stream| stream.view(now)).collect(),
        }
    }

    /// Spatial layers inside the only stream, if there are several.
    fn layers_inside(&self) -> Option<usize> {
        match &self.streams[..] {
            [only] => Some(only.rates.spatial_layers()).filter(|count| *count > 1),
            _ => None,
        }
    }

    /// What flows for a choice among [`Self::layers`].
    pub(crate) fn rung(&self, choice: Choice) -> Rung {
        let Choice { layer, temporal } = choice;
        let (stream, spatial) = match self.layers_inside() {
            Some(count) if layer + 1 < count => (0, u8::try_from(layer).unwrap_or(u8::MAX)),
            // Whatever the encoder may add later belongs to the highest.
            Some(_) => (0, u8::MAX),
            None => (layer, u8::MAX),
        };
        Rung {
            stream,
            ceiling: Ceiling { spatial, temporal },
        }
    }

    /// `rung` with no more temporal layers than so many pictures a second take; 0 = all.
    pub(crate) fn at_rate(&self, mut rung: Rung, fps: u32) -> Rung {
        if let Some(stream) = self.streams.get(rung.stream) {
            let enough = stream.rates.temporal_for(fps);
            rung.ceiling.temporal = rung.ceiling.temporal.min(enough);
        }
        rung
    }

    /// The choice that `rung` is.
    pub(crate) fn choice(&self, rung: Rung) -> Choice {
        let layer = match self.layers_inside() {
            Some(count) => usize::from(rung.ceiling.spatial).min(count - 1),
            None => rung.stream,
        };
        Choice {
            layer,
            temporal: rung.ceiling.temporal,
        }
    }

    /// The layers as if all were sent: what they could be.
    pub(crate) fn possible_layers(&self, now: Instant) -> Vec<LayerView> {
        let mut layers = self.layers(now);
        layers.iter_mut().for_each(|layer| layer.active = true);
        layers
    }
}

/// What was announced of one step.
fn announced_as(track: &PublishTrack, quality: Quality) -> Option<&Layer> {
    track.layers.iter().find(|layer| layer.quality == quality)
}

/// LiveKit's names; other RIDs by their place in the offer.
fn quality_of(rid: &str, index: usize) -> Quality {
    match (rid, index) {
        ("q", _) => Quality::Low,
        ("h", _) => Quality::Medium,
        ("f", _) => Quality::High,
        (_, 0) => Quality::Low,
        (_, 1) => Quality::Medium,
        _ => Quality::High,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[expect(
        clippy::disallowed_methods,
        reason = "an origin for a hand-moved clock"
    )]
    fn demand_rises_at_once_and_falls_late() {
        let start = Instant::now();
        let at = |secs| start + Duration::from_secs(secs);
        let mut demand = Demand::default();
        assert_eq!(demand.update(at(0), Some(Quality::High)), None);
        assert_eq!(demand.update(at(1), Some(Quality::Low)), None);
        assert_eq!(demand.update(at(5), Some(Quality::Low)), None);
        let low = Some(Some(Quality::Low));
        assert_eq!(demand.update(at(6), Some(Quality::Low)), low);
        assert_eq!(demand.update(at(7), Some(Quality::Low)), None);
        let high = Some(Some(Quality::High));
        assert_eq!(demand.update(at(8), Some(Quality::High)), high);
        assert_eq!(demand.update(at(9), None), None);
        assert_eq!(demand.update(at(10), Some(Quality::High)), None);
        assert_eq!(demand.update(at(11), None), None);
        assert_eq!(demand.update(at(15), None), None);
        assert_eq!(demand.update(at(16), None), Some(None));
    }
}
