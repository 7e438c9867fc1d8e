//! Offers and answers of one participant, for both ways LiveKit clients connect.
//!
//! - *Dual*: the client offers its publisher connection; the node offers the subscriber
//!   connection, one offer at a time. What changes meanwhile goes into the next offer.
//! - *Single*: the client offers everything. Tracks enter its receiving sections only in the
//!   answer to an offer; when sections are missing the client is asked to offer more.

mod sections;

pub(crate) use sections::Sections;

use sections::{State, Want};

use crate::random::Random;
use crate::sdp_text::{Direction, Msid, SdpText};
use crate::transport::{Changes, Mid, Offered, Refusal, SdpPendingOffer, Transport};
use crate::{Connections, MediaKind, ParticipantSid, TrackSid};

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

/// A client's offer, applied.
#[derive(Debug)]
pub(crate) struct Accepted {
    pub(crate) answer: String,
    pub(crate) mid_to_track: Vec<(String, TrackSid)>,
    /// Every section the client sends in.
    pub(crate) uplinks: Vec<Uplink>,
    /// Tracks that entered a section with this answer.
    pub(crate) bound: Vec<TrackSid>,
}

/// A section the client sends in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Uplink {
    pub(crate) mid: Mid,
    pub(crate) kind: MediaKind,
    /// The track id of its msid, taken from the offer itself: the engine forgets it when the
    /// stream half is `-`, as native clients write.
    pub(crate) cid: Option<String>,
    pub(crate) rids: Vec<String>,
    /// The codec the client will send, for example `video/VP8`.
    pub(crate) mime: String,
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
    pub(crate) fn want(&mut self, publisher: &ParticipantSid, track: &TrackSid, kind: MediaKind) {
        self.fruitless = 0;
        self.sections.want(Want {
            track: track.clone(),
            kind,
            msid: Msid {
                stream: format!("{publisher}|{track}"),
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

    /// The client's answer to offer `id`. Returns the tracks that entered a section; an answer
    /// to another offer than the present one changes nothing.
    pub(crate) fn answered(
        &mut self,
        downlink: &mut Transport,
        id: u32,
        answer: &str,
    ) -> Result<Vec<TrackSid>, Refusal> {
        SdpText::parse(answer)?;
        match self.pending.take_if(|pending| pending.id == id) {
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

    /// Applies the client's offer for `uplink`, the publisher connection or the single one.
    /// `preferred` tells the codecs wanted for a track id.
    pub(crate) fn accept(
        &mut self,
        uplink: &mut Transport,
        offer: &str,
        preferred: impl Fn(&str) -> Vec<String>,
        random: &mut Random,
    ) -> Result<Accepted, Refusal> {
        let offer_text = SdpText::parse(offer)?;
        let mut answer = SdpText::parse(&uplink.accept_offer(offer)?)?;
        let uplinks = uplinks(&offer_text, &mut answer, preferred);
        let (mut bound, mut mid_to_track) = (Vec::new(), Vec::new());
        if self.mode == Connections::Single {
            self.requested = false;
            bound = self.bind(uplink, &offer_text, random);
            self.write(&mut answer);
            mid_to_track = self.sections.mid_to_track();
        }
        Ok(Accepted {
            answer: answer.to_string(),
            mid_to_track,
            uplinks,
            bound,
        })
    }

    /// Single: fills the receiving sections of an offer.
    fn bind(
        &mut self,
        transport: &Transport,
        offer: &SdpText,
        random: &mut Random,
    ) -> Vec<TrackSid> {
        for section in offer.sections() {
            let (Some(kind), Some(mid)) = (section.kind(), section.mid()) else {
                continue;
            };
            if section.direction() == Direction::RecvOnly && !section.is_rejected() {
                self.sections.add(Mid::from(mid), kind, State::Free, random);
            }
        }
        let mut bound = Vec::new();
        for want in self.sections.unplaced() {
            let mut free = self.sections.free(want.kind);
            if let Some(section) = free.find(|section| transport.is_sending(section.mid)) {
                section.state = State::Bound(want.track.clone());
                bound.push(want.track);
            }
        }
        let mut released = false;
        for section in self.sections.iter_mut() {
            // This answer says inactive; the next one may use the section.
            if section.state == State::Releasing {
                section.state = State::Free;
                released = true;
            }
        }
        if released || !bound.is_empty() {
            self.fruitless = 0;
        }
        bound
    }

    /// Single: writes what is in the receiving sections into an answer. The engine takes every
    /// one of them for sending and gives it a random msid.
    fn write(&self, answer: &mut SdpText) {
        let msids = self.sections.msids();
        for section in self.sections.iter() {
            let Some(text) = answer.section_mut(&section.mid) else {
                continue;
            };
            match msids.iter().find(|(mid, _)| *mid == section.mid) {
                Some((_, msid)) => {
                    text.set_direction(Direction::SendOnly);
                    text.set_msid(msid);
                }
                None => text.set_direction(Direction::Inactive),
            }
        }
    }
}

/// The sections the client sends in, with the codec order of each settled in the answer.
fn uplinks(
    offer: &SdpText,
    answer: &mut SdpText,
    preferred: impl Fn(&str) -> Vec<String>,
) -> Vec<Uplink> {
    let mut uplinks = Vec::new();
    for section in offer.sections() {
        let (Some(kind), Some(mid)) = (section.kind(), section.mid()) else {
            continue;
        };
        if !section.direction().sends() || section.is_rejected() {
            continue;
        }
        let Some(answered) = answer.section_mut(mid) else {
            continue;
        };
        let cid = section.track_id().map(str::to_owned);
        if let Some(cid) = &cid {
            answered.prefer_codecs(&preferred(cid));
        }
        let media = match kind {
            MediaKind::Audio => "audio",
            MediaKind::Video => "video",
        };
        // A section without a common codec is refused in the answer: nothing will be sent.
        let Some(codec) = answered.first_codec() else {
            continue;
        };
        uplinks.push(Uplink {
            mid: Mid::from(mid),
            kind,
            cid,
            rids: section.sent_rids(),
            mime: format!("{media}/{codec}"),
        });
    }
    uplinks
}
