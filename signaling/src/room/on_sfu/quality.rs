//! `Quality`: how good a participant's connection is, told when the verdict changes.

use std::sync::Arc;

use bus::media::QualityReason;

use crate::room::context::Context;

pub(super) fn handle(
    cx: &mut Context<'_>,
    loss: f32,
    rtt_ms: Option<u32>,
    reason: Option<QualityReason>,
) {
    let Some(me) = cx.me_mut() else { return };
    // A report that was under way when the path died says nothing of the path.
    if me.media_at.is_none() && me.quality.report(loss, rtt_ms, reason) {
        tell(cx);
    }
}

/// The verdict is another than before: everybody is told, and the journal.
pub(in crate::room) fn tell(cx: &mut Context<'_>) {
    cx.room
        .announce_quality(cx.fx, &Arc::clone(&cx.who), cx.now);
    if let Some(fact) = cx.me().and_then(|me| me.quality.fact()) {
        cx.fact(fact);
    }
}
