//! The client's offers.

use super::Negotiator;
use super::sections::State;
use crate::random::Random;
use crate::sdp_text::{Direction, SdpText};
use crate::transport::{Mid, Refusal, Transport};
use crate::{Connections, MediaKind, TrackSid};

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
    /// Applies the client's offer for `uplink`, the publisher connection or the single one.
    /// `preferred` tells the codecs wanted for a track id of a kind.
    pub(crate) fn accept(
        &mut self,
        uplink: &mut Transport,
        offer: &str,
        preferred: impl Fn(&str, MediaKind) -> Vec<String>,
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
    preferred: impl Fn(&str, MediaKind) -> Vec<String>,
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
            answered.prefer_codecs(&preferred(cid, kind));
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
