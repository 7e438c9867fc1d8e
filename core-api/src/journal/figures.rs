//! How the media of each party went over a whole visit, from the entries of its journal. Pure.
//!
//! Figures are lower bounds that can be shown to somebody who was there: what nobody measured is
//! not counted as good or bad.

use std::collections::{BTreeMap, HashMap};

use bus::journal::{Happening, LeaveCause};
use bus::media::{FlowReport, MediaReport, TrackSid};
use domain::AccountId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::journal::attribution::{self, Network};

/// An entry as kept.
#[derive(Debug, Clone)]
pub(crate) struct Told {
    pub(crate) at: Timestamp,
    pub(crate) account: AccountId,
    pub(crate) participant: Option<String>,
    pub(crate) what: Happening,
}

/// One party's media over a visit.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Figures {
    /// How long was measured, in milliseconds.
    pub(crate) measured_ms: u64,
    /// How much of the sound arrived, the worse direction, in thousandths, rounded down; none
    /// when there was no sound. 1,000 only if nothing at all was missing.
    pub(crate) audio_intact: Option<u16>,
    /// How long the picture stood still or was stopped, the worse direction, in milliseconds;
    /// none when there was no picture.
    pub(crate) video_paused_ms: Option<u64>,
    /// How often the connection was lost.
    pub(crate) losses: u32,
    /// Whose network is to blame for what was missing; none when nothing was, or nobody can tell.
    pub(crate) network: Option<Network>,
}

/// One minute of one party, and when it ended.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Minute {
    pub(crate) end: Timestamp,
    pub(crate) report: MediaReport,
}

/// The figures of everybody who was in the room, from the entries of one visit in their order.
pub(crate) fn figures(entries: &[Told]) -> BTreeMap<AccountId, Figures> {
    let mut minutes: BTreeMap<AccountId, Vec<Minute>> = BTreeMap::new();
    let mut losses: HashMap<AccountId, u32> = HashMap::new();
    for entry in entries {
        match &entry.what {
            Happening::Joined => {
                minutes.entry(entry.account).or_default();
            }
            Happening::Quality { report } => {
                let end = entry.at;
                let report = *report;
                let of_account = minutes.entry(entry.account).or_default();
                of_account.push(Minute { end, report });
            }
            what if is_loss(what) => *losses.entry(entry.account).or_default() += 1,
            _ => {}
        }
    }
    let stopped = stopped(entries);
    let of_account = |account: &AccountId| {
        let own = &minutes[account];
        let others = minutes.iter().filter(|(other, _)| *other != account);
        let others: Vec<&[Minute]> = others.map(|(_, minutes)| minutes.as_slice()).collect();
        let stopped = stopped.get(account).copied().unwrap_or_default();
        let mut figures = Figures {
            measured_ms: own.iter().map(|it| u64::from(it.report.period_ms)).sum(),
            audio_intact: audio_intact(own),
            video_paused_ms: video_paused(own, stopped),
            losses: losses.get(account).copied().unwrap_or_default(),
            network: None,
        };
        let sound = figures.audio_intact.is_some_and(|intact| intact < 1_000);
        let picture = figures.video_paused_ms.is_some_and(|paused| paused > 0);
        if sound || picture || figures.losses > 0 {
            figures.network = attribution::blame(own, &others, stopped);
        }
        (*account, figures)
    };
    minutes.keys().map(of_account).collect()
}

/// Whether the network lost the participant. Coming back shows it as well as not coming back.
fn is_loss(what: &Happening) -> bool {
    let lost = |cause| matches!(cause, LeaveCause::Lost | LeaveCause::MediaLost);
    match what {
        Happening::Resumed => true,
        Happening::Left { cause } => lost(*cause),
        _ => false,
    }
}

fn audio_intact(minutes: &[Minute]) -> Option<u16> {
    let up = intact(minutes, |report| report.up.audio);
    let down = intact(minutes, |report| report.down.audio);
    up.into_iter().chain(down).min()
}

/// What arrived of the packets of one direction, times the share of time in which any came.
fn intact(minutes: &[Minute], side: impl Fn(&MediaReport) -> FlowReport) -> Option<u16> {
    let (mut packets, mut lost, mut frozen, mut time) = (0_u128, 0_u128, 0_u128, 0_u128);
    for minute in minutes {
        let (audio, period) = (side(&minute.report), minute.report.period_ms);
        if is_active(&audio) {
            packets += u128::from(audio.packets);
            lost += u128::from(audio.lost);
            frozen += u128::from(audio.frozen_ms.min(period));
            time += u128::from(period);
        }
    }
    let expected = packets + lost;
    if expected == 0 {
        return (frozen > 0).then_some(0);
    }
    let time = time.max(1);
    let thousandths = packets * (time - frozen) * 1_000 / (expected * time);
    u16::try_from(thousandths).ok()
}

/// Whether media was expected at all.
pub(crate) fn is_active(flow: &FlowReport) -> bool {
    flow.packets > 0 || flow.lost > 0 || flow.frozen_ms > 0
}

/// The longer of: how long the picture stood still by the reports, and how long it was stopped
/// for want of bandwidth. Both may tell of the same seconds, so they are not added.
fn video_paused(minutes: &[Minute], stopped: u64) -> Option<u64> {
    let video = |report: &MediaReport| is_active(&report.up.video) || is_active(&report.down.video);
    if !minutes.iter().any(|minute| video(&minute.report)) && stopped == 0 {
        return None;
    }
    let still = |minute: &Minute| {
        let report = &minute.report;
        let frozen = report.up.video.frozen_ms.max(report.down.video.frozen_ms);
        u64::from(frozen.min(report.period_ms))
    };
    Some(minutes.iter().map(still).sum::<u64>().max(stopped))
}

/// For how many milliseconds at least one picture was stopped on its way to each party, for want
/// of bandwidth. What nobody ended ends with the session.
fn stopped(entries: &[Told]) -> HashMap<AccountId, u64> {
    #[derive(Default)]
    struct Session {
        tracks: Vec<TrackSid>,
        since: Option<Timestamp>,
    }
    let mut sessions: HashMap<&str, Session> = HashMap::new();
    let mut total: HashMap<AccountId, u64> = HashMap::new();
    for entry in entries {
        let Some(participant) = entry.participant.as_deref() else {
            continue;
        };
        let session = sessions.entry(participant).or_default();
        match &entry.what {
            Happening::StreamPaused { track } if !session.tracks.contains(track) => {
                session.tracks.push(track.clone());
                session.since.get_or_insert(entry.at);
            }
            Happening::StreamResumed { track } => session.tracks.retain(|it| it != track),
            Happening::Left { .. } => session.tracks.clear(),
            _ => {}
        }
        if session.tracks.is_empty()
            && let Some(since) = session.since.take()
        {
            let stopped = entry.at.duration_since(since).as_millis().max(0);
            *total.entry(entry.account).or_default() += u64::try_from(stopped).unwrap_or(0);
        }
    }
    total
}

#[cfg(test)]
mod tests;
