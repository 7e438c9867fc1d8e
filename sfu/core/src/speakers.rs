//! Who speaks, from the audio levels in the packets (RFC 6464).

use std::time::{Duration, Instant};

/// How often the speakers are determined. Shorter flickers between words.
pub(crate) const INTERVAL: Duration = Duration::from_millis(400);

/// Louder than this counts as speech, in dBov below full scale.
const SPEECH: u8 = 40;

/// The least share of an interval that must be speech, of packets of usually 20 ms.
const LEAST_PACKETS: u32 = 4;

/// The levels of one audio track.
#[derive(Debug, Clone, Default)]
pub(crate) struct Loudness {
    loud_packets: u32,
    /// dB below full scale of the loudest packet.
    loudest: Option<u8>,
    /// Smoothed linear level; 0 = silent.
    level: f32,
}

impl Loudness {
    /// One packet's level: −127 (silence) to 0.
    pub(crate) fn observe(&mut self, level: i8) {
        let below = level.unsigned_abs().min(127);
        if below <= SPEECH {
            self.loud_packets += 1;
            self.loudest = Some(self.loudest.map_or(below, |loudest| loudest.min(below)));
        }
    }

    /// Ends an interval: the present level, 0.0 when nobody speaks on the track. Speech is
    /// reported at once; it fades over some intervals, so that a breath does not end it.
    pub(crate) fn settle(&mut self) -> f32 {
        let spoke = self.loud_packets >= LEAST_PACKETS;
        let heard = match self.loudest.filter(|_| spoke) {
            Some(below) => 10_f32.powf(-f32::from(below) / 20.0),
            None => 0.0,
        };
        self.level = if heard > 0.0 {
            heard.max(self.level * 0.5)
        } else {
            self.level * 0.25
        };
        if self.level < 10_f32.powf(-f32::from(SPEECH) / 20.0) {
            self.level = 0.0;
        }
        self.loud_packets = 0;
        self.loudest = None;
        self.level
    }

    /// The track was muted.
    pub(crate) fn silence(&mut self) {
        *self = Self::default();
    }
}

/// Levels within one step are told as one, so that steady speech is reported once.
pub(crate) fn step(level: f32) -> u8 {
    // 0.0–1.0 in eighths; the cast cannot lose anything but the fraction.
    (level.clamp(0.0, 1.0) * 8.0).ceil() as u8
}

/// When the room looks at its speakers next.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cadence(Instant);

impl Cadence {
    pub(crate) fn new(now: Instant) -> Self {
        Self(now + INTERVAL)
    }

    /// True once an interval.
    pub(crate) fn is_due(&mut self, now: Instant) -> bool {
        let due = now >= self.0;
        if due {
            self.0 = now + INTERVAL;
        }
        due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn interval(loudness: &mut Loudness, level: i8, packets: usize) -> f32 {
        (0..packets).for_each(|_| loudness.observe(level));
        loudness.settle()
    }

    #[test]
    fn speech_is_seen_and_fades() {
        let mut loudness = Loudness::default();
        assert_eq!(interval(&mut loudness, -127, 20), 0.0);
        let level = interval(&mut loudness, -20, 20);
        assert!((level - 0.1).abs() < 0.001, "{level}");
        assert!(interval(&mut loudness, -127, 20) > 0.0);
        assert_eq!(interval(&mut loudness, -127, 20), 0.0);
    }

    #[test]
    fn a_click_is_not_speech() {
        assert_eq!(interval(&mut Loudness::default(), 0, 2), 0.0);
    }

    #[test]
    fn any_level_byte_is_fine() {
        let mut loudness = Loudness::default();
        (i8::MIN..=i8::MAX).for_each(|level| loudness.observe(level));
        assert!(loudness.settle() <= 1.0);
    }
}
