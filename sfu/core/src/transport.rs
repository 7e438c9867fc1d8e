//! The seam to the WebRTC engine: one peer connection, str0m in RTP mode.
//!
//! Whoever changes a transport (feeds it, writes to it, negotiates) calls [`Transport::drain`]
//! before the next change; str0m asks for that. A panic inside the engine on hostile input ends
//! this connection only: it is caught here, the transport is dead from then on and says so by
//! [`Signal::Lost`].

use std::collections::{HashMap, VecDeque};
use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use str0m::bwe::{Bitrate, BweKind};
pub(crate) use str0m::change::SdpPendingOffer;
use str0m::change::{SdpAnswer, SdpOffer};
pub(crate) use str0m::channel::ChannelId;
use str0m::channel::{ChannelConfig, Reliability};
pub(crate) use str0m::format::PayloadParams;
use str0m::media::{Direction, KeyframeRequestKind, MediaKind as EngineKind};
pub(crate) use str0m::media::{Mid, Pt, Rid};
use str0m::net::{Protocol, Receive};
pub(crate) use str0m::rtp::Ssrc;
use str0m::rtp::{ExtensionMap, ExtensionValues, RtpPacket, RtpWrite};
use str0m::{Candidate, Event, IceConnectionState, Input, Output, Rtc, RtcConfig, RtcError};

use crate::data::Delivery;
use crate::dependency_descriptor::{self, DependencyDescriptor};
use crate::node::{Datagram, Transmit};
use crate::packet::{Extensions, Packet};
use crate::rewrite::Rewritten;
use crate::{MediaKind, sdp_text::Msid};

/// The bandwidth assumed until the estimator knows better: enough for one good picture at once.
const FIRST_ESTIMATE: Bitrate = Bitrate::kbps(1_500);
/// The id the dependency descriptor is offered with; Chromium's own choice.
const DEPENDENCY_DESCRIPTOR_ID: u8 = 12;
/// More streams than any client sends on one connection; bounds the lookup cache.
const MAX_SOURCES: usize = 128;
/// Errors of the engine in a row after which a connection is given up.
const MAX_ERRORS: u32 = 8;

/// One peer connection. See the module.
pub(crate) struct Transport {
    rtc: Rtc,
    /// False from the first fatal error on; nothing is fed or polled any more.
    alive: bool,
    /// The end was told by [`Signal::Lost`].
    end_told: bool,
    deadline: Option<Instant>,
    /// SSRC → section and layer, as the engine found them; a packet names them only at first.
    sources: HashMap<Ssrc, (Mid, Option<Rid>)>,
}

/// What a connection reports.
#[derive(Debug)]
pub(crate) enum Signal {
    /// ICE and DTLS are up, for the first time or again.
    Connected,
    /// Consent expired, DTLS failed or the client closed the connection.
    Lost,
    Rtp(Packet),
    /// The client cannot decode what it receives in this section.
    KeyframeWanted(Mid),
    ChannelOpened(ChannelId, String),
    ChannelClosed(ChannelId),
    Data(ChannelId, Vec<u8>),
    /// A channel that was full takes data again.
    Writable,
    /// Bits per second that can be sent.
    Estimate(u64),
    Health {
        loss: f32,
        rtt: Option<Duration>,
    },
}

/// Why a description was refused. Never carries the text itself.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Refusal {
    #[error("not a session description")]
    Malformed,
    #[error("session description {0}")]
    Text(#[from] crate::sdp_text::SdpTextError),
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
    /// A connection reachable at `candidates`. With `estimate` the bandwidth towards the client
    /// is estimated and sending is paced.
    pub(crate) fn new(now: Instant, candidates: &[SocketAddr], estimate: bool) -> Self {
        let mut extensions = ExtensionMap::standard();
        extensions.set(DEPENDENCY_DESCRIPTOR_ID, dependency_descriptor::extension());
        let mut rtc = RtcConfig::new()
            .set_ice_lite(true)
            .set_rtp_mode(true)
            .set_stats_interval(Some(Duration::from_secs(1)))
            .set_extension_map(extensions)
            .clear_codecs()
            .enable_opus(true, true)
            .enable_vp8(true)
            .enable_h264(true)
            .enable_vp9(true)
            .enable_av1(true)
            .enable_bwe(estimate.then_some(FIRST_ESTIMATE))
            .build(now);
        for address in candidates {
            // An address no client could use (unspecified, multicast) is left out.
            if let Ok(candidate) = Candidate::host(*address, Protocol::Udp) {
                rtc.add_local_candidate(candidate);
            }
        }
        Self {
            rtc,
            alive: true,
            end_told: false,
            deadline: None,
            sources: HashMap::new(),
        }
    }

    /// The local ICE user name fragment, by which unknown senders are recognised.
    pub(crate) fn ufrag(&mut self) -> String {
        self.rtc.direct_api().local_ice_credentials().ufrag
    }

    /// When [`Self::timeout`] is due; known after a drain.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.deadline.filter(|_| self.alive)
    }

    /// Whether the datagram's integrity proves it to be of this connection.
    pub(crate) fn accepts(&mut self, now: Instant, datagram: &Datagram<'_>) -> bool {
        self.guarded(|rtc| receive(datagram).is_some_and(|r| rtc.accepts(&Input::Receive(now, r))))
            .unwrap_or(false)
    }

    pub(crate) fn feed(&mut self, now: Instant, datagram: &Datagram<'_>) {
        self.input(|| receive(datagram).map(|received| Input::Receive(now, received)));
    }

    pub(crate) fn timeout(&mut self, now: Instant) {
        self.input(|| Some(Input::Timeout(now)));
    }

    /// Says good-bye to the client; drain once more and drop.
    pub(crate) fn close(&mut self) {
        let _ = self.guarded(Rtc::close);
    }

    /// Takes everything the engine has to send and to say.
    pub(crate) fn drain(&mut self, out: &mut VecDeque<Transmit>, signals: &mut Vec<Signal>) {
        let mut errors = 0;
        while self.alive {
            match self.guarded(Rtc::poll_output) {
                Some(Ok(Output::Timeout(at))) => {
                    self.deadline = Some(at);
                    self.alive = self.rtc.is_alive();
                    break;
                }
                Some(Ok(Output::Transmit(transmit))) => out.push_back(Transmit {
                    source: transmit.source,
                    destination: transmit.destination,
                    contents: transmit.contents.into(),
                }),
                Some(Ok(Output::Event(event))) => self.translate(event, signals),
                Some(Err(error)) => {
                    tracing::debug!("Connection error: {error}");
                    errors += 1;
                    self.alive = errors < MAX_ERRORS && self.rtc.is_alive();
                }
                None => break,
            }
        }
        if !self.alive && !self.end_told {
            self.end_told = true;
            signals.push(Signal::Lost);
        }
    }

    fn translate(&mut self, event: Event, signals: &mut Vec<Signal>) {
        let signal = match event {
            Event::RtpPacket(packet) => match self.packet(packet) {
                Some(packet) => Signal::Rtp(packet),
                None => return,
            },
            Event::Connected => Signal::Connected,
            Event::IceConnectionStateChange(
                IceConnectionState::Connected | IceConnectionState::Completed,
            ) if self.rtc.is_connected() => Signal::Connected,
            Event::IceConnectionStateChange(IceConnectionState::Disconnected) | Event::Closed => {
                Signal::Lost
            }
            Event::KeyframeRequest(request) => Signal::KeyframeWanted(request.mid),
            Event::ChannelOpen(id, label) => Signal::ChannelOpened(id, label),
            Event::ChannelClose(id) => Signal::ChannelClosed(id),
            Event::ChannelData(data) => Signal::Data(data.id, data.data),
            Event::ChannelBufferedAmountLow(_) => Signal::Writable,
            Event::EgressBitrateEstimate(BweKind::Twcc { estimate, .. }) => {
                Signal::Estimate(estimate.as_u64())
            }
            Event::PeerStats(stats) => {
                let loss = |fraction: Option<f32>| fraction.unwrap_or(0.0).clamp(0.0, 1.0);
                Signal::Health {
                    loss: loss(stats.egress_loss_fraction).max(loss(stats.ingress_loss_fraction)),
                    rtt: stats.rtt,
                }
            }
            _ => return,
        };
        signals.push(signal);
    }

    fn packet(&mut self, packet: RtpPacket) -> Option<Packet> {
        let ssrc = packet.header.ssrc;
        let (mid, rid) = match self.sources.get(&ssrc) {
            Some(source) => *source,
            None => {
                let mut direct = self.rtc.direct_api();
                let stream = direct.stream_rx(&ssrc)?;
                let source = (stream.mid(), stream.rid());
                if self.sources.len() >= MAX_SOURCES {
                    self.sources.clear();
                }
                self.sources.insert(ssrc, source);
                source
            }
        };
        let values = &packet.header.ext_vals;
        Some(Packet {
            mid,
            rid,
            ssrc,
            pt: packet.header.payload_type,
            seq: *packet.seq_no,
            timestamp: packet.header.timestamp,
            marker: packet.header.marker,
            extensions: Extensions {
                audio_level: values.audio_level,
                voice_activity: values.voice_activity,
                orientation: values.video_orientation,
                dependency: values.user_values.get_arc::<DependencyDescriptor>(),
            },
            payload: packet.payload,
            arrived: packet.timestamp,
        })
    }

    /// Queues a packet for sending in section `mid`. Drain after a [`Self::timeout`].
    pub(crate) fn send(
        &mut self,
        mid: Mid,
        pt: Pt,
        numbers: Rewritten,
        packet: &Packet,
        payload: Arc<[u8]>,
    ) {
        let mut extensions = ExtensionValues::default();
        extensions.audio_level = packet.extensions.audio_level;
        extensions.voice_activity = packet.extensions.voice_activity;
        extensions.video_orientation = packet.extensions.orientation;
        if let Some(descriptor) = &packet.extensions.dependency {
            extensions.user_values.set_arc(Arc::clone(descriptor));
        }
        let mut write = RtpWrite::new(
            pt,
            numbers.seq.into(),
            numbers.timestamp,
            packet.arrived,
            payload,
        )
        .marker(packet.marker)
        .ext_vals(extensions)
        .nackable(true);
        if let Some(patch) = numbers.vp8 {
            write = write.vp8_patch(patch);
        }
        self.guarded(|rtc| {
            if let Some(stream) = rtc.direct_api().stream_tx_by_mid(mid, None) {
                stream.write_rtp(write);
            }
        });
    }

    /// Asks the client for a keyframe (PLI). False while nothing of the layer was received.
    pub(crate) fn request_keyframe(&mut self, mid: Mid, rid: Option<Rid>) -> bool {
        self.guarded(|rtc| match rtc.direct_api().stream_rx_by_mid(mid, rid) {
            Some(stream) => {
                stream.request_keyframe(KeyframeRequestKind::Pli);
                true
            }
            None => false,
        })
        .unwrap_or(false)
    }

    /// Bits per second that would be sent if there were room; the estimator probes up to it.
    pub(crate) fn desire(&mut self, bitrate: u64) {
        self.guarded(|rtc| {
            rtc.bwe()
                .set_bitrate(Bitrate::bps(0), Bitrate::bps(bitrate));
        });
    }

    /// Sends on a data channel. False when its buffer is full.
    pub(crate) fn send_data(&mut self, channel: ChannelId, data: &[u8]) -> bool {
        self.guarded(|rtc| match rtc.channel(channel) {
            Some(mut channel) => channel.write(true, data).unwrap_or(true),
            // A channel that closed meanwhile takes everything.
            None => true,
        })
        .unwrap_or(true)
    }

    /// [`Signal::Writable`] is wanted when less than `bytes` wait on the channel.
    pub(crate) fn set_low_water(&mut self, channel: ChannelId, bytes: usize) {
        self.guarded(|rtc| {
            if let Some(mut channel) = rtc.channel(channel) {
                channel.set_buffered_amount_low_threshold(bytes);
            }
        });
    }

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

    /// Whether section `mid` exists and the client takes media in it.
    pub(crate) fn is_sending(&self, mid: Mid) -> bool {
        self.rtc
            .media(mid)
            .is_some_and(|media| media.direction().is_sending() && !media.disabled())
    }

    /// Applies the client's offer and returns the answer.
    pub(crate) fn accept_offer(&mut self, offer: &str) -> Result<String, Refusal> {
        let answer = self
            .guarded(|rtc| {
                let offer = SdpOffer::from_sdp_string(offer).map_err(|_| Refusal::Malformed)?;
                let answer = rtc.sdp_api().accept_offer(offer).map_err(refused)?;
                Ok(answer.to_sdp_string())
            })
            .unwrap_or(Err(Refusal::Broken))?;
        self.sources.clear();
        Ok(answer)
    }

    /// Makes an offer of `changes`. None when there is nothing to negotiate.
    pub(crate) fn offer(&mut self, changes: &Changes) -> Option<Offered> {
        self.guarded(|rtc| {
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
                text: offer.to_sdp_string(),
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
        self.guarded(|rtc| {
            let answer = SdpAnswer::from_sdp_string(answer).map_err(|_| Refusal::Malformed)?;
            rtc.sdp_api()
                .accept_answer(pending, answer)
                .map_err(refused)
        })
        .unwrap_or(Err(Refusal::Broken))
    }

    fn input<'a>(&mut self, input: impl FnOnce() -> Option<Input<'a>>) {
        let result = self.guarded(|rtc| input().map_or(Ok(()), |input| rtc.handle_input(input)));
        if let Some(Err(error)) = result {
            // A datagram the engine cannot use; whether the connection survived it, draining tells.
            tracing::debug!("Input refused: {error}");
        }
    }

    /// Runs `f` unless the transport is dead; None when it is or dies of it.
    fn guarded<T>(&mut self, f: impl FnOnce(&mut Rtc) -> T) -> Option<T> {
        if !self.alive {
            return None;
        }
        // After a panic the engine is never touched again, so its broken state is not seen.
        let result = catch_unwind(AssertUnwindSafe(|| f(&mut self.rtc)));
        if result.is_err() {
            self.alive = false;
        }
        result.ok()
    }
}

/// None for anything that is not STUN, DTLS, RTP or RTCP.
fn receive<'a>(datagram: &Datagram<'a>) -> Option<Receive<'a>> {
    Receive::new(
        Protocol::Udp,
        datagram.source,
        datagram.destination,
        datagram.contents,
    )
    .ok()
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
