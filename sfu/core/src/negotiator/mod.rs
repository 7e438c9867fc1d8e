//! Offers and answers of one participant, for both ways LiveKit clients connect.
//!
//! - *Dual*: the client offers its publisher connection; the node offers the subscriber
//!   connection, one offer at a time. What changes meanwhile goes into the next offer.
//! - *Single*: the client offers everything. Tracks enter its receiving sections only in the
//!   answer to an offer; when sections are missing the client is asked to offer more.

mod accept;
mod sections;

pub(crate) use accept::{Accepted, Uplink};
pub(crate) use sections::Sections;

use sections::{State, Want};

use crate::random::Random;
use crate::sdp_text::{Msid, SdpText};
use crate::transport::{Changes, Offered, Refusal, SdpPendingOffer, Transport};
use crate::{Connections, MediaKind, ParticipantSid, Source, TrackSid};

/// Requests for sections a client may leave without effect in a row before it is left alone.
const MAX_FRUITLESS: u32 = 4;

/// The negotiation state of one participant.
pub(crate) struct Negotiator {
    mode: Connections,
    sections: Sections,
    /// Dual: the unanswered offer.
    pending: Option<Pending>,
    next_offer: u32,
    /// Dual: the first offer carries the data channels.
    opened: bool,
    /// Dual: the next offer restarts ICE.
    restart: bool,
    /// Single: the client was asked to offer anew and did not yet.
    requested: bool,
    fruitless: u32,
}

struct Pending {
    id: u32,
    text: String,
    offer: SdpPendingOffer,
}

/// What to tell the client so that negotiation goes on.
#[derive(Debug, PartialEq)]
pub(crate) enum Step {
    Offer {
        id: u32,
        sdp: String,
        mid_to_track: Vec<(String, TrackSid)>,
    },
    SectionsNeeded {
        audios: u32,
        videos: u32,
    },
}

impl Negotiator {
    pub(crate) fn new(mode: Connections) -> Self {
        Self {
            mode,
            sections: Sections::default(),
            pending: None,
            next_offer: 1,
            opened: false,
            restart: false,
            requested: false,
            fruitless: 0,
        }
    }

    pub(crate) fn sections(&self) -> &Sections {
        &self.sections
    }

    pub(crate) fn sections_mut(&mut self) -> &mut Sections {
        &mut self.sections
    }

    /// The client shall receive `track`. Takes effect with [`Self::advance`].
    pub(crate) fn want(
        &mut self,
        publisher: &ParticipantSid,
        track: &TrackSid,
        kind: MediaKind,
        source: Source,
    ) {
        // Tracks of one stream play in step. Where the client learns from the map of sections
        // which track is which, the stream's name is free to say what belongs together;
        // otherwise some browsers know a track by the stream's name alone.
        let together = match (self.mode, source) {
            (Connections::Single, Source::Camera | Source::Microphone) => Some("camera"),
            (Connections::Single, Source::Screen | Source::ScreenAudio) => Some("screen"),
            _ => None,
        };
        let stream = together.unwrap_or(track);
        self.fruitless = 0;
        self.sections.want(Want {
            track: track.clone(),
            kind,
            msid: Msid {
                stream: format!("{publisher}|{stream}"),
                track: track.to_string(),
            },
        });
    }

    /// The client shall no longer receive `track`. Takes effect with [`Self::advance`].
    pub(crate) fn unwant(&mut self, track: &TrackSid) {
        self.fruitless = 0;
        self.sections.unwant(track);
    }

    /// The client's signalling came back and may have missed what was sent last. An unanswered
    /// offer is sent again as it was: the client may have applied it already, and another one in
    /// its place would not fit. ICE restarts with the offer after it.
    pub(crate) fn resume(&mut self) -> Option<Step> {
        self.requested = false;
        self.fruitless = 0;
        self.restart = self.mode == Connections::Dual;
        let pending = self.pending.as_ref()?;
        Some(Step::Offer {
            id: pending.id,
            sdp: pending.text.clone(),
            mid_to_track: self.sections.mid_to_track(),
        })
    }

    /// Takes the next step, if one is needed and none is under way. `downlink` is the connection
    /// the client receives on.
    pub(crate) fn advance(
        &mut self,
        downlink: &mut Transport,
        random: &mut Random,
    ) -> Result<Option<Step>, Refusal> {
        match self.mode {
            Connections::Dual => self.offer(downlink, random),
            Connections::Single => Ok(self.request_sections()),
        }
    }

    fn request_sections(&mut self) -> Option<Step> {
        let needed = self.sections.has_unplaced() || self.sections.has(&State::Releasing);
        if !needed || self.requested || self.fruitless >= MAX_FRUITLESS {
            return None;
        }
        self.requested = true;
        self.fruitless += 1;
        let unplaced = self.sections.unplaced();
        let mut missing = |kind| {
            let wanted = unplaced.iter().filter(|want| want.kind == kind).count();
            let lacking = wanted.saturating_sub(self.sections.free(kind).count());
            u32::try_from(lacking).unwrap_or(u32::MAX)
        };
        Some(Step::SectionsNeeded {
            audios: missing(MediaKind::Audio),
            videos: missing(MediaKind::Video),
        })
    }

    fn offer(
        &mut self,
        downlink: &mut Transport,
        random: &mut Random,
    ) -> Result<Option<Step>, Refusal> {
        if self.pending.is_some() {
            return Ok(None);
        }
        let mut changes = Changes {
            channels: !self.opened,
            restart_ice: self.restart,
            ..Changes::default()
        };
        for section in self.sections.iter_mut() {
            if section.state == State::Releasing {
                section.state = State::ReleaseOffered;
                changes.sending.push((section.mid, false));
            }
        }
        let mut entering = Vec::new();
        for want in self.sections.unplaced() {
            if let Some(section) = self.sections.free(want.kind).next() {
                section.state = State::Offered(Some(want.track));
                changes.sending.push((section.mid, true));
            } else {
                changes.added.push((want.kind, want.msid.clone()));
                entering.push(want);
            }
        }
        let Some(Offered {
            text,
            added,
            pending,
        }) = downlink.offer(&changes)
        else {
            // Nothing changed for the client: what was to become inactive is so already.
            self.settle(downlink);
            return Ok(None);
        };
        for (mid, want) in added.into_iter().zip(entering) {
            let state = State::Offered(Some(want.track));
            self.sections.add(mid, want.kind, state, random);
        }
        self.opened = true;
        self.restart = false;

        let mut sdp = SdpText::parse(&text)?;
        for (mid, msid) in self.sections.msids() {
            if let Some(section) = sdp.section_mut(&mid) {
                section.set_msid(&msid);
            }
        }
        let (id, text) = (self.next_offer, sdp.to_string());
        self.next_offer = self.next_offer.wrapping_add(1).max(1);
        self.pending = Some(Pending {
            id,
            text: text.clone(),
            offer: pending,
        });
        Ok(Some(Step::Offer {
            id,
            sdp: text,
            mid_to_track: self.sections.mid_to_track(),
        }))
    }

    /// The client's answer to offer `id`, or to the one that waits when `id` is 0: native clients
    /// number neither offers nor answers. Returns the tracks that entered a section; an answer to
    /// another offer than the present one changes nothing.
    pub(crate) fn answered(
        &mut self,
        downlink: &mut Transport,
        id: u32,
        answer: &str,
    ) -> Result<Vec<TrackSid>, Refusal> {
        SdpText::parse(answer)?;
        match self.pending.take_if(|pending| id == 0 || pending.id == id) {
            Some(pending) => downlink.accept_answer(pending.offer, answer)?,
            None => return Ok(Vec::new()),
        }
        Ok(self.settle(downlink))
    }

    /// Turns what was offered into what is.
    fn settle(&mut self, downlink: &Transport) -> Vec<TrackSid> {
        let mut bound = Vec::new();
        for section in self.sections.iter_mut() {
            let sending = downlink.is_sending(section.mid);
            section.state = match std::mem::replace(&mut section.state, State::Free) {
                State::Offered(Some(track)) if sending => {
                    bound.push(track.clone());
                    State::Bound(track)
                }
                State::Offered(Some(_)) => State::Refused,
                State::Offered(None) if sending => State::Releasing,
                State::Offered(None) | State::ReleaseOffered => State::Free,
                other => other,
            };
        }
        bound
    }
}
