//! The SFU, signaling's end of its link, and clients of another WebRTC stack.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bus::link::{LinkClient, LinkEvent, LinkSender};
use bus::media::{Connections, FromSfu, MediaKind, PublishTrack, Target, ToSfu};
use bus::{BusDir, SFU_LINK};
use domain::{Entropy, EntropyError};
use rtc::media_stream::MediaStreamTrack;
use rtc::peer_connection::configuration::interceptor_registry::register_default_interceptors;
use rtc::peer_connection::configuration::media_engine::{MIME_TYPE_VP8, MediaEngine};
use rtc::peer_connection::configuration::{
    RTCConfiguration, RTCConfigurationBuilder, RTCIceTransportPolicy,
};
use rtc::peer_connection::sdp::RTCSessionDescription;
use rtc::peer_connection::transport::{RTCIceCandidateInit, RTCIceServer};
use rtc::rtp_transceiver::rtp_sender::{
    RTCRtpCodec, RTCRtpCodecParameters, RTCRtpCodingParameters, RTCRtpEncodingParameters,
    RtpCodecKind,
};
use tokio::sync::mpsc;
use webrtc::media_stream::track_local::TrackLocal;
use webrtc::media_stream::track_local::static_rtp::TrackLocalStaticRTP;
use webrtc::media_stream::track_remote::{TrackRemote, TrackRemoteEvent};
use webrtc::peer_connection::{
    PeerConnection, PeerConnectionBuilder, PeerConnectionEventHandler, Registry,
};

/// Beyond any real wait; only a failing test reaches it.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);
const SSRC: u32 = 0x0bed_51de;
const PAYLOAD_TYPE: u8 = 96;

/// Counts up: the test needs different values, not secret ones.
struct Counting(AtomicU64);

impl Entropy for Counting {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), EntropyError> {
        let value = self.0.fetch_add(1, Ordering::Relaxed).to_ne_bytes();
        for (byte, value) in bytes.iter_mut().zip(value.into_iter().cycle()) {
            *byte = value;
        }
        Ok(())
    }
}

/// A running SFU with its bus.
pub(crate) struct Node {
    pub(crate) service: sfu::Service,
    pub(crate) context: runtime::Context,
    pub(crate) dir: BusDir,
    _home: tempfile::TempDir,
}

/// What clients reach over loopback, and nothing else.
pub(crate) fn config() -> sfu::Config {
    sfu::Config {
        media_ips: vec![[127, 0, 0, 1].into()],
        ..sfu::Config::default()
    }
}

pub(crate) fn deps(dir: &BusDir) -> sfu::Deps {
    sfu::Deps {
        bus: dir.clone(),
        entropy: Arc::new(Counting(AtomicU64::new(1))),
    }
}

impl Node {
    pub(crate) async fn start(config: sfu::Config) -> Self {
        let home = tempfile::tempdir().expect("a directory");
        let dir = BusDir::open(&home.path().join("bus")).expect("a bus");
        let context = runtime::Context::new();
        let service = sfu::start(config, deps(&dir), &context).await;
        Self {
            service: service.expect("an SFU"),
            context,
            dir,
            _home: home,
        }
    }

    pub(crate) async fn link(&self, epoch: u64) -> Signaling {
        let mut client = LinkClient::connect(&self.dir, SFU_LINK, epoch);
        match tokio::time::timeout(PATIENCE, client.next()).await {
            Ok(Some(LinkEvent::Up { sender, .. })) => Signaling { client, sender },
            other => panic!("no link: {other:?}"),
        }
    }

    /// The sum of a metric over all workers.
    pub(crate) fn metric(&self, name: &str) -> u64 {
        let text = self.context.metrics.encode().expect("text");
        let lines = text.lines().filter(|line| {
            let rest = line.strip_prefix("bedside_sfu_").unwrap_or_default();
            rest.strip_prefix(name)
                .is_some_and(|rest| rest.starts_with(['{', ' ', '_']))
        });
        let value = |line: &str| line.rsplit(' ').next()?.parse::<u64>().ok();
        lines.filter_map(value).sum()
    }

    /// Waits until a metric is as wanted; they are brought up to date once a second.
    pub(crate) async fn metric_becomes(&self, name: &str, wanted: impl Fn(u64) -> bool) {
        let until = async {
            while !wanted(self.metric(name)) {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        let result = tokio::time::timeout(PATIENCE, until).await;
        assert!(result.is_ok(), "{name} is {}", self.metric(name));
    }

    pub(crate) async fn stop(self) {
        let stopped = self.context.tasks.stop(PATIENCE).await;
        assert!(
            stopped.is_clean() && stopped.failure.is_none(),
            "{stopped:?}"
        );
    }
}

/// Signaling's end: orders to the SFU and its reports.
pub(crate) struct Signaling {
    client: LinkClient,
    sender: LinkSender<ToSfu>,
}

impl Signaling {
    pub(crate) fn send(&self, message: &ToSfu) {
        self.sender.send(message).expect("the link is up");
    }

    pub(crate) fn open(&self, room: &str, participant: &str) {
        self.send(&ToSfu::Open {
            room: room.into(),
            participant: participant.into(),
            identity: participant.into(),
            connections: Connections::Dual,
            publish: true,
            publish_data: true,
        });
    }

    pub(crate) fn close(&self, room: &str, participant: &str) {
        self.send(&ToSfu::Close {
            room: room.into(),
            participant: participant.into(),
        });
    }

    /// The next report that `pick` takes.
    pub(crate) async fn until<T>(&mut self, what: &str, pick: impl Fn(FromSfu) -> Option<T>) -> T {
        let wanted = async {
            loop {
                match self.client.next().await {
                    Some(LinkEvent::Message(FromSfu::Failed { reason, .. })) => {
                        panic!("refused: {reason}")
                    }
                    Some(LinkEvent::Message(message)) => {
                        if let Some(found) = pick(message) {
                            return found;
                        }
                    }
                    other => panic!("the link ended: {other:?}"),
                }
            }
        };
        let found = tokio::time::timeout(PATIENCE, wanted).await;
        found.unwrap_or_else(|_| panic!("no {what}"))
    }

    /// The next offer to a participant: its id and text.
    pub(crate) async fn offer_to(&mut self, room: &str, whose: &str) -> (u32, String) {
        self.until("offer", |message| match message {
            FromSfu::Offer {
                room: at,
                participant,
                id,
                sdp,
                ..
            } if *at == *room && *participant == *whose => Some((id, sdp)),
            _ => None,
        })
        .await
    }

    async fn connected(&mut self, room: &str, wanted: Target) {
        self.until("connection", |message| match message {
            FromSfu::Connected {
                room: at, target, ..
            } if *at == *room && target == wanted => Some(()),
            _ => None,
        })
        .await;
    }
}

/// How a client reaches the SFU.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Via {
    Udp,
    UdpV6,
    Tcp,
    /// Through the TURN server at this UDP port, and no other way.
    Relay(u16),
}

/// Two clients in a room: Alice films, Bob sees it.
pub(crate) struct Pair {
    /// What Bob gets.
    packets: mpsc::UnboundedReceiver<rtc::rtp::Packet>,
    filming: tokio::task::JoinHandle<()>,
    /// The first offer that Bob got.
    pub(crate) offer: String,
    clients: [Box<dyn PeerConnection>; 2],
}

impl Drop for Pair {
    fn drop(&mut self) {
        self.filming.abort();
    }
}

impl Pair {
    /// Connects both to `room` and starts the film.
    pub(crate) async fn connect(signaling: &mut Signaling, room: &str, via: Via) -> Self {
        // Bob: his subscriber connection comes up with data channels only.
        let (packet_sender, packets) = mpsc::unbounded_channel();
        let bob = peer(Arc::new(Receiver(packet_sender)), via).await;
        signaling.open(room, "PA_bob");
        let (id, offer) = signaling.offer_to(room, "PA_bob").await;
        let sdp = answer(&*bob, offer.clone(), via).await;
        let reply = |id, sdp| ToSfu::Answer {
            room: room.into(),
            participant: "PA_bob".into(),
            id,
            sdp,
        };
        signaling.send(&reply(id, sdp));
        signaling.connected(room, Target::Subscriber).await;

        // Alice offers a camera.
        let alice = peer(Arc::new(Silent), via).await;
        let track = camera();
        publish(signaling, room, &*alice, &track, via).await;
        signaling.connected(room, Target::Publisher).await;

        // Bob gets it.
        signaling.send(&ToSfu::Subscribe {
            room: room.into(),
            participant: "PA_bob".into(),
            publisher: "PA_alice".into(),
            track: "TR_camera".into(),
        });
        let (id, sdp) = signaling.offer_to(room, "PA_bob").await;
        let sdp = answer(&*bob, sdp, via).await;
        signaling.send(&reply(id, sdp));
        let pick = |message| match message {
            FromSfu::Subscribed { track, .. } => Some(track),
            _ => None,
        };
        assert_eq!(&*signaling.until("subscription", pick).await, "TR_camera");
        Self {
            packets,
            filming: tokio::spawn(film(track)),
            offer,
            clients: [alice, bob],
        }
    }

    /// The sequence number of Bob's next packet.
    pub(crate) async fn next(&mut self) -> u16 {
        loop {
            let packet = tokio::time::timeout(PATIENCE, self.packets.recv()).await;
            let packet = packet.expect("packets flow").expect("the track lives");
            // Padding for bandwidth probes carries nothing.
            if !packet.payload.is_empty() {
                assert_eq!(packet.payload.len(), 800);
                return packet.header.sequence_number;
            }
        }
    }

    /// Bob gets `count` packets, none lost or doubled.
    pub(crate) async fn sees(&mut self, count: usize) {
        let mut numbers = Vec::new();
        while numbers.len() < count {
            numbers.push(self.next().await);
        }
        assert_unbroken(numbers);
    }

    /// Both leave.
    pub(crate) async fn leave(self, signaling: &Signaling, room: &str) {
        signaling.close(room, "PA_alice");
        signaling.close(room, "PA_bob");
        for client in &self.clients {
            client.close().await.expect("closed");
        }
    }
}

/// Order on the way is not promised; the numbers may wrap.
pub(crate) fn assert_unbroken(mut numbers: Vec<u16>) {
    let origin = numbers[0].wrapping_sub(1_000);
    numbers.sort_by_key(|number| number.wrapping_sub(origin));
    let whole = |pair: &[u16]| pair[0].wrapping_add(1) == pair[1];
    assert!(
        numbers.windows(2).all(whole),
        "nothing lost or doubled: {numbers:?}"
    );
}

/// Alice's offer of a camera, answered.
async fn publish(
    signaling: &mut Signaling,
    room: &str,
    alice: &dyn PeerConnection,
    track: &Arc<TrackLocalStaticRTP>,
    via: Via,
) {
    let local: Arc<dyn TrackLocal> = track.clone();
    alice.add_track(local).await.expect("a track");
    let offer = alice.create_offer(None).await.expect("an offer");
    signaling.open(room, "PA_alice");
    signaling.send(&ToSfu::Publish {
        room: room.into(),
        participant: "PA_alice".into(),
        track: PublishTrack {
            sid: "TR_camera".into(),
            cid: "camera".to_owned(),
            kind: MediaKind::Video,
            source: bus::journal::TrackSource::Camera,
            preferred_codecs: vec![],
            layers: vec![],
            encrypted: false,
        },
    });
    signaling.send(&ToSfu::Offer {
        room: room.into(),
        participant: "PA_alice".into(),
        id: 7,
        sdp: offer.sdp.clone(),
    });
    let pick = |message| match message {
        FromSfu::Answer { id, sdp, .. } => Some((id, sdp)),
        _ => None,
    };
    let (id, sdp) = signaling.until("answer", pick).await;
    assert_eq!(id, 7);
    alice
        .set_local_description(offer)
        .await
        .expect("its own offer");
    let description = RTCSessionDescription::answer(sdp.clone()).expect("an answer");
    alice
        .set_remote_description(description)
        .await
        .expect("an acceptable answer");
    connect_tcp(alice, &sdp, via).await;
    let pick = |message| match message {
        FromSfu::Published { track, mime, .. } => Some((track, mime)),
        _ => None,
    };
    let published = signaling.until("publication", pick).await;
    assert_eq!(published, ("TR_camera".into(), "video/VP8".to_owned()));
}

/// Hands on the packets of every track.
struct Receiver(mpsc::UnboundedSender<rtc::rtp::Packet>);

#[async_trait::async_trait]
impl PeerConnectionEventHandler for Receiver {
    async fn on_track(&self, track: Arc<dyn TrackRemote>) {
        let packets = self.0.clone();
        tokio::spawn(async move {
            while let Some(event) = track.poll().await {
                if let TrackRemoteEvent::OnRtpPacket(packet) = event {
                    // The test may have seen enough.
                    let _ = packets.send(packet);
                }
            }
        });
    }
}

struct Silent;

impl PeerConnectionEventHandler for Silent {}

async fn peer(handler: Arc<dyn PeerConnectionEventHandler>, via: Via) -> Box<dyn PeerConnection> {
    let mut media = MediaEngine::default();
    let codec = RTCRtpCodecParameters {
        rtp_codec: vp8(),
        payload_type: PAYLOAD_TYPE,
    };
    media
        .register_codec(codec, RtpCodecKind::Video)
        .expect("a codec");
    let registry = register_default_interceptors(Registry::new(), &mut media);
    let builder = PeerConnectionBuilder::new()
        .with_configuration(configuration(via))
        .with_media_engine(media)
        .with_interceptor_registry(registry.expect("interceptors"))
        .with_handler(handler);
    let builder = match via {
        Via::Udp | Via::Relay(_) => builder.with_udp_addrs(vec!["127.0.0.1:0".to_owned()]),
        Via::UdpV6 => builder.with_udp_addrs(vec!["[::1]:0".to_owned()]),
        Via::Tcp => builder.with_tcp_addrs(vec!["127.0.0.1:0".to_owned()]),
    };
    Box::new(Box::pin(builder.build()).await.expect("a peer connection"))
}

fn configuration(via: Via) -> RTCConfiguration {
    let builder = RTCConfigurationBuilder::new();
    let Via::Relay(port) = via else {
        return builder.build();
    };
    let credentials = crate::relay::credentials();
    let server = RTCIceServer {
        urls: vec![format!("turn:127.0.0.1:{port}?transport=udp")],
        username: credentials.username,
        credential: credentials.password,
    };
    builder
        .with_ice_servers(vec![server])
        .with_ice_transport_policy(RTCIceTransportPolicy::Relay)
        .build()
}

fn vp8() -> RTCRtpCodec {
    RTCRtpCodec {
        mime_type: MIME_TYPE_VP8.to_owned(),
        clock_rate: 90_000,
        ..Default::default()
    }
}

/// A camera's track, as a client adds it.
fn camera() -> Arc<TrackLocalStaticRTP> {
    Arc::new(TrackLocalStaticRTP::new(MediaStreamTrack::new(
        "stream".to_owned(),
        "camera".to_owned(),
        "camera".to_owned(),
        RtpCodecKind::Video,
        vec![RTCRtpEncodingParameters {
            rtp_coding_parameters: RTCRtpCodingParameters {
                ssrc: Some(SSRC),
                ..Default::default()
            },
            codec: vp8(),
            ..Default::default()
        }],
    )))
}

/// Answers the SFU's offer.
async fn answer(connection: &dyn PeerConnection, sdp: String, via: Via) -> String {
    let offer = RTCSessionDescription::offer(sdp.clone()).expect("an offer");
    connection
        .set_remote_description(offer)
        .await
        .expect("an acceptable offer");
    let answer = connection.create_answer(None).await.expect("an answer");
    let text = answer.sdp.clone();
    connection
        .set_local_description(answer)
        .await
        .expect("its own answer");
    connect_tcp(connection, &sdp, via).await;
    text
}

/// This stack connects to TCP candidates only when they are trickled.
async fn connect_tcp(connection: &dyn PeerConnection, sdp: &str, via: Via) {
    if !matches!(via, Via::Tcp) {
        return;
    }
    let lines = sdp.lines().filter_map(|line| line.strip_prefix("a="));
    let mut candidates: Vec<_> = lines
        .filter(|line| line.starts_with("candidate:") && line.contains("tcptype passive"))
        .collect();
    candidates.dedup();
    assert!(!candidates.is_empty(), "offered: {sdp}");
    let candidate = RTCIceCandidateInit {
        candidate: candidates[0].to_owned(),
        sdp_mid: Some(String::new()),
        sdp_mline_index: Some(0),
        ..Default::default()
    };
    connection
        .add_ice_candidate(candidate)
        .await
        .expect("an acceptable candidate");
}

/// Sends frames of three packets, every tenth a keyframe, as fast as a camera.
async fn film(track: Arc<TrackLocalStaticRTP>) {
    let mut tick = tokio::time::interval(Duration::from_millis(10));
    for frame in 0_u32.. {
        tick.tick().await;
        for part in 0..3 {
            let [high, low] = (frame as u16 & 0x7fff).to_be_bytes();
            let first = if part == 0 { 0x90 } else { 0x80 };
            let inter = u8::from(frame % 10 != 0);
            let mut payload = vec![first, 0x80, 0x80 | high, low, inter];
            payload.resize(800, 0);
            let mut packet = rtc::rtp::Packet {
                payload: payload.into(),
                ..Default::default()
            };
            packet.header.version = 2;
            packet.header.ssrc = SSRC;
            packet.header.payload_type = PAYLOAD_TYPE;
            packet.header.sequence_number = (frame * 3 + part) as u16;
            packet.header.timestamp = frame * 900;
            packet.header.marker = part == 2;
            // Ends with the connection.
            if track.write_rtp(packet).await.is_err() {
                return;
            }
        }
    }
}
