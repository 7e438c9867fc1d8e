//! One peer connection of a bot, on the `webrtc` crate: not the stack the node is built on.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rtc::media_stream::MediaStreamTrack;
use rtc::peer_connection::configuration::media_engine::{
    MIME_TYPE_OPUS, MIME_TYPE_VP8, MediaEngine,
};
use rtc::rtp_transceiver::rtp_sender::{
    RTCPFeedback, RTCRtpCodec, RTCRtpCodecParameters, RTCRtpCodingParameters,
    RTCRtpEncodingParameters, RtpCodecKind,
};
use tokio::sync::watch;
use webrtc::media_stream::track_local::TrackLocal;
use webrtc::media_stream::track_local::static_rtp::TrackLocalStaticRTP;
use webrtc::media_stream::track_remote::{TrackRemote, TrackRemoteEvent};
use webrtc::peer_connection::{
    PeerConnection, PeerConnectionBuilder, PeerConnectionEventHandler, RTCPeerConnectionState,
    RTCSessionDescription, Registry, register_default_interceptors,
};

use super::keyframe::{Lookout, Wish};
use super::meter::Meter;
use super::stream::Stream;
use super::video::stamp_of;
use crate::error::LoadError;

/// The payload types a bot offers; the browser's usual ones.
pub(crate) const VP8: u8 = 96;
/// See [`VP8`].
pub(crate) const OPUS: u8 = 111;
/// Behind every interceptor of the library.
const LAST_SLOT: usize = 14_000;

/// A connection in either direction.
pub(crate) struct Peer {
    connection: Arc<dyn PeerConnection>,
    /// Whether ICE and DTLS are up.
    up: watch::Receiver<bool>,
    /// Set when the node asks for a keyframe.
    pub(crate) keyframe: Wish,
}

struct Handler {
    up: watch::Sender<bool>,
    meter: Arc<Meter>,
    /// When the bot began to connect, on the meter's clock.
    began: Duration,
}

#[async_trait::async_trait]
impl PeerConnectionEventHandler for Handler {
    async fn on_connection_state_change(&self, state: RTCPeerConnectionState) {
        self.up
            .send_replace(state == RTCPeerConnectionState::Connected);
    }

    async fn on_track(&self, track: Arc<dyn TrackRemote>) {
        // Ends with the track.
        tokio::spawn(count(track, Arc::clone(&self.meter), self.began));
    }
}

async fn count(track: Arc<dyn TrackRemote>, meter: Arc<Meter>, began: Duration) {
    let mut stream: Option<Arc<Mutex<Stream>>> = None;
    while let Some(event) = track.poll().await {
        let TrackRemoteEvent::OnRtpPacket(packet) = event else {
            continue;
        };
        // Padding used for probing carries nothing.
        if packet.payload.is_empty() {
            continue;
        }
        let stream = stream.get_or_insert_with(|| meter.stream());
        let age = meter.elapsed().saturating_sub(began);
        let mut stream = stream.lock().unwrap_or_else(PoisonError::into_inner);
        if stream.take(&packet, age) {
            let stamp = (packet.header.payload_type == VP8).then(|| stamp_of(&packet.payload));
            meter.count_received(stamp.flatten());
        }
    }
}

impl Peer {
    /// A connection that knows VP8 and Opus, on a loopback socket of its own.
    pub(crate) async fn new(meter: &Arc<Meter>, began: Duration) -> Result<Self, LoadError> {
        let mut engine = MediaEngine::default();
        for (kind, codec) in [(RtpCodecKind::Video, VP8), (RtpCodecKind::Audio, OPUS)] {
            let parameters = RTCRtpCodecParameters {
                rtp_codec: rtp_codec(kind),
                payload_type: codec,
            };
            engine.register_codec(parameters, kind)?;
        }
        let keyframe = Wish::default();
        let registry = register_default_interceptors(Registry::new(), &mut engine)?
            .with(LAST_SLOT.into(), Lookout::new(keyframe.clone()));
        let (sender, up) = watch::channel(false);
        let handler = Handler {
            up: sender,
            meter: Arc::clone(meter),
            began,
        };
        let building = PeerConnectionBuilder::new()
            .with_media_engine(engine)
            .with_interceptor_registry(registry)
            .with_handler(Arc::new(handler))
            .with_udp_addrs(vec!["127.0.0.1:0"])
            .build();
        let connection = Box::pin(building).await?;
        Ok(Self {
            connection: Arc::new(connection),
            up,
            keyframe,
        })
    }

    /// Adds a track to send: its `cid` is the second half of `a=msid`.
    pub(crate) async fn send_track(
        &self,
        cid: &str,
        kind: RtpCodecKind,
        ssrc: u32,
    ) -> Result<Arc<TrackLocalStaticRTP>, LoadError> {
        let coding = RTCRtpEncodingParameters {
            rtp_coding_parameters: RTCRtpCodingParameters {
                ssrc: Some(ssrc),
                ..Default::default()
            },
            codec: rtp_codec(kind),
            ..Default::default()
        };
        let label = kind.to_string();
        let track = MediaStreamTrack::new("bot".into(), cid.into(), label, kind, vec![coding]);
        let track = Arc::new(TrackLocalStaticRTP::new(track));
        let sent: Arc<dyn TrackLocal> = Arc::<TrackLocalStaticRTP>::clone(&track);
        self.connection.add_track(sent).await?;
        Ok(track)
    }

    /// The SDP of an offer that is now pending.
    pub(crate) async fn offer(&self) -> Result<String, LoadError> {
        let offer = self.connection.create_offer(None).await?;
        let sdp = offer.sdp.clone();
        self.connection.set_local_description(offer).await?;
        Ok(sdp)
    }

    pub(crate) async fn accept_answer(&self, sdp: String) -> Result<(), LoadError> {
        let answer = RTCSessionDescription::answer(sdp)?;
        Ok(self.connection.set_remote_description(answer).await?)
    }

    /// The SDP of the answer to the node's offer.
    pub(crate) async fn answer(&self, sdp: String) -> Result<String, LoadError> {
        let offer = RTCSessionDescription::offer(sdp)?;
        self.connection.set_remote_description(offer).await?;
        let answer = self.connection.create_answer(None).await?;
        let sdp = answer.sdp.clone();
        self.connection.set_local_description(answer).await?;
        Ok(sdp)
    }

    /// Resolves once media can flow.
    pub(crate) async fn connected(&self) {
        let mut up = self.up.clone();
        // Fails only when the connection is gone; its sender then finds out.
        let _ = up.wait_for(|up| *up).await;
    }

    pub(crate) async fn close(&self) {
        // Whatever fails here ends with the process.
        let _ = self.connection.close().await;
    }
}

fn rtp_codec(kind: RtpCodecKind) -> RTCRtpCodec {
    let feedback = |typ: &str, parameter: &str| RTCPFeedback {
        typ: typ.to_owned(),
        parameter: parameter.to_owned(),
    };
    if kind == RtpCodecKind::Video {
        RTCRtpCodec {
            mime_type: MIME_TYPE_VP8.to_owned(),
            clock_rate: 90_000,
            channels: 0,
            sdp_fmtp_line: String::new(),
            rtcp_feedback: vec![feedback("nack", ""), feedback("nack", "pli")],
        }
    } else {
        RTCRtpCodec {
            mime_type: MIME_TYPE_OPUS.to_owned(),
            clock_rate: 48_000,
            channels: 2,
            sdp_fmtp_line: "minptime=10;useinbandfec=1".to_owned(),
            rtcp_feedback: vec![],
        }
    }
}
