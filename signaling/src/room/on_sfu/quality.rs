//! `Quality`: how good a participant's connection is, told when it changes.

use livekit_protocol as lk;
use lk::ConnectionQuality;

use crate::room::Response;
use crate::room::context::Context;

pub(super) fn handle(cx: &mut Context<'_>, loss: f32, rtt_ms: Option<u32>) {
    let (quality, score) = judge(loss, rtt_ms.unwrap_or(0));
    let Some(me) = cx.me_mut() else { return };
    if me.quality.replace(quality) == Some(quality) {
        return;
    }
    let updates = vec![lk::ConnectionQualityInfo {
        participant_sid: cx.who.to_string(),
        quality: quality as i32,
        score,
    }];
    let update = lk::ConnectionQualityUpdate { updates };
    cx.room.tell_all(cx.fx, Response::ConnectionQuality(update));
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
}
