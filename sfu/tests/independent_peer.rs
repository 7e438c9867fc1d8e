//! The whole SFU judged by another WebRTC stack: the `webrtc` crate's peers over real UDP on
//! loopback, signaling's end of the link over the real bus.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bus::link::{LinkClient, LinkEvent, LinkSender};
use bus::media::{Connections, FromSfu, MediaKind, PublishTrack, Target, ToSfu};
use bus::{BusDir, SFU_LINK};
use domain::{Entropy, EntropyError};
use rtc::media_stream::MediaStreamTrack;
use rtc::peer_connection::configuration::RTCConfigurationBuilder;
use rtc::peer_connection::configuration::interceptor_registry::register_default_interceptors;
use rtc::peer_connection::configuration::media_engine::{MIME_TYPE_VP8, MediaEngine};
use rtc::peer_connection::sdp::RTCSessionDescription;
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
const PATIENCE: Duration = Duration::from_secs(60);
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

/// Signaling's end: orders to the SFU and its reports.
struct Signaling {
    client: LinkClient,
    sender: LinkSender<ToSfu>,
}

impl Signaling {
    fn send(&self, message: &ToSfu) {
        self.sender.send(message).expect("the link is up");
    }

    /// The next report that `pick` takes.
    async fn until<T>(&mut self, what: &str, pick: impl Fn(FromSfu) -> Option<T>) -> T {
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
}

async fn peer(handler: Arc<dyn PeerConnectionEventHandler>) -> impl PeerConnection {
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
        .with_configuration(RTCConfigurationBuilder::new().build())
        .with_media_engine(media)
        .with_interceptor_registry(registry.expect("interceptors"))
        .with_handler(handler)
        .with_udp_addrs(vec!["127.0.0.1:0".to_owned()]);
    Box::pin(builder.build()).await.expect("a peer connection")
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
async fn answer(connection: &impl PeerConnection, sdp: String) -> String {
    let offer = RTCSessionDescription::offer(sdp).expect("an offer");
    connection
        .set_remote_description(offer)
        .await
        .expect("an acceptable offer");
    let answer = connection.create_answer(None).await.expect("an answer");
    let sdp = answer.sdp.clone();
    connection
        .set_local_description(answer)
        .await
        .expect("its own answer");
    sdp
}

fn open(participant: &str) -> ToSfu {
    ToSfu::Open {
        room: "visit".into(),
        participant: participant.into(),
        identity: participant.into(),
        connections: Connections::Dual,
        publish: true,
    }
}

async fn next_offer(signaling: &mut Signaling, whose: &str) -> (u32, String) {
    let pick = |message| match message {
        FromSfu::Offer {
            participant,
            id,
            sdp,
            ..
        } if *participant == *whose => Some((id, sdp)),
        _ => None,
    };
    signaling.until("offer", pick).await
}

async fn start_sfu(dir: &BusDir, context: &runtime::Context) -> sfu::Service {
    let config = sfu::Config {
        media_port: 0,
        media_ips: vec![[127, 0, 0, 1].into()],
        ..sfu::Config::default()
    };
    let deps = sfu::Deps {
        bus: dir.clone(),
        entropy: Arc::new(Counting(AtomicU64::new(1))),
    };
    sfu::start(config, deps, context).await.expect("an SFU")
}

async fn link(dir: &BusDir, epoch: u64) -> Signaling {
    let mut client = LinkClient::connect(dir, SFU_LINK, epoch);
    match tokio::time::timeout(PATIENCE, client.next()).await {
        Ok(Some(LinkEvent::Up { sender, .. })) => Signaling { client, sender },
        other => panic!("no link: {other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_stack_receives_what_another_stack_publishes() {
    let home = tempfile::tempdir().expect("a directory");
    let dir = BusDir::open(&home.path().join("bus")).expect("a bus");
    let context = runtime::Context::new();
    let service = start_sfu(&dir, &context).await;
    assert_ne!(service.candidates()[0].port(), 0);
    assert!(context.health.is_ready());
    let mut signaling = link(&dir, 1).await;

    // The receiver: its subscriber connection comes up with data channels only.
    let (packet_sender, mut packets) = mpsc::unbounded_channel();
    let receiver = peer(Arc::new(Receiver(packet_sender))).await;
    signaling.send(&open("PA_bob"));
    let (id, sdp) = next_offer(&mut signaling, "PA_bob").await;
    let sdp = answer(&receiver, sdp).await;
    let reply = |id, sdp| ToSfu::Answer {
        room: "visit".into(),
        participant: "PA_bob".into(),
        id,
        sdp,
    };
    signaling.send(&reply(id, sdp));
    let connected = |target| {
        move |message| match message {
            FromSfu::Connected { target: of, .. } if of == target => Some(()),
            _ => None,
        }
    };
    let target = Target::Subscriber;
    signaling
        .until("subscriber connection", connected(target))
        .await;

    // The publisher offers a camera.
    let publisher = peer(Arc::new(Silent)).await;
    let track = camera();
    let local: Arc<dyn TrackLocal> = track.clone();
    publisher.add_track(local).await.expect("a track");
    let offer = publisher.create_offer(None).await.expect("an offer");
    signaling.send(&open("PA_alice"));
    signaling.send(&ToSfu::Publish {
        room: "visit".into(),
        participant: "PA_alice".into(),
        track: PublishTrack {
            sid: "TR_camera".into(),
            cid: "camera".to_owned(),
            kind: MediaKind::Video,
            preferred_codecs: vec![],
            layers: vec![],
        },
    });
    signaling.send(&ToSfu::Offer {
        room: "visit".into(),
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
    publisher
        .set_local_description(offer)
        .await
        .expect("its own offer");
    let description = RTCSessionDescription::answer(sdp).expect("an answer");
    publisher
        .set_remote_description(description)
        .await
        .expect("an acceptable answer");
    let pick = |message| match message {
        FromSfu::Published { track, mime, .. } => Some((track, mime)),
        _ => None,
    };
    let published = signaling.until("publication", pick).await;
    assert_eq!(published, ("TR_camera".into(), "video/VP8".to_owned()));
    let target = Target::Publisher;
    signaling
        .until("publisher connection", connected(target))
        .await;

    // The receiver gets it.
    signaling.send(&ToSfu::Subscribe {
        room: "visit".into(),
        participant: "PA_bob".into(),
        publisher: "PA_alice".into(),
        track: "TR_camera".into(),
    });
    let (id, sdp) = next_offer(&mut signaling, "PA_bob").await;
    let sdp = answer(&receiver, sdp).await;
    signaling.send(&reply(id, sdp));
    let pick = |message| match message {
        FromSfu::Subscribed { track, .. } => Some(track),
        _ => None,
    };
    assert_eq!(&*signaling.until("subscription", pick).await, "TR_camera");

    let filming = tokio::spawn(film(track));
    let mut numbers = Vec::new();
    while numbers.len() < 200 {
        let packet = tokio::time::timeout(PATIENCE, packets.recv()).await;
        let packet = packet.expect("packets flow").expect("the track lives");
        // Padding for bandwidth probes carries nothing.
        if !packet.payload.is_empty() {
            assert_eq!(packet.payload.len(), 800);
            numbers.push(packet.header.sequence_number);
        }
    }
    filming.abort();
    // Order on the way is not promised; the numbers may wrap.
    let origin = numbers[0].wrapping_sub(1_000);
    numbers.sort_by_key(|number| number.wrapping_sub(origin));
    let whole = |pair: &[u16]| pair[0].wrapping_add(1) == pair[1];
    assert!(
        numbers.windows(2).all(whole),
        "nothing lost or doubled: {numbers:?}"
    );

    drop(signaling);
    let stopped = context.tasks.stop(PATIENCE).await;
    assert!(
        stopped.is_clean() && stopped.failure.is_none(),
        "{stopped:?}"
    );
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

#[tokio::test]
async fn a_new_link_finds_no_rooms_and_a_taken_port_is_named() {
    let home = tempfile::tempdir().expect("a directory");
    let dir = BusDir::open(&home.path().join("bus")).expect("a bus");
    let context = runtime::Context::new();
    let service = start_sfu(&dir, &context).await;
    let mut signaling = link(&dir, 1).await;
    signaling.send(&open("PA_old"));
    next_offer(&mut signaling, "PA_old").await;
    drop(signaling);

    let mut signaling = link(&dir, 2).await;
    // An order about the forgotten participant is ignored; the next one is answered.
    signaling.send(&ToSfu::Resume {
        room: "visit".into(),
        participant: "PA_old".into(),
    });
    signaling.send(&open("PA_new"));
    let pick = |message| match message {
        FromSfu::Offer { participant, .. } => Some(participant),
        _ => None,
    };
    assert_eq!(&*signaling.until("offer", pick).await, "PA_new");

    let config = sfu::Config {
        media_port: service.candidates()[0].port(),
        media_ips: vec![[127, 0, 0, 1].into()],
        ..sfu::Config::default()
    };
    let other = BusDir::open(&home.path().join("other")).expect("a bus");
    let deps = sfu::Deps {
        bus: other,
        entropy: Arc::new(Counting(AtomicU64::new(9))),
    };
    let taken = sfu::start(config.clone(), deps.clone(), &runtime::Context::new()).await;
    let error = taken.expect_err("the port is taken").to_string();
    assert!(error.contains(&config.media_port.to_string()) && error.contains("--media-port"));
    let config = sfu::Config {
        media_ips: vec!["fe80::1".parse().expect("an address")],
        ..sfu::Config::default()
    };
    let refused = sfu::start(config, deps, &runtime::Context::new()).await;
    assert!(matches!(refused, Err(sfu::StartError::Address(_))));
    assert!(context.tasks.stop(PATIENCE).await.is_clean());
}
