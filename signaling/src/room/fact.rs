//! What core-api is told of a room, numbered within the room's life.

use bus::journal::{Entry, Happening, TrackSource};
use bus::media::ParticipantSid;
use domain::{AccountId, VisitId};
use livekit_protocol as lk;

use super::Now;

/// Entries of a room's life at most that a client can cause at will: some hours of two people who
/// never rest. One visit must not fill the disk of all.
const DETAILS: u32 = 5_000;

/// The room's part of the visit's journal.
#[derive(Debug)]
pub(crate) struct Journal {
    visit: VisitId,
    session: u64,
    last: u64,
    details: u32,
}

impl Journal {
    pub(crate) const fn new(visit: VisitId, session: u64) -> Self {
        Self {
            visit,
            session,
            last: 0,
            details: 0,
        }
    }

    /// The room's life.
    pub(crate) const fn session(&self) -> u64 {
        self.session
    }

    /// The next entry; none when it is one of too many.
    pub(crate) fn entry(
        &mut self,
        account: AccountId,
        participant: Option<&ParticipantSid>,
        what: Happening,
        now: Now,
    ) -> Option<Entry> {
        let mut what = what;
        if !what.is_vital() && !matches!(what, Happening::Quality { .. }) {
            self.details = self.details.saturating_add(1);
            match self.details {
                ..=DETAILS => {}
                details if details == DETAILS + 1 => what = Happening::Abridged,
                _ => return None,
            }
        }
        self.last += 1;
        Some(Entry {
            visit: self.visit,
            session: self.session,
            number: self.last,
            at: now.wall,
            account,
            participant: participant.cloned(),
            what,
        })
    }
}

/// The journal's word for what a track is.
pub(crate) fn source(info: &lk::TrackInfo) -> TrackSource {
    match info.source() {
        lk::TrackSource::Camera => TrackSource::Camera,
        lk::TrackSource::Microphone => TrackSource::Microphone,
        lk::TrackSource::ScreenShare => TrackSource::Screen,
        lk::TrackSource::ScreenShareAudio => TrackSource::ScreenAudio,
        lk::TrackSource::Unknown => TrackSource::Unknown,
    }
}

/// Whether a track is the picture of a shared screen.
pub(crate) fn is_share(info: &lk::TrackInfo) -> bool {
    source(info) == TrackSource::Screen
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use bus::journal::LeaveCause;
    use jiff::Timestamp;

    const NOW: Now = Now {
        elapsed: Duration::from_secs(9),
        wall: Timestamp::UNIX_EPOCH,
    };

    fn visit() -> VisitId {
        "01900000-0000-7000-8000-000000000001".parse().expect("id")
    }
    fn account(number: usize) -> AccountId {
        format!("01900000-0000-7000-8000-{number:012x}")
            .parse()
            .expect("id")
    }

    #[test]
    fn a_restless_client_abridges_the_journal_but_hides_no_leave() {
        let mut journal = Journal::new(visit(), 5);
        let mut numbers = Vec::new();
        for _ in 0..DETAILS + 10 {
            let muted = Happening::Muted {
                track: "TR_1".into(),
                source: TrackSource::Microphone,
            };
            numbers.extend(journal.entry(account(1), None, muted, NOW));
        }
        assert_eq!(
            numbers.last().map(|entry| &entry.what),
            Some(&Happening::Abridged)
        );
        let cause = LeaveCause::Client;
        numbers.extend(journal.entry(account(1), None, Happening::Left { cause }, NOW));
        let numbers: Vec<u64> = numbers.iter().map(|entry| entry.number).collect();
        assert_eq!(numbers, (1..=u64::from(DETAILS) + 2).collect::<Vec<_>>());
    }
}
