//! Which layer a receiver gets, and at which frame rate.

use crate::scalability::TEMPORAL_LAYERS;
use crate::{Quality, TrackSettings};

/// What is known of one layer of a publication, lowest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct LayerView {
    pub(crate) quality: Quality,
    /// Pixels; 0 = unknown.
    pub(crate) width: u32,
    /// Pixels; 0 = unknown.
    pub(crate) height: u32,
    /// Bits per second of each temporal layer with those below it, the last being all: measured,
    /// or announced while nothing was received.
    pub(crate) bitrates: [u64; TEMPORAL_LAYERS],
    /// Packets came recently. The publisher stops layers it has no bandwidth or no viewer for.
    pub(crate) active: bool,
}

impl LayerView {
    /// Bits per second at the full frame rate.
    pub(crate) fn bitrate(&self) -> u64 {
        self.bitrates[TEMPORAL_LAYERS - 1]
    }
}

/// A layer, maybe at a lower frame rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Choice {
    pub(crate) layer: usize,
    /// The highest temporal layer.
    pub(crate) temporal: u8,
}

impl Choice {
    /// All frames of a layer.
    pub(crate) fn full(layer: usize) -> Self {
        Self {
            layer,
            temporal: u8::MAX,
        }
    }
}

/// The layer for what the receiver shows, without regard to bandwidth; none when it shows nothing.
///
/// With a known size `quality` is meaningless (clients leave it at its default): the lowest layer
/// that covers the element in one dimension is enough. Otherwise the highest layer up to
/// `quality`. A layer that is not being sent is replaced by the nearest active one below, else
/// above; when none is active the choice stands, so that its first keyframe is awaited.
pub(crate) fn ideal(layers: &[LayerView], settings: TrackSettings) -> Option<usize> {
    if settings.disabled || layers.is_empty() {
        return None;
    }
    let highest = layers.len() - 1;
    let sized = settings.width > 0 && settings.height > 0;
    let known = layers.iter().all(|layer| layer.width > 0);
    let wanted = if sized && known {
        layers
            .iter()
            .position(|layer| covers(layer, settings))
            .unwrap_or(highest)
    } else if sized {
        highest
    } else {
        layers
            .iter()
            .rposition(|layer| layer.quality <= settings.quality)
            .unwrap_or(0)
    };
    let active = |i: &usize| layers[*i].active;
    let below = (0..=wanted).rev().find(active);
    let above = (wanted..layers.len()).find(active);
    Some(below.or(above).unwrap_or(wanted))
}

/// Elements are compared by both orientations: a phone turned upright sends 360×640.
fn covers(layer: &LayerView, settings: TrackSettings) -> bool {
    // A tenth of stretching is not seen and saves the next layer's bits.
    let enough = |have: u32, want: u32| u64::from(have) * 11 >= u64::from(want) * 10;
    enough(layer.width, settings.width) || enough(layer.height, settings.height)
}

/// Who is served first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Priority {
    /// The receiver shows it large.
    Pinned,
    /// Who speaks.
    Speaker,
    Other,
}

/// One video subscription's claim on the receiver's bandwidth.
#[derive(Debug, Clone)]
pub(crate) struct Claim {
    /// Lowest first.
    pub(crate) layers: Vec<LayerView>,
    /// The layer [`ideal`] chose.
    pub(crate) ideal: usize,
    /// What is forwarded now.
    pub(crate) current: Option<Choice>,
    pub(crate) priority: Priority,
}

/// Shares `budget` bits per second (audio already taken off) among `claims`: everyone's lowest
/// step first, then one step up each in turn while it fits; in each round those of higher
/// priority before the others, and steps up for them before any for the others. The lowest steps
/// are those to the full frame rate of the lowest active layer, the others go from layer to layer.
/// A step above what flows must fit with a quarter to spare, so that a choice at the edge does not
/// swing. None for whom not even the lowest fits.
pub(crate) fn share(budget: u64, claims: &[Claim]) -> Vec<Option<Choice>> {
    let mut chosen = vec![None; claims.len()];
    let mut order: Vec<usize> = (0..claims.len()).collect();
    order.sort_by_key(|index| claims[*index].priority);
    let mut left = budget;
    for &index in &order {
        let claim = &claims[index];
        let lowest = claim.lowest();
        if claim.fits(left, None, lowest) {
            left = left.saturating_sub(claim.bitrate(lowest));
            chosen[index] = Some(lowest);
        }
    }
    for alike in order.chunk_by(|a, b| claims[*a].priority == claims[*b].priority) {
        let mut stepped = true;
        while std::mem::take(&mut stepped) {
            for &index in alike {
                let claim = &claims[index];
                let Some(choice) = chosen[index] else {
                    continue;
                };
                if let Some(next) = claim.next_above(choice)
                    && claim.fits(left, Some(choice), next)
                {
                    left = left.saturating_sub(claim.cost(Some(choice), next));
                    chosen[index] = Some(next);
                    stepped = true;
                }
            }
        }
    }
    chosen
}

impl Claim {
    /// The least there is to forward: the lowest active layer at its lowest frame rate.
    pub(crate) fn lowest(&self) -> Choice {
        let layer = (0..=self.ideal)
            .find(|i| self.layers[*i].active)
            .unwrap_or(self.ideal);
        self.slowest_above(layer, 0)
    }

    /// Bits per second of that.
    pub(crate) fn least(&self) -> u64 {
        self.bitrate(self.lowest())
    }

    fn next_above(&self, choice: Choice) -> Option<Choice> {
        if choice.temporal != u8::MAX {
            let present = self.bitrate(choice);
            return Some(self.slowest_above(choice.layer, present));
        }
        (choice.layer + 1..=self.ideal)
            .find(|i| self.layers[*i].active)
            .map(Choice::full)
    }

    /// The lowest frame rate of a layer that takes more than `bitrate`.
    fn slowest_above(&self, layer: usize, bitrate: u64) -> Choice {
        let view = &self.layers[layer];
        let slower = (0_u8..).zip(view.bitrates);
        let mut slower = slower.filter(|(_, of)| *of > bitrate && *of < view.bitrate());
        slower
            .next()
            .map_or(Choice::full(layer), |(temporal, _)| Choice {
                layer,
                temporal,
            })
    }

    fn bitrate(&self, choice: Choice) -> u64 {
        let view = &self.layers[choice.layer];
        let temporal = usize::from(choice.temporal).min(TEMPORAL_LAYERS - 1);
        view.bitrates[temporal]
    }

    /// What `to` takes more than `from`.
    fn cost(&self, from: Option<Choice>, to: Choice) -> u64 {
        let present = from.map_or(0, |choice| self.bitrate(choice));
        self.bitrate(to).saturating_sub(present)
    }

    fn fits(&self, left: u64, from: Option<Choice>, to: Choice) -> bool {
        let cost = self.cost(from, to);
        // A ceiling above all temporal layers is the full frame rate.
        let rises = self.current.is_none_or(|current| {
            to > current && (to.layer > current.layer || self.cost(Some(current), to) > 0)
        });
        let needed = if rises {
            cost + cost / 4
        } else if self.current == Some(to) {
            // A twentieth that is missing for a moment is no reason to change.
            cost.saturating_sub(self.bitrate(to) / 20)
        } else {
            cost
        };
        needed <= left
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layers() -> Vec<LayerView> {
        let layer = |quality, width, bitrate| LayerView {
            quality,
            width,
            height: width * 9 / 16,
            bitrates: [bitrate; TEMPORAL_LAYERS],
            active: true,
        };
        vec![
            layer(Quality::Low, 320, 150_000),
            layer(Quality::Medium, 640, 500_000),
            layer(Quality::High, 1280, 1_700_000),
        ]
    }

    fn shown(width: u32, height: u32) -> TrackSettings {
        TrackSettings {
            width,
            height,
            // What clients send along with a size.
            quality: Quality::Low,
            ..TrackSettings::default()
        }
    }

    #[test]
    fn size_wins_over_quality() {
        assert_eq!(ideal(&layers(), shown(160, 90)), Some(0));
        assert_eq!(ideal(&layers(), shown(330, 185)), Some(0));
        assert_eq!(ideal(&layers(), shown(480, 270)), Some(1));
        assert_eq!(ideal(&layers(), shown(1280, 720)), Some(2));
        assert_eq!(ideal(&layers(), shown(4000, 2250)), Some(2));
    }

    #[test]
    fn quality_counts_without_a_size() {
        for (quality, layer) in [(Quality::Low, 0), (Quality::Medium, 1), (Quality::High, 2)] {
            let settings = TrackSettings {
                quality,
                ..TrackSettings::default()
            };
            assert_eq!(ideal(&layers(), settings), Some(layer));
        }
        let hidden = TrackSettings {
            disabled: true,
            ..TrackSettings::default()
        };
        assert_eq!(ideal(&layers(), hidden), None);
        assert_eq!(ideal(&[], TrackSettings::default()), None);
    }

    #[test]
    fn a_silent_layer_is_replaced() {
        let mut some = layers();
        some[2].active = false;
        assert_eq!(ideal(&some, TrackSettings::default()), Some(1));
        some[0].active = false;
        assert_eq!(ideal(&some, shown(160, 90)), Some(1));
        some[1].active = false;
        assert_eq!(ideal(&some, TrackSettings::default()), Some(2));
    }

    fn claim(current: Option<usize>) -> Claim {
        Claim {
            layers: layers(),
            ideal: 2,
            current: current.map(Choice::full),
            priority: Priority::Other,
        }
    }

    /// What [`super::share`] gives where every layer has its full frame rate.
    fn share(budget: u64, claims: &[Claim]) -> Vec<Option<usize>> {
        let chosen = super::share(budget, claims).into_iter();
        let layer = |choice: Choice| {
            assert_eq!(choice, Choice::full(choice.layer));
            choice.layer
        };
        chosen.map(|choice| choice.map(layer)).collect()
    }

    #[test]
    fn bandwidth_is_shared_from_the_bottom() {
        let two = [claim(Some(2)), claim(Some(2))];
        assert_eq!(share(10_000_000, &two), [Some(2), Some(2)]);
        assert_eq!(share(2_300_000, &two), [Some(2), Some(1)]);
        assert_eq!(share(700_000, &two), [Some(1), Some(0)]);
        assert_eq!(share(299_000, &two), [Some(0), None]);
        assert_eq!(share(0, &two), [None, None]);
    }

    #[test]
    fn rising_needs_room_to_spare() {
        assert_eq!(share(1_750_000, &[claim(Some(2))]), [Some(2)]);
        assert_eq!(share(1_750_000, &[claim(Some(1))]), [Some(1)]);
        assert_eq!(share(2_100_000, &[claim(Some(1))]), [Some(2)]);
        assert_eq!(share(160_000, &[claim(None)]), [None]);
        assert_eq!(share(190_000, &[claim(None)]), [Some(0)]);
    }

    #[test]
    fn the_pinned_and_the_speaker_come_first() {
        let of = |priority| Claim {
            priority,
            ..claim(Some(2))
        };
        let three = [
            of(Priority::Other),
            of(Priority::Speaker),
            of(Priority::Pinned),
        ];
        assert_eq!(share(2_000_000, &three), [Some(0), Some(0), Some(2)]);
        assert_eq!(share(2_350_000, &three), [Some(0), Some(1), Some(2)]);
        assert_eq!(share(300_000, &three), [None, Some(0), Some(0)]);
        assert_eq!(share(150_000, &three), [None, None, Some(0)]);
    }

    #[test]
    fn below_the_lowest_layer_the_frame_rate_falls() {
        let slow = |temporal| Some(Choice { layer: 0, temporal });
        let of = |current| {
            let mut claim = Claim {
                current,
                ..claim(None)
            };
            // No packets of a fourth temporal layer.
            claim.layers[0].bitrates = [60_000, 90_000, 150_000, 150_000];
            claim
        };
        let full = |layer| Some(Choice::full(layer));
        for (budget, chosen) in [
            (500_000, full(1)),
            (150_000, full(0)),
            (149_999, slow(1)),
            (89_999, slow(0)),
            (59_999, None),
        ] {
            assert_eq!(super::share(budget, &[of(full(1))]), [chosen], "{budget}");
        }
        // Rising again needs room to spare, staying does not.
        assert_eq!(super::share(150_000, &[of(slow(1))]), [slow(1)]);
        assert_eq!(super::share(165_000, &[of(slow(1))]), [full(0)]);
        assert_eq!(super::share(150_000, &[of(slow(2))]), [full(0)]);
        assert_eq!(super::share(74_000, &[of(None)]), [None]);
        assert_eq!(super::share(75_000, &[of(None)]), [slow(0)]);
        // Everyone gets a few pictures before anyone gets all.
        let two = [of(full(0)), of(full(0))];
        assert_eq!(super::share(150_000, &two), [slow(1), slow(0)]);
    }
}
