//! Whose network is to blame for what a party missed. Pure.
//!
//! Loss is measured on each leg. What a party's own network lost shows on its own legs; what the
//! others' networks lost on their way up is missing on this party's way down too, and is not
//! this party's. When everybody's way down loses at once and nobody's way up does, it may be the
//! server's own line: then nobody is blamed. A picture that stands still alone may be a camera or
//! a busy device, so it counts only together with loss or with missing sound.

use bus::media::{FlowReport, Flows};
use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

use crate::journal::figures::Minute;

/// Whose network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Network {
    /// The party's own.
    Own,
    /// Another party's.
    Other,
    /// The party's own and another's.
    Both,
}

/// A leg that loses at least this share is troubled.
const TROUBLED: f64 = 0.02;

/// Missing media in milliseconds, by who is to blame.
#[derive(Debug, Default, Clone, Copy)]
struct Trouble {
    own: f64,
    other: f64,
    unclear: f64,
}

/// Whose network it was, by `own` minutes of a party, those of each of the `others`, and the
/// milliseconds for which pictures were `stopped` because the party's own network was too narrow.
pub(crate) fn blame(own: &[Minute], others: &[&[Minute]], stopped: u64) -> Option<Network> {
    #[expect(clippy::cast_precision_loss, reason = "milliseconds of a visit")]
    let mut trouble = Trouble {
        own: stopped as f64,
        ..Trouble::default()
    };
    for minute in own {
        let beside: Vec<&Minute> = others
            .iter()
            .flat_map(|minutes| minutes.iter())
            .filter(|other| overlap(minute, other))
            .collect();
        add(&mut trouble, minute, &beside);
    }
    let total = trouble.own + trouble.other + trouble.unclear;
    let most = |part: f64| part * 3.0 >= total * 2.0;
    if total < 1.0 || trouble.unclear * 3.0 > total {
        None
    } else if most(trouble.own) {
        Some(Network::Own)
    } else if most(trouble.other) {
        Some(Network::Other)
    } else {
        Some(Network::Both)
    }
}

fn add(trouble: &mut Trouble, minute: &Minute, beside: &[&Minute]) {
    let report = &minute.report;
    let period = f64::from(report.period_ms);
    trouble.own += way_up(minute) * period;
    // What came down too little, less what others failed to send up.
    let down = leg_loss(&report.down);
    let sent_less = beside
        .iter()
        .map(|other| leg_loss(&other.report.up))
        .fold(0.0, f64::max);
    let theirs = down.min(sent_less);
    let (mine, from_others) = (down - theirs, theirs);
    trouble.other += from_others * period;
    let all_lose = !beside.is_empty()
        && beside
            .iter()
            .all(|other| leg_loss(&other.report.down) >= TROUBLED);
    let nobody_up = leg_loss(&report.up) < TROUBLED && sent_less < TROUBLED;
    if mine >= TROUBLED && all_lose && nobody_up {
        trouble.unclear += mine * period;
    } else {
        trouble.own += mine * period;
    }
    // What stood still although this party's own way down was sound.
    let still = f64::from(frozen(&report.down).min(report.period_ms));
    if still > 0.0 && mine < TROUBLED {
        if beside.iter().any(|other| way_up(other) > 0.0) {
            trouble.other += still;
        } else {
            trouble.unclear += still;
        }
    }
}

/// The share of a minute in which a party's network lost what it sent: a stop counts when packets
/// or sound are missing too.
fn way_up(minute: &Minute) -> f64 {
    let up = &minute.report.up;
    let loss = leg_loss(up);
    let stopped = frozen(up).min(minute.report.period_ms);
    if minute.report.period_ms > 0 && (loss >= TROUBLED || up.audio.frozen_ms > 0) {
        loss.max(f64::from(stopped) / f64::from(minute.report.period_ms))
    } else {
        loss
    }
}

/// The share of packets that were lost, of sound or picture, whichever is worse.
fn leg_loss(flows: &Flows) -> f64 {
    share(&flows.audio).max(share(&flows.video))
}

#[expect(clippy::cast_precision_loss, reason = "packets of a minute")]
fn share(flow: &FlowReport) -> f64 {
    let expected = flow.packets as f64 + flow.lost as f64;
    if expected > 0.0 {
        flow.lost as f64 / expected
    } else {
        0.0
    }
}

fn frozen(flows: &Flows) -> u32 {
    flows.audio.frozen_ms.max(flows.video.frozen_ms)
}

/// Whether two minutes share some time.
fn overlap(one: &Minute, other: &Minute) -> bool {
    let start = |minute: &Minute| {
        let period = SignedDuration::from_millis(i64::from(minute.report.period_ms));
        minute.end.saturating_sub(period).unwrap_or(minute.end)
    };
    start(one) < other.end && start(other) < one.end
}
