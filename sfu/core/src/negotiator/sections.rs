//! The media sections a client receives in, and what is in them.
//!
//! Sections are never given up (str0m's offers would grow without end), they are used again. A
//! section must have been inactive in a finished exchange before another track may enter it: the
//! client would otherwise go on with the old one.

use crate::egress::{Agreed, Outgoing};
use crate::random::Random;
use crate::rewrite::Rewriter;
use crate::sdp_text::Msid;
use crate::transport::Mid;
use crate::{MediaKind, TrackSid};

/// The pool of one connection.
#[derive(Debug, Default)]
pub(crate) struct Sections {
    list: Vec<Section>,
    wants: Vec<Want>,
}

/// One section. Its numbering outlives the tracks in it.
#[derive(Debug)]
pub(crate) struct Section {
    pub(crate) mid: Mid,
    pub(crate) kind: MediaKind,
    pub(crate) rewriter: Rewriter,
    /// What is sent in it; none before its first negotiation is through.
    pub(crate) outgoing: Option<Outgoing>,
    pub(super) state: State,
}

/// What a section is used for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum State {
    /// Inactive and agreed to be; may be used.
    Free,
    /// In an unanswered offer; none when the track was given up meanwhile.
    Offered(Option<TrackSid>),
    /// The client receives the track here.
    Bound(TrackSid),
    /// The track is gone; the client does not know yet.
    Releasing,
    /// Inactive in an unanswered offer.
    ReleaseOffered,
    /// The client refused it.
    Refused,
}

/// A track the client shall receive.
#[derive(Debug, Clone)]
pub(super) struct Want {
    pub(super) track: TrackSid,
    pub(super) kind: MediaKind,
    pub(super) msid: Msid,
}

impl Sections {
    pub(super) fn want(&mut self, want: Want) {
        if self.wants.iter().all(|w| w.track != want.track) {
            self.wants.push(want);
        }
    }

    /// Ends the use of the track's section, if it has one.
    pub(super) fn unwant(&mut self, track: &TrackSid) {
        self.wants.retain(|want| want.track != *track);
        for section in &mut self.list {
            match &section.state {
                State::Bound(bound) if bound == track => {
                    section.rewriter.forget();
                    section.state = State::Releasing;
                }
                State::Offered(Some(offered)) if offered == track => {
                    section.state = State::Offered(None);
                }
                _ => {}
            }
        }
    }

    /// Tracks that have no section yet.
    pub(super) fn unplaced(&self) -> Vec<Want> {
        let placed = |track: &TrackSid| self.list.iter().any(|s| s.track() == Some(track));
        let missing = self.wants.iter().filter(|want| !placed(&want.track));
        missing.cloned().collect()
    }

    pub(super) fn has_unplaced(&self) -> bool {
        self.wants
            .iter()
            .any(|want| !self.list.iter().any(|s| s.track() == Some(&want.track)))
    }

    pub(super) fn has(&self, state: &State) -> bool {
        self.list.iter().any(|section| section.state == *state)
    }

    pub(super) fn free(&mut self, kind: MediaKind) -> impl Iterator<Item = &mut Section> {
        self.list
            .iter_mut()
            .filter(move |section| section.kind == kind && section.state == State::Free)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Section> {
        self.list.iter()
    }

    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Section> {
        self.list.iter_mut()
    }

    /// Adds a section if `mid` is new.
    pub(super) fn add(&mut self, mid: Mid, kind: MediaKind, state: State, random: &mut Random) {
        if self.list.iter().all(|section| section.mid != mid) {
            self.list.push(Section {
                mid,
                kind,
                rewriter: Rewriter::new(random),
                outgoing: None,
                state,
            });
        }
    }

    /// The section the client receives `track` in: its place in the pool, which never changes.
    pub(crate) fn bound(&self, track: &TrackSid) -> Option<usize> {
        self.list
            .iter()
            .position(|section| matches!(&section.state, State::Bound(bound) if bound == track))
    }

    /// After a negotiation: what every section agreed on, as far as it sends.
    pub(crate) fn agree(&mut self, mut agreed: impl FnMut(Mid) -> Option<Agreed>) {
        for section in &mut self.list {
            if let Some(agreed) = agreed(section.mid) {
                match &mut section.outgoing {
                    Some(outgoing) => outgoing.agree(agreed),
                    None => section.outgoing = Some(Outgoing::new(agreed)),
                }
            }
        }
    }

    /// The place of the section that sends under `ssrc`.
    pub(crate) fn sending(&self, ssrc: u32) -> Option<usize> {
        let sends = |section: &Section| section.outgoing.as_ref().is_some_and(|o| o.ssrc() == ssrc);
        self.list.iter().position(sends)
    }

    pub(crate) fn all(&mut self) -> impl Iterator<Item = &mut Section> {
        self.list.iter_mut()
    }

    pub(crate) fn get(&self, index: usize) -> Option<&Section> {
        self.list.get(index)
    }

    pub(crate) fn get_mut(&mut self, index: usize) -> Option<&mut Section> {
        self.list.get_mut(index)
    }

    /// Every section with a track, as clients are told it.
    pub(super) fn mid_to_track(&self) -> Vec<(String, TrackSid)> {
        self.list
            .iter()
            .filter_map(|section| Some((section.mid.to_string(), section.track()?.clone())))
            .collect()
    }

    /// The msid of every section with a track.
    pub(super) fn msids(&self) -> Vec<(Mid, Msid)> {
        self.list
            .iter()
            .filter_map(|section| {
                let track = section.track()?;
                let want = self.wants.iter().find(|want| want.track == *track)?;
                Some((section.mid, want.msid.clone()))
            })
            .collect()
    }
}

impl Section {
    /// The track the client is told to be here.
    pub(super) fn track(&self) -> Option<&TrackSid> {
        match &self.state {
            State::Bound(track) | State::Offered(Some(track)) => Some(track),
            _ => None,
        }
    }
}
