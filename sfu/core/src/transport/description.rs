//! Descriptions: what a connection offers, answers and agreed on.

use str0m::change::{SdpAnswer, SdpOffer, SdpPendingOffer};
use str0m::channel::{ChannelConfig, Reliability};
use str0m::format::PayloadParams;
use str0m::media::{Direction, MediaKind as EngineKind, Mid, Pt};
use str0m::{Rtc, RtcError};

use super::{Sender, Transport, ice};
use crate::MediaKind;
use crate::data::Delivery;
use crate::egress::{Agreed, ExtensionIds};
use crate::sdp_text::{Msid, SdpTextError};

/// Why a description was refused. Never carries the text itself.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Refusal {
    #[error("not a session description")]
    Malformed,
    #[error("session description {0}")]
    Text(#[from] SdpTextError),
    #[error("refused by the engine: {0}")]
    Engine(String),
    #[error("the engine broke on it")]
    Broken,
}

/// Changes to offer.
#[derive(Debug, Default)]
pub(crate) struct Changes {
    pub(crate) channels: bool,
    pub(crate) restart_ice: bool,
    /// Sections that start (true) or stop sending.
    pub(crate) sending: Vec<(Mid, bool)>,
    pub(crate) added: Vec<(MediaKind, Msid)>,
}

/// An offer that awaits its answer.
pub(crate) struct Offered {
    pub(crate) text: String,
    /// The sections of [`Changes::added`], in its order.
    pub(crate) added: Vec<Mid>,
    pub(crate) pending: SdpPendingOffer,
}

impl Transport {
    /// The payload types agreed on for a section, in the client's order.
    pub(crate) fn payloads(&self, mid: Mid) -> Vec<PayloadParams> {
        let Some(media) = self.rtc.media(mid) else {
            return Vec::new();
        };
        let config = self.rtc.codec_config();
        let of = |pt: &Pt| config.params().iter().find(|p| p.pt() == *pt).copied();
        media.remote_pts().iter().filter_map(of).collect()
    }

    /// The payload of section `mid` that a receiver decodes like `other` of another connection.
    pub(crate) fn equivalent(&self, mid: Mid, other: &PayloadParams) -> Option<PayloadParams> {
        let agreed = self.payloads(mid);
        let best = self.rtc.codec_config().match_params(*other).copied();
        let spec = other.spec();
        let same_mode = |p: &&PayloadParams| {
            p.spec().codec == spec.codec
                && p.spec().format.packetization_mode == spec.format.packetization_mode
                && p.spec().format.profile_id == spec.format.profile_id
        };
        best.filter(|best| agreed.iter().any(|p| p.pt() == best.pt()))
            .or_else(|| agreed.iter().find(same_mode).copied())
    }

    /// What was agreed on for sending in section `mid`. From here on the engine has its own stream
    /// for it during negotiations only.
    pub(crate) fn agreed(&mut self, mid: Mid) -> Option<Agreed> {
        if self.senders.iter().all(|sender| sender.mid != mid) {
            let sender = self.guarded(|rtc| {
                let mut direct = rtc.direct_api();
                let stream = direct.stream_tx_by_mid(mid, None)?;
                let (ssrc, rtx) = (stream.ssrc(), stream.rtx());
                Some(Sender { mid, ssrc, rtx })
            })??;
            self.guarded(|rtc| rtc.direct_api().remove_stream_tx(sender.ssrc))?;
            self.senders.push(sender);
        }
        let sender = *self.senders.iter().find(|sender| sender.mid == mid)?;
        let media = self.rtc.media(mid)?;
        Some(Agreed {
            mid,
            ssrc: *sender.ssrc,
            rtx: sender.rtx.map(|rtx| *rtx),
            ids: ExtensionIds::of(media.remote_extmap()),
            canonical_name: media.cname().to_owned(),
        })
    }

    /// Runs `f` with the engine's streams in their places, so that descriptions name them as
    /// before.
    fn negotiate<T>(&mut self, f: impl FnOnce(&mut Rtc) -> T) -> Option<T> {
        let senders = self.senders.clone();
        self.guarded(|rtc| {
            let mut direct = rtc.direct_api();
            for Sender { mid, ssrc, rtx } in &senders {
                direct.declare_stream_tx(*ssrc, *rtx, *mid, None);
            }
            let result = f(rtc);
            let mut direct = rtc.direct_api();
            for sender in &senders {
                direct.remove_stream_tx(sender.ssrc);
            }
            result
        })
    }

    /// Whether section `mid` exists and the client takes media in it.
    pub(crate) fn is_sending(&self, mid: Mid) -> bool {
        self.rtc
            .media(mid)
            .is_some_and(|media| media.direction().is_sending() && !media.disabled())
    }

    /// Applies the client's offer and returns the answer.
    pub(crate) fn accept_offer(&mut self, offer: &str) -> Result<String, Refusal> {
        let prefix = self.ufrag_prefix.clone();
        let answer = self
            .negotiate(|rtc| {
                let offer = SdpOffer::from_sdp_string(offer).map_err(|_| Refusal::Malformed)?;
                let answer = rtc.sdp_api().accept_offer(offer).map_err(refused)?;
                ice::rename(rtc, &prefix);
                Ok(ice::rename_in(&answer.to_sdp_string(), &prefix))
            })
            .unwrap_or(Err(Refusal::Broken))?;
        self.sources.clear();
        Ok(answer)
    }

    /// Makes an offer of `changes`. None when there is nothing to negotiate.
    pub(crate) fn offer(&mut self, changes: &Changes) -> Option<Offered> {
        let prefix = self.ufrag_prefix.clone();
        self.negotiate(|rtc| {
            let mut api = rtc.sdp_api();
            if changes.channels {
                for delivery in Delivery::ALL {
                    api.add_channel_with_config(channel(delivery));
                }
            }
            if changes.restart_ice {
                api.ice_restart(true);
            }
            for (mid, sending) in &changes.sending {
                let direction = if *sending {
                    Direction::SendOnly
                } else {
                    Direction::Inactive
                };
                api.set_direction(*mid, direction);
            }
            let mut added = Vec::new();
            for (kind, Msid { stream, track }) in &changes.added {
                let kind = match kind {
                    MediaKind::Audio => EngineKind::Audio,
                    MediaKind::Video => EngineKind::Video,
                };
                let (stream, track) = (Some(stream.clone()), Some(track.clone()));
                added.push(api.add_media(kind, Direction::SendOnly, stream, track, None));
            }
            let (offer, pending) = api.apply()?;
            Some(Offered {
                text: ice::rename_in(&offer.to_sdp_string(), &prefix),
                added,
                pending,
            })
        })?
    }

    /// Applies the client's answer to `pending`.
    pub(crate) fn accept_answer(
        &mut self,
        pending: SdpPendingOffer,
        answer: &str,
    ) -> Result<(), Refusal> {
        let prefix = self.ufrag_prefix.clone();
        self.negotiate(|rtc| {
            let answer = SdpAnswer::from_sdp_string(answer).map_err(|_| Refusal::Malformed)?;
            rtc.sdp_api()
                .accept_answer(pending, answer)
                .map_err(refused)?;
            ice::rename(rtc, &prefix);
            Ok(())
        })
        .unwrap_or(Err(Refusal::Broken))
    }
}

fn channel(delivery: Delivery) -> ChannelConfig {
    let lossy = delivery == Delivery::Lossy;
    ChannelConfig {
        label: delivery.label().to_owned(),
        ordered: !lossy,
        reliability: if lossy {
            Reliability::MaxRetransmits { retransmits: 0 }
        } else {
            Reliability::Reliable
        },
        ..ChannelConfig::default()
    }
}

fn refused(error: RtcError) -> Refusal {
    match error {
        // The engine's own sentences; they name sections, not their text.
        RtcError::RemoteSdp(reason) => Refusal::Engine(reason),
        RtcError::Sdp(_) => Refusal::Malformed,
        RtcError::ChangesOutOfOrder => Refusal::Engine("answer to an abandoned offer".into()),
        _ => Refusal::Engine("the connection is not in a state for it".into()),
    }
}
