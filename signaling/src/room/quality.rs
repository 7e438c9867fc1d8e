//! The verdict on a participant's connection, as the room is told it: slow to change, so that one
//! bad second does not make it flicker.

use bus::journal::{Happening, Verdict as Word};
use bus::media::QualityReason;
use livekit_protocol as lk;
use lk::ConnectionQuality;

/// Worse reports in a row before a worse verdict is told. Reports come once a second.
const WORSE: u8 = 2;
/// Better reports in a row before a better verdict is told.
const BETTER: u8 = 5;

/// What was told, and where the reports are heading.
#[derive(Debug, Default)]
pub(crate) struct Verdict {
    told: Option<ConnectionQuality>,
    score: f32,
    /// What makes it worse than excellent, by the last report.
    reason: Option<QualityReason>,
    /// Reports in a row that are worse than what was told, and better.
    streak: (u8, u8),
}

impl Verdict {
    /// Takes a second's report in. True when the room has to be told.
    pub(crate) fn report(
        &mut self,
        loss: f32,
        rtt_ms: Option<u32>,
        reason: Option<QualityReason>,
    ) -> bool {
        let (quality, score) = judge(loss, rtt_ms.unwrap_or(0));
        self.reason = reason;
        let Some(told) = self.told.filter(|told| *told != ConnectionQuality::Lost) else {
            return self.tell(quality, score);
        };
        let (worse, better) = self.streak;
        self.streak = match rank(quality).cmp(&rank(told)) {
            std::cmp::Ordering::Less => (worse.saturating_add(1), 0),
            std::cmp::Ordering::Equal => (0, 0),
            std::cmp::Ordering::Greater => (0, better.saturating_add(1)),
        };
        let ripe = self.streak.0 >= WORSE || self.streak.1 >= BETTER;
        ripe && self.tell(quality, score)
    }

    /// The media path is dead. True when the room has to be told.
    pub(crate) fn lose(&mut self) -> bool {
        self.reason = None;
        self.told != Some(ConnectionQuality::Lost) && self.tell(ConnectionQuality::Lost, 0.0)
    }

    /// What the room is told of `sid`; none before the first report.
    pub(crate) fn info(&self, sid: &str) -> Option<lk::ConnectionQualityInfo> {
        Some(lk::ConnectionQualityInfo {
            participant_sid: sid.to_owned(),
            quality: self.told? as i32,
            score: self.score,
        })
    }

    /// For the journal: the same, with its reason; none before the first report.
    pub(crate) fn fact(&self) -> Option<Happening> {
        let verdict = match self.told? {
            ConnectionQuality::Excellent => Word::Excellent,
            ConnectionQuality::Good => Word::Good,
            ConnectionQuality::Poor => Word::Poor,
            ConnectionQuality::Lost => Word::Lost,
        };
        let reason = self.reason;
        Some(Happening::Connection { verdict, reason })
    }

    fn tell(&mut self, quality: ConnectionQuality, score: f32) -> bool {
        (self.told, self.score, self.streak) = (Some(quality), score, (0, 0));
        true
    }
}

/// The protocol's numbers are not in order of quality.
const fn rank(quality: ConnectionQuality) -> u8 {
    match quality {
        ConnectionQuality::Lost => 0,
        ConnectionQuality::Poor => 1,
        ConnectionQuality::Good => 2,
        ConnectionQuality::Excellent => 3,
    }
}

/// Speech stays good below some 2 % loss and 200 ms round trip, and is hard to follow above some
/// 8 % or 500 ms. The score runs from 5 (best) to 1, as clients show it.
fn judge(loss: f32, rtt_ms: u32) -> (ConnectionQuality, f32) {
    let quality = if loss <= 0.02 && rtt_ms <= 200 {
        ConnectionQuality::Excellent
    } else if loss <= 0.08 && rtt_ms <= 500 {
        ConnectionQuality::Good
    } else {
        ConnectionQuality::Poor
    };
    #[expect(clippy::cast_precision_loss, reason = "milliseconds up to seconds")]
    let score = 5.0 - loss * 20.0 - rtt_ms as f32 / 500.0;
    (quality, score.clamp(1.0, 5.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(verdict: &Verdict) -> Option<i32> {
        verdict.info("PA_1").map(|info| info.quality)
    }

    #[test]
    fn loss_and_round_trip_both_lower_the_verdict() {
        for (loss, rtt, quality) in [
            (0.0, 20, ConnectionQuality::Excellent),
            (0.05, 20, ConnectionQuality::Good),
            (0.0, 400, ConnectionQuality::Good),
            (0.2, 20, ConnectionQuality::Poor),
            (0.0, 900, ConnectionQuality::Poor),
        ] {
            assert_eq!(judge(loss, rtt).0, quality, "{loss} {rtt}");
        }
        assert!(judge(1.0, 60_000).1 >= 1.0);
    }

    #[test]
    fn one_bad_second_is_not_told_and_two_are() {
        let mut verdict = Verdict::default();
        assert!(verdict.report(0.0, None, None), "the first is told at once");
        let bad = Some(QualityReason::DownlinkLoss);
        assert!(!verdict.report(0.3, None, bad));
        assert!(!verdict.report(0.0, None, None));
        assert!(!verdict.report(0.3, None, bad));
        assert!(verdict.report(0.3, None, bad));
        assert_eq!(told(&verdict), Some(ConnectionQuality::Poor as i32));
        let fact = Happening::Connection {
            verdict: Word::Poor,
            reason: bad,
        };
        assert_eq!(verdict.fact(), Some(fact));
    }

    #[test]
    fn a_connection_that_flutters_stays_bad() {
        let mut verdict = Verdict::default();
        verdict.report(0.3, None, None);
        for second in 0_u8..60 {
            let loss = if second % 5 == 4 { 0.3 } else { 0.0 };
            assert!(!verdict.report(loss, None, None), "second {second}");
        }
        let calm = (0..5).map(|_| verdict.report(0.0, None, None));
        assert_eq!(calm.last(), Some(true));
    }

    #[test]
    fn a_lost_path_is_told_at_once_and_so_is_its_return() {
        let mut verdict = Verdict::default();
        verdict.report(0.0, None, None);
        assert!(verdict.lose() && !verdict.lose());
        assert_eq!(told(&verdict), Some(ConnectionQuality::Lost as i32));
        assert!(verdict.report(0.0, None, None));
    }
}
