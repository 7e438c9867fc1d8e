//! A published track and its layers.

use std::time::{Duration, Instant};

use crate::cache::PacketCache;
use crate::codec::Codec;
use crate::keyframe::KeyframeGate;
use crate::layers::LayerView;
use crate::negotiator::Uplink;
use crate::packet::Packet;
use crate::speakers::Loudness;
use crate::stats::{FlowReport, Reception, Watch};
use crate::transport::{Mid, PayloadParams, Pt, Rid};
use crate::{MediaKind, PublishTrack, Quality, Source};

/// A layer without packets for this long is not being sent.
const SILENT_AFTER: Duration = Duration::from_millis(1_500);

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
    /// When it was announced.
    since: Instant,
}

/// One layer as it is received.
#[derive(Debug)]
pub(crate) struct Stream {
    pub(crate) rid: Option<Rid>,
    pub(crate) keyframes: KeyframeGate,
    pub(crate) cache: PacketCache,
    quality: Quality,
    width: u32,
    height: u32,
    announced_bitrate: u64,
    last_packet: Option<Instant>,
    reception: Reception,
    bytes: u64,
    /// Measured bits per second; 0 before the first measurement.
    bitrate: u64,
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
        let stream = |rid: Option<&String>, quality| {
            let layers = &self.announced.layers;
            let announced = match rid {
                Some(_) => layers.iter().find(|layer| layer.quality == quality),
                None => layers.last(),
            };
            Stream {
                rid: rid.map(|rid| Rid::from(rid.as_str())),
                keyframes: KeyframeGate::default(),
                cache: PacketCache::default(),
                quality,
                width: announced.map_or(0, |layer| layer.width),
                height: announced.map_or(0, |layer| layer.height),
                announced_bitrate: announced.map_or(0, |layer| layer.bitrate.into()),
                last_packet: None,
                reception: Reception::default(),
                bytes: 0,
                bitrate: 0,
            }
        };
        if rids.is_empty() {
            return vec![stream(None, Quality::High)];
        }
        let mut streams: Vec<Stream> = rids
            .iter()
            .enumerate()
            .map(|(index, rid)| stream(Some(rid), quality_of(rid, index)))
            .collect();
        streams.sort_by_key(|stream| stream.quality);
        streams
    }

    /// The layer a packet belongs to.
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

    /// Takes note of a received packet.
    pub(crate) fn observe(&mut self, stream: usize, packet: &Packet) {
        let clock_rate = self.codec_of(packet.pt).map_or(90_000, Codec::clock_rate);
        if let Some(level) = packet.extensions.audio_level
            && !self.is_video()
        {
            self.loudness.observe(level);
        }
        if let Some(stream) = self.streams.get_mut(stream) {
            stream.last_packet = Some(packet.arrived);
            stream.reception.observe(packet, clock_rate, self.since);
            stream.bytes += packet.payload.len() as u64;
        }
    }

    /// Whether packets of it keep coming while nothing is wrong: a screen may stand still, and
    /// nobody sends what nobody watches.
    pub(crate) fn is_steady(&self) -> bool {
        self.announced.source != Source::Screen && self.demand.is_some_wanted()
    }

    /// What came since the last call.
    pub(crate) fn take_flow(&mut self, now: Instant) -> FlowReport {
        let mut flow = self.watch.take(now);
        for stream in &mut self.streams {
            flow.add(&stream.reception.take());
        }
        flow
    }

    /// Ends a measuring period of `elapsed`.
    pub(crate) fn measure(&mut self, elapsed: Duration) {
        let micros = u64::try_from(elapsed.as_micros())
            .unwrap_or(u64::MAX)
            .max(1);
        for stream in &mut self.streams {
            let rate = stream.bytes.saturating_mul(8_000_000) / micros;
            stream.bytes = 0;
            // Keyframes are bursts: an average over some periods, quick to rise.
            stream.bitrate = if stream.bitrate == 0 {
                rate
            } else {
                (stream.bitrate * 7 + rate) / 8
            };
        }
    }

    /// The layers as a choice sees them.
    pub(crate) fn layers(&self, now: Instant) -> Vec<LayerView> {
        self.streams.iter().map(|stream| stream.view(now)).collect()
    }

    /// Which step a layer is.
    pub(crate) fn quality_of(&self, layer: usize) -> Option<Quality> {
        self.streams.get(layer).map(|stream| stream.quality)
    }

    /// The layers as if all were sent: what they could be.
    pub(crate) fn possible_layers(&self, now: Instant) -> Vec<LayerView> {
        let mut layers = self.layers(now);
        layers.iter_mut().for_each(|layer| layer.active = true);
        layers
    }
}

impl Stream {
    /// Whether anything of the layer was received: before that there is nobody to ask for a
    /// keyframe, and the first picture is one.
    pub(crate) fn has_begun(&self) -> bool {
        self.last_packet.is_some()
    }

    fn view(&self, now: Instant) -> LayerView {
        LayerView {
            quality: self.quality,
            width: self.width,
            height: self.height,
            bitrate: if self.bitrate > 0 {
                self.bitrate
            } else {
                self.announced_bitrate
            },
            active: self
                .last_packet
                .is_some_and(|last| now.saturating_duration_since(last) < SILENT_AFTER),
        }
    }
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
