//! The seam to the WebRTC engine: one peer connection, str0m in RTP mode.
//!
//! Whoever changes a transport (feeds it, writes to it, negotiates) calls [`Transport::drain`]
//! before the next change; str0m asks for that. A panic inside the engine on hostile input ends
//! this connection only: it is caught here, the transport is dead from then on and says so by
//! [`Signal::Lost`].

mod description;
mod ice;
mod signal;
mod tap;

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

pub(crate) use description::{Changes, Offered, Refusal};
pub(crate) use signal::Signal;
pub(crate) use str0m::change::SdpPendingOffer;
pub(crate) use str0m::channel::ChannelId;
pub(crate) use str0m::format::PayloadParams;
pub(crate) use str0m::media::{Mid, Pt, Rid};
pub(crate) use str0m::rtp::Ssrc;
pub(crate) use tap::Exported;

use str0m::media::KeyframeRequestKind;
use str0m::net::{Protocol as EngineProtocol, Receive, TcpType};
use str0m::rtp::ExtensionMap;
use str0m::{Candidate, IceCreds, Input, Output, Rtc, RtcConfig};

use crate::batch::{Batch, Path};
use crate::config::Config;
use crate::datagram::{Datagram, Protocol};
use crate::dependency_descriptor;
use crate::egress::Egress;

/// The id the dependency descriptor is offered with; Chromium's own choice.
const DEPENDENCY_DESCRIPTOR_ID: u8 = 12;
/// Errors of the engine in a row after which a connection is given up.
const MAX_ERRORS: u32 = 8;

/// A stream as it is written in descriptions.
#[derive(Debug, Clone, Copy)]
struct Sender {
    mid: Mid,
    ssrc: Ssrc,
    rtx: Option<Ssrc>,
}

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
    /// Where the keys appear once DTLS is through.
    keys: tap::KeyTap,
    /// The streams the engine made for sections we send in. It gets them back for each
    /// negotiation only: otherwise it would report on streams it sends nothing in.
    senders: Vec<Sender>,
    /// See [`Config::ufrag_prefix`].
    ufrag_prefix: String,
}

impl Transport {
    /// A connection reachable at the candidates of `config`.
    pub(crate) fn new(now: Instant, config: &Config) -> Self {
        let mut extensions = ExtensionMap::standard();
        extensions.set(DEPENDENCY_DESCRIPTOR_ID, dependency_descriptor::extension());
        let rtc = RtcConfig::new()
            .set_ice_lite(true)
            .set_local_ice_credentials(ice::named(IceCreds::new(), &config.ufrag_prefix))
            .set_rtp_mode(true)
            .set_stats_interval(Some(Duration::from_secs(1)))
            .set_extension_map(extensions)
            .clear_codecs()
            .enable_opus(true, true)
            .enable_vp8(true)
            .enable_h264(true)
            .enable_vp9(true)
            .enable_av1(true);
        let (mut rtc, keys) = tap::tapped(|crypto| rtc.set_crypto_provider(crypto).build(now));
        for address in &config.candidates {
            // An address no client could use (unspecified, multicast) is left out.
            if let Ok(candidate) = Candidate::host(*address, EngineProtocol::Udp) {
                rtc.add_local_candidate(candidate);
            }
        }
        for address in &config.tcp_candidates {
            let passive = Candidate::builder().tcp().host(*address);
            if let Ok(candidate) = passive.tcptype(TcpType::Passive).build() {
                rtc.add_local_candidate(candidate);
            }
        }
        Self {
            rtc,
            alive: true,
            end_told: false,
            deadline: None,
            sources: HashMap::new(),
            keys,
            senders: Vec::new(),
            ufrag_prefix: config.ufrag_prefix.clone(),
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
    /// Keys and the first way to the client are handed to `egress`; once the client has reported
    /// from somewhere, everything but ICE goes there: the engine itself follows a client that
    /// moved only after its next nomination.
    pub(crate) fn drain(
        &mut self,
        egress: &mut Egress,
        out: &mut Batch,
        signals: &mut Vec<Signal>,
    ) {
        let mut errors = 0;
        while self.alive {
            match self.guarded(Rtc::poll_output) {
                Some(Ok(Output::Timeout(at))) => {
                    self.deadline = Some(at);
                    self.alive = self.rtc.is_alive();
                    break;
                }
                Some(Ok(Output::Transmit(transmit))) => {
                    let path = Path {
                        protocol: ours(transmit.proto),
                        destination: transmit.destination,
                        source: transmit.source,
                    };
                    let path = match is_stun(&transmit.contents) {
                        true => path,
                        false => egress.path_or(path),
                    };
                    out.push(path, &transmit.contents);
                }
                Some(Ok(Output::Event(event))) => self.translate(event, signals),
                Some(Err(error)) => {
                    tracing::debug!("Connection error: {error}");
                    errors += 1;
                    self.alive = errors < MAX_ERRORS && self.rtc.is_alive();
                }
                None => break,
            }
        }
        if let Some(exported) = self.keys.take() {
            egress.set_keys(&exported);
        }
        if !self.alive && !self.end_told {
            self.end_told = true;
            signals.push(Signal::Lost);
        }
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

fn ours(protocol: EngineProtocol) -> Protocol {
    match protocol {
        EngineProtocol::Tcp | EngineProtocol::SslTcp | EngineProtocol::Tls => Protocol::Tcp,
        EngineProtocol::Udp => Protocol::Udp,
    }
}

/// RFC 7983: STUN begins with 0–3, DTLS with 20–63, RTP and RTCP with 128–191.
pub(crate) fn is_stun(datagram: &[u8]) -> bool {
    datagram.first().is_some_and(|first| *first < 4)
}

/// None for anything that is not STUN, DTLS, RTP or RTCP.
fn receive<'a>(datagram: &Datagram<'a>) -> Option<Receive<'a>> {
    let protocol = match datagram.protocol {
        Protocol::Udp => EngineProtocol::Udp,
        Protocol::Tcp => EngineProtocol::Tcp,
    };
    Receive::new(
        protocol,
        datagram.source,
        datagram.destination,
        datagram.contents,
    )
    .ok()
}
