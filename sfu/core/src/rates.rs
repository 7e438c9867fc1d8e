//! How much of a stream is received, by its layers.

use std::time::{Duration, Instant};

use crate::scalability::{Position, SPATIAL_LAYERS, TEMPORAL_LAYERS};

/// A layer without packets for this long is not being sent.
const SILENT_AFTER: Duration = Duration::from_millis(1_500);

/// Something for each layer inside a stream.
type Layered<T> = [[T; TEMPORAL_LAYERS]; SPATIAL_LAYERS];

/// The layers of one stream as they are received.
#[derive(Debug, Default)]
pub(crate) struct Rates {
    /// Received since the last measurement.
    bytes: Layered<u64>,
    /// Measured bits per second; 0 before the first measurement.
    bitrates: Layered<u64>,
    last_packets: [Option<Instant>; SPATIAL_LAYERS],
    /// Pictures of each temporal layer since the last measurement, and a thousand seconds' of them.
    pictures: [u64; TEMPORAL_LAYERS],
    picture_rates: [u64; TEMPORAL_LAYERS],
}

impl Rates {
    pub(crate) fn observe(&mut self, now: Instant, position: Position, bytes: usize) {
        let spatial = usize::from(position.spatial).min(SPATIAL_LAYERS - 1);
        let temporal = usize::from(position.temporal).min(TEMPORAL_LAYERS - 1);
        self.bytes[spatial][temporal] += bytes as u64;
        self.last_packets[spatial] = Some(now);
        self.pictures[temporal] += u64::from(position.begins);
    }

    /// Ends a measuring period of `elapsed`.
    pub(crate) fn measure(&mut self, elapsed: Duration) {
        let micros = u64::try_from(elapsed.as_micros())
            .unwrap_or(u64::MAX)
            .max(1);
        let bytes = self.bytes.as_flattened_mut().iter_mut();
        for (bytes, bitrate) in bytes.zip(self.bitrates.as_flattened_mut()) {
            let rate = std::mem::take(bytes).saturating_mul(8_000_000) / micros;
            // Keyframes are bursts: an average over some periods, quick to rise.
            *bitrate = match *bitrate {
                0 => rate,
                before => (before * 7 + rate) / 8,
            };
        }
        for (pictures, rate) in self.pictures.iter_mut().zip(&mut self.picture_rates) {
            let now = std::mem::take(pictures).saturating_mul(1_000_000_000) / micros;
            *rate = match *rate {
                0 => now,
                before => (before * 7 + now) / 8,
            };
        }
    }

    /// The highest temporal layer that so many pictures a second take; a tenth less will do. All of
    /// them when there are no more, or none are told apart.
    pub(crate) fn temporal_for(&self, fps: u32) -> u8 {
        let enough = u64::from(fps) * 900;
        let mut rate = 0;
        let mut layers = (0_u8..).zip(self.picture_rates);
        let found = layers.find(|(_, of)| {
            rate += of;
            rate >= enough
        });
        let (layer, _) = found.filter(|_| fps > 0).unwrap_or((u8::MAX, 0));
        let above = self.picture_rates.iter().skip(usize::from(layer) + 1);
        match above.sum::<u64>() {
            0 => u8::MAX,
            _ => layer,
        }
    }

    /// Spatial layers seen so far; 0 before the first packet.
    pub(crate) fn spatial_layers(&self) -> usize {
        let seen = self.last_packets.iter().rposition(Option::is_some);
        seen.map_or(0, |highest| highest + 1)
    }

    /// Bits per second of the spatial layers up to `spatial`, for each temporal layer with those
    /// below it; the last is all.
    pub(crate) fn up_to(&self, spatial: usize) -> [u64; TEMPORAL_LAYERS] {
        let mut sums = [0; TEMPORAL_LAYERS];
        for rates in self.bitrates.iter().take(spatial + 1) {
            let mut sum = 0;
            for (total, rate) in sums.iter_mut().zip(rates) {
                sum += rate;
                *total += sum;
            }
        }
        sums
    }

    /// Whether packets of any layer came recently.
    pub(crate) fn are_some_active(&self, now: Instant) -> bool {
        (0..SPATIAL_LAYERS).any(|spatial| self.is_active(spatial, now))
    }

    /// Whether packets of a spatial layer came recently.
    pub(crate) fn is_active(&self, spatial: usize, now: Instant) -> bool {
        self.last_packets
            .get(spatial)
            .copied()
            .flatten()
            .is_some_and(|last| now.saturating_duration_since(last) < SILENT_AFTER)
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
    fn as_many_temporal_layers_as_the_frame_rate_takes() {
        let now = Instant::now();
        let mut rates = Rates::default();
        assert_eq!(rates.temporal_for(1), u8::MAX);
        // 30 pictures a second in three layers.
        for n in 0..60 {
            let position = Position {
                temporal: [0, 2, 1, 2][n % 4],
                begins: true,
                ..Position::default()
            };
            rates.observe(now, position, 100);
        }
        rates.measure(Duration::from_secs(2));
        let expected = [
            (0, u8::MAX),
            (1, 0),
            (8, 0),
            (9, 1),
            (15, 1),
            (30, u8::MAX),
            (99, u8::MAX),
        ];
        for (fps, temporal) in expected {
            assert_eq!(rates.temporal_for(fps), temporal, "{fps}");
        }
    }

    #[test]
    #[expect(
        clippy::disallowed_methods,
        reason = "an origin for a hand-moved clock"
    )]
    fn each_layer_counts_for_itself_and_those_above() {
        let now = Instant::now();
        let mut rates = Rates::default();
        assert_eq!(rates.spatial_layers(), 0);
        for (spatial, temporal, bytes) in [(0, 0, 1_000), (0, 2, 500), (1, 0, 3_000), (9, 9, 8_000)]
        {
            let position = Position {
                spatial,
                temporal,
                ..Position::default()
            };
            rates.observe(now, position, bytes);
        }
        rates.measure(Duration::from_secs(1));
        assert_eq!(rates.up_to(0), [8_000, 8_000, 12_000, 12_000]);
        assert_eq!(rates.up_to(1), [32_000, 32_000, 36_000, 36_000]);
        assert_eq!(rates.up_to(3), [32_000, 32_000, 36_000, 100_000]);
        assert_eq!(rates.spatial_layers(), 4);
        assert!(rates.is_active(1, now) && !rates.is_active(2, now));
        assert!(!rates.are_some_active(now + SILENT_AFTER));

        // A layer that stops fades.
        rates.measure(Duration::from_secs(1));
        assert_eq!(rates.up_to(0), [7_000, 7_000, 10_500, 10_500]);
    }
}
