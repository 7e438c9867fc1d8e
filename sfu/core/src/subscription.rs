//! One participant's reception of one track.

use std::sync::Arc;
use std::time::{Duration, Instant};

use str0m::rtp::RedDecoder;

use crate::codec::Codec;
use crate::egress::PayloadTypes;
use crate::ladder::{Cue, Ladder, Passage, Rung};
use crate::packet::Packet;
use crate::publication::Publication;
use crate::replay::Replay;
use crate::scalability::Ceiling;
use crate::stats::Watch;
use crate::transport::{Mid, Pt, Transport};
use crate::{LayerReason, TrackSettings};

/// Video stops for want of bandwidth only when it was wanting for this long: an estimate that
/// drops for a moment costs a coarse picture, not none.
const PATIENCE: Duration = Duration::from_secs(1);

/// What is forwarded to whom, and how.
#[derive(Debug)]
pub(crate) struct Subscription {
    /// Key of the publication.
    pub(crate) publication: usize,
    /// Key of the receiving peer.
    pub(crate) receiver: usize,
    /// The receiver's section; none until it is bound.
    pub(crate) section: Option<usize>,
    pub(crate) settings: TrackSettings,
    /// What flows, and what shall.
    pub(crate) ladder: Ladder,
    /// It begins with what is in the cache; none when it is where everyone else is.
    pub(crate) replay: Option<Replay>,
    /// Why it is that layer.
    pub(crate) reason: LayerReason,
    /// The receiver was told that bandwidth does not suffice for any.
    pub(crate) paused: bool,
    starved_since: Option<Instant>,
    pub(crate) watch: Watch,
    /// Sound goes without its redundancy.
    pub(crate) bare: bool,
    /// Layers inside its stream were left out once: from then on the receiver is told what is left.
    pub(crate) thinned: bool,
    routes: Vec<Route>,
}

/// How a payload type of the publisher is sent on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Route {
    from: Pt,
    pub(crate) to: PayloadTypes,
    pub(crate) codec: Codec,
    /// How RED (RFC 2198) goes on.
    red: Red,
}

/// What becomes of the redundancy in a payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Red {
    /// There is none, or it may not be touched: an encrypted payload is not what it seems to be.
    Kept,
    /// It passes, unless there is no room for it: then its newest block goes, under this type.
    Optional(u8),
    /// The receiver does not take it: only its newest block goes.
    Unwrapped,
}

impl Subscription {
    pub(crate) fn new(publication: usize, receiver: usize) -> Self {
        Self {
            publication,
            receiver,
            section: None,
            settings: TrackSettings::default(),
            ladder: Ladder::default(),
            replay: None,
            reason: LayerReason::Viewer,
            paused: false,
            starved_since: None,
            watch: Watch::default(),
            bare: false,
            thinned: false,
            routes: Vec::new(),
        }
    }

    /// Computes how the publisher's payload types are sent in section `mid` of the receiver.
    pub(crate) fn reroute(&mut self, published: &Publication, receiver: &Transport, mid: Mid) {
        self.routes.clear();
        for from in &published.payloads {
            let Some(codec) = Codec::of(from.spec().codec) else {
                continue;
            };
            let Some(to) = receiver.equivalent(mid, from) else {
                continue;
            };
            let types = |media: Pt| PayloadTypes {
                media: *media,
                rtx: to.resend().map(|rtx| *rtx),
            };
            self.routes.push(Route {
                from: from.pt(),
                to: types(to.pt()),
                codec,
                red: Red::Kept,
            });
            let Some(red) = from.red() else {
                continue;
            };
            // The blocks inside name the payload type too, so both must agree for a pass-through.
            let passes = to.red().filter(|_| from.pt() == to.pt());
            self.routes.push(Route {
                from: red,
                to: types(passes.unwrap_or(to.pt())),
                codec,
                red: match passes {
                    None => Red::Unwrapped,
                    Some(_) if published.announced.encrypted => Red::Kept,
                    Some(_) => Red::Optional(*to.pt()),
                },
            });
        }
    }

    /// Whether what is received could go without redundancy.
    pub(crate) fn can_be_bare(&self) -> bool {
        let optional = |route: &Route| matches!(route.red, Red::Optional(_));
        self.routes.iter().any(optional)
    }

    /// A packet as its receiver is to have it, where that differs from what was received.
    pub(crate) fn retold(&self, packet: &Packet, ceiling: Ceiling) -> Option<Packet> {
        let thinned = self.thinned.then_some(&packet.extensions)?;
        let extensions = thinned.thinned(packet.position, ceiling)?;
        Some(Packet {
            extensions,
            ..packet.clone()
        })
    }

    /// The payload type padding goes under: that of retransmissions. None before the section is
    /// bound.
    pub(crate) fn padding_type(&self) -> Option<u8> {
        self.routes.iter().find_map(|route| route.to.rtx)
    }

    pub(crate) fn route(&self, from: Pt) -> Option<&Route> {
        self.routes.iter().find(|route| route.from == from)
    }

    /// Whether the stream of a packet flows; see [`Ladder::admits`].
    pub(crate) fn admits(&mut self, cue: &Cue) -> Passage {
        let before = self.ladder.current;
        let passage = self.ladder.admits(cue);
        if self.ladder.current != before {
            tracing::debug!(receiver = self.receiver, from = ?before, to = ?self.ladder.current, "Layer flows");
        }
        passage
    }

    /// The stream whose keyframe is awaited and to be asked for now.
    pub(crate) fn asks(&mut self, now: Instant) -> Option<usize> {
        self.section?;
        self.ladder.asks(now)
    }

    /// The stream that flows, or shall.
    pub(crate) fn stream(&self) -> Option<usize> {
        let rung = self.ladder.current.or(self.ladder.target)?;
        Some(rung.stream)
    }

    /// Sets what of a video shall flow: what fits, or none and the `lowest` there is. True when
    /// the video stops or goes on with it.
    pub(crate) fn allot(&mut self, now: Instant, fits: Option<Rung>, lowest: Rung) -> bool {
        let since = match fits {
            Some(_) => None,
            None => Some(*self.starved_since.get_or_insert(now)),
        };
        self.starved_since = since;
        let starves = since.is_some_and(|since| now.saturating_duration_since(since) >= PATIENCE);
        let pauses = fits.is_none() && (self.paused || starves);
        self.aim(fits.or((!pauses).then_some(lowest)));
        std::mem::replace(&mut self.paused, pauses) != pauses
    }

    /// Sets what shall flow; see [`Ladder::aim`].
    pub(crate) fn aim(&mut self, target: Option<Rung>) {
        if self.ladder.aim(target) {
            tracing::debug!(receiver = self.receiver, to = ?target, "Layer wanted");
        }
    }
}

impl Route {
    /// What to send for `payload`, and under which type; without redundancy if it shall go `bare`.
    /// None when it is RED that the receiver does not take, and broken.
    pub(crate) fn payload(&self, payload: &Arc<[u8]>, bare: bool) -> Option<(u8, Arc<[u8]>)> {
        let whole = || (self.to.media, Arc::clone(payload));
        match self.red {
            Red::Unwrapped => Some((self.to.media, newest_block(payload)?)),
            Red::Optional(media) if bare => {
                Some(newest_block(payload).map_or_else(whole, |block| (media, block)))
            }
            Red::Optional(_) | Red::Kept => Some(whole()),
        }
    }
}

/// The sound of the moment itself; none when the payload is no RED.
fn newest_block(red: &[u8]) -> Option<Arc<[u8]>> {
    let blocks = RedDecoder::decode(red).ok()?;
    let primary = blocks.iter().find(|block| block.is_primary)?;
    Some(primary.payload.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[expect(
        clippy::disallowed_methods,
        reason = "an origin for a hand-moved clock"
    )]
    fn video_stops_only_after_a_while_and_says_so_once() {
        let now = Instant::now();
        let mut sub = Subscription::new(0, 0);
        let lowest = Rung::whole(0);
        let mut allot = |at, fits| (sub.allot(at, fits, lowest), sub.ladder.target);
        let fits = Some(Rung::whole(1));
        assert_eq!(allot(now, fits), (false, fits));
        assert_eq!(allot(now, None), (false, Some(lowest)));
        assert_eq!(allot(now + PATIENCE / 2, fits), (false, fits));
        assert_eq!(allot(now + PATIENCE, None), (false, Some(lowest)));
        assert_eq!(allot(now + PATIENCE * 3 / 2, None), (false, Some(lowest)));
        assert_eq!(allot(now + PATIENCE * 2, None), (true, None));
        assert_eq!(allot(now + PATIENCE * 4, None), (false, None));
        assert_eq!(allot(now + PATIENCE * 5, fits), (true, fits));
    }

    #[test]
    fn redundancy_is_taken_off_where_it_is_not_understood() {
        let route = |red| Route {
            from: 63.into(),
            to: PayloadTypes {
                media: 63,
                rtx: None,
            },
            codec: Codec::Opus,
            red,
        };
        // RFC 2198: one block of two bytes, 960 ticks older, then the primary of three.
        let offset_and_len = (960_u32 << 10) | 2;
        let [_, a, b, c] = offset_and_len.to_be_bytes();
        let red: Arc<[u8]> = [0x80 | 111, a, b, c, 111, 1, 1, 7, 8, 9].into();
        let sent = |of, payload: &Arc<[u8]>, bare| {
            let (media, sent) = route(of).payload(payload, bare)?;
            Some((media, sent.to_vec()))
        };
        let (whole, newest) = (Some((63, red.to_vec())), vec![7, 8, 9]);
        assert_eq!(sent(Red::Kept, &red, true), whole, "it may be encrypted");
        assert_eq!(sent(Red::Optional(111), &red, false), whole);
        let bare = sent(Red::Optional(111), &red, true);
        assert_eq!(bare, Some((111, newest.clone())));
        assert_eq!(sent(Red::Unwrapped, &red, false), Some((63, newest)));
        let broken: Arc<[u8]> = [0xff, 0xff].into();
        assert_eq!(sent(Red::Unwrapped, &broken, false), None);
        let passed = sent(Red::Optional(111), &broken, true);
        assert_eq!(passed, Some((63, broken.to_vec())));
    }
}
