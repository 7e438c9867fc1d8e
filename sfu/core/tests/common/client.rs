//! A client with one or two peer connections, as a LiveKit client has them.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use sfu_core::{Connections, MediaKind};
use str0m::change::{SdpAnswer, SdpOffer, SdpPendingOffer};
use str0m::channel::{ChannelConfig, ChannelId, Reliability};
use str0m::config::CryptoProvider;
use str0m::crypto::from_feature_flags;
use str0m::format::Codec;
use str0m::media::{Direction, KeyframeRequest, MediaKind as Kind, Mid, Rid, Simulcast};
use str0m::media::{KeyframeRequestKind, SimulcastLayer};
use str0m::net::{Protocol, Receive};
use str0m::rtp::{ExtensionValues, RtpPacket, RtpWrite};
use str0m::{Candidate, Event, Input, Output, Rtc, RtcConfig};
use testkit::network::Datagram;

use super::descriptor::extensions;
use super::layered::Made;
use super::video::{Encoder, Seen, read};

pub struct Client {
    pub connections: Connections,
    pub publisher: Link,
    pub subscriber: Option<Link>,
    offer_id: u32,
    pending: Option<SdpPendingOffer>,
    receiving: Vec<Mid>,
    sending: HashMap<String, Mid>,
    to_send: Vec<(MediaKind, String, Vec<String>)>,
    to_receive: (u32, u32),
    stopping: Vec<Mid>,
    /// The next offer restarts ICE.
    pub restart: bool,
    encoders: HashMap<(Mid, Option<Rid>), Encoder>,
    audio_seq: u64,
    /// What the last description said of the receiving connection.
    pub mid_to_track: Vec<(String, Arc<str>)>,
    pub last_answer: String,
    pub last_offer: String,
    pub offers_seen: usize,
    pub sections_asked: Vec<(u32, u32)>,
    now: Instant,
}

/// One peer connection.
pub struct Link {
    pub rtc: Rtc,
    /// Where the network delivers to it and what it sends from.
    pub address: SocketAddr,
    /// Where it believes to be; differs behind a NAT.
    inner: SocketAddr,
    pub up: bool,
    deadline: Option<Instant>,
    transmits: Vec<Datagram>,
    pub packets: Vec<RtpPacket>,
    pub keyframe_requests: Vec<KeyframeRequest>,
    pub channels: HashMap<String, ChannelId>,
    pub data: Vec<(ChannelId, Vec<u8>)>,
}

impl Client {
    pub fn new(now: Instant, index: usize, connections: Connections) -> Self {
        Self::with_crypto(now, index, connections, &Arc::new(from_feature_flags()))
    }

    /// A client whose engine takes its ciphers from here.
    pub fn with_crypto(
        now: Instant,
        index: usize,
        connections: Connections,
        crypto: &Arc<CryptoProvider>,
    ) -> Self {
        let address = |port| SocketAddr::from(([198, 51, 100, index as u8 + 1], port));
        let dual = connections == Connections::Dual;
        Self {
            connections,
            publisher: Link::new(now, address(5000), crypto),
            subscriber: dual.then(|| Link::new(now, address(6000), crypto)),
            offer_id: 0,
            pending: None,
            receiving: Vec::new(),
            sending: HashMap::new(),
            to_send: Vec::new(),
            // A browser opens three of each; one makes the node ask for more.
            to_receive: if dual { (0, 0) } else { (1, 1) },
            stopping: Vec::new(),
            restart: false,
            encoders: HashMap::new(),
            audio_seq: 0,
            mid_to_track: Vec::new(),
            last_answer: String::new(),
            last_offer: String::new(),
            offers_seen: 0,
            sections_asked: Vec::new(),
            now,
        }
    }

    pub fn downlink(&mut self) -> &mut Link {
        self.subscriber.as_mut().unwrap_or(&mut self.publisher)
    }

    /// Whether the connection it receives on is up, data channels included.
    pub fn receives(&self) -> bool {
        let link = self.subscriber.as_ref().unwrap_or(&self.publisher);
        link.up && link.channels.len() == 2
    }

    /// Adds a track to the next offer.
    pub fn add_track(&mut self, kind: MediaKind, cid: &str, rids: &[&str]) {
        let rids = rids.iter().map(|rid| (*rid).to_owned()).collect();
        self.to_send.push((kind, cid.to_owned(), rids));
    }

    /// Offers the section of a track as inactive, like a browser whose track was unpublished.
    pub fn stop_track(&mut self, cid: &str) {
        let mid = self.sending[cid];
        self.stopping.push(mid);
    }

    /// Adds receiving sections to the next offer.
    pub fn add_receiving(&mut self, audios: u32, videos: u32) {
        self.to_receive.0 += audios;
        self.to_receive.1 += videos;
    }

    /// The section of a track that was offered.
    pub fn mid_of(&self, cid: &str) -> Mid {
        self.sending[cid]
    }

    /// An offer with all that was added, as SDP. It repeats the receiving sections as wanted,
    /// like a browser whose transceivers stay `recvonly` whatever the answer said.
    pub fn offer(&mut self) -> (u32, String) {
        let mut api = self.publisher.rtc.sdp_api();
        if self.offer_id == 0 {
            for (label, lossy) in [("_lossy", true), ("_reliable", false)] {
                api.add_channel_with_config(channel(label, lossy));
            }
        }
        for mid in &self.receiving {
            // Two changes, so that there is one to offer even if it is the present direction.
            api.set_direction(*mid, Direction::Inactive);
            api.set_direction(*mid, Direction::RecvOnly);
        }
        for mid in self.stopping.drain(..) {
            api.set_direction(mid, Direction::Inactive);
        }
        let (audios, videos) = std::mem::take(&mut self.to_receive);
        let audios = (0..audios).map(|_| Kind::Audio);
        for kind in audios.chain((0..videos).map(|_| Kind::Video)) {
            let mid = api.add_media(kind, Direction::RecvOnly, None, None, None);
            self.receiving.push(mid);
        }
        for (kind, cid, rids) in self.to_send.drain(..) {
            let simulcast = (!rids.is_empty()).then(|| Simulcast {
                send: rids.iter().map(|rid| SimulcastLayer::new(rid)).collect(),
                recv: vec![],
            });
            let kind = match kind {
                MediaKind::Audio => Kind::Audio,
                MediaKind::Video => Kind::Video,
            };
            let stream = Some("stream".to_owned());
            let direction = Direction::SendOnly;
            let mid = api.add_media(kind, direction, stream, Some(cid.clone()), simulcast);
            self.sending.insert(cid, mid);
        }
        if std::mem::take(&mut self.restart) {
            api.ice_restart(true);
        }
        let (offer, pending) = api.apply().expect("something to offer");
        self.offer_id += 1;
        self.pending = Some(pending);
        self.publisher.drain();
        (self.offer_id, offer.to_sdp_string())
    }

    /// The node's answer to the last offer.
    pub fn answered(&mut self, id: u32, sdp: &str, mid_to_track: Vec<(String, Arc<str>)>) {
        assert_eq!(id, self.offer_id, "the offer's id comes back");
        let answer = SdpAnswer::from_sdp_string(sdp).expect("an answer");
        let pending = self.pending.take().expect("an offer was made");
        let rtc = &mut self.publisher.rtc;
        rtc.sdp_api()
            .accept_answer(pending, answer)
            .expect("an acceptable answer");
        self.publisher.poke(self.now);
        self.last_answer = sdp.to_owned();
        if self.connections == Connections::Single {
            self.mid_to_track = mid_to_track;
        }
    }

    /// Answers the node's offer of the subscriber connection.
    pub fn offered(&mut self, sdp: &str, mid_to_track: Vec<(String, Arc<str>)>) -> String {
        let offer = SdpOffer::from_sdp_string(sdp).expect("an offer");
        let link = self.subscriber.as_mut().expect("two connections");
        let answer = link.rtc.sdp_api().accept_offer(offer);
        let answer = answer.expect("an acceptable offer").to_sdp_string();
        link.poke(self.now);
        self.last_offer = sdp.to_owned();
        self.offers_seen += 1;
        self.mid_to_track = mid_to_track;
        answer
    }

    /// Where a track is received, as the last description said.
    pub fn section_of(&self, track: &str) -> Option<Mid> {
        let found = self.mid_to_track.iter().find(|(_, t)| &**t == track);
        found.map(|(mid, _)| Mid::from(mid.as_str()))
    }

    /// Sends the next frame of a layer.
    pub fn send_frame(&mut self, mid: Mid, rid: Option<&str>, key: bool, packets: usize) {
        let rid = rid.map(Rid::from);
        let tag = rid.map_or(9, |rid| match &*rid {
            "q" => 1,
            "h" => 2,
            _ => 3,
        });
        let encoder = self.encoders.entry((mid, rid));
        let encoder = encoder.or_insert_with(|| Encoder::new(tag));
        let frame = encoder.frame(key, packets).into_iter();
        let frame = frame.map(|payload| (payload, None)).collect();
        let (seq, timestamp) = (encoder.seq + 1, encoder.timestamp);
        encoder.seq += packets as u64;
        self.send_video(mid, rid, Codec::Vp8, (seq, timestamp), frame);
    }

    /// Sends the packets of a picture, from this sequence number on, under this time stamp.
    pub fn send_video(
        &mut self,
        mid: Mid,
        rid: Option<Rid>,
        codec: Codec,
        (first, timestamp): (u64, u32),
        packets: Vec<Made>,
    ) {
        let link = &mut self.publisher;
        let pt = link.payload(mid, codec);
        let last = first + packets.len() as u64 - 1;
        for (seq, (payload, descriptor)) in (first..).zip(packets) {
            let mut values = ExtensionValues::default();
            if let Some(descriptor) = descriptor {
                values.user_values.set(descriptor);
            }
            let write = RtpWrite::new(pt, seq.into(), timestamp, self.now, payload)
                .marker(seq == last)
                .ext_vals(values)
                .nackable(true);
            let mut direct = link.rtc.direct_api();
            let stream = direct.stream_tx_by_mid(mid, rid).expect("a stream to send");
            stream.write_rtp(write);
            link.poke(self.now);
        }
    }

    /// Sends 20 ms of audio, `level` dB below full scale.
    pub fn send_audio(&mut self, mid: Mid, level: i8) {
        self.audio_seq += 1;
        let pt = self.publisher.payload(mid, Codec::Opus);
        let extensions = ExtensionValues {
            audio_level: Some(-level),
            voice_activity: Some(true),
            ..ExtensionValues::default()
        };
        let timestamp = self.audio_seq as u32 * 960;
        let payload = self.audio_seq.to_be_bytes().to_vec();
        let write = RtpWrite::new(pt, self.audio_seq.into(), timestamp, self.now, payload)
            .ext_vals(extensions);
        let mut direct = self.publisher.rtc.direct_api();
        let stream = direct
            .stream_tx_by_mid(mid, None)
            .expect("a stream to send");
        stream.write_rtp(write);
        self.publisher.poke(self.now);
    }

    /// Tells the node that nothing can be decoded.
    pub fn request_keyframe(&mut self, mid: Mid) {
        let now = self.now;
        let link = self.downlink();
        let mut direct = link.rtc.direct_api();
        let stream = direct
            .stream_rx_by_mid(mid, None)
            .expect("a stream received");
        stream.request_keyframe(KeyframeRequestKind::Pli);
        link.poke(now);
    }

    pub fn send_data(&mut self, label: &str, data: &[u8]) {
        assert!(self.try_send_data(label, data), "the channel is full");
    }

    /// False when the channel is full.
    pub fn try_send_data(&mut self, label: &str, data: &[u8]) -> bool {
        let id = self.publisher.channels[label];
        let mut channel = self.publisher.rtc.channel(id).expect("an open channel");
        let sent = channel.write(true, data).expect("a working channel");
        self.publisher.poke(self.now);
        sent
    }

    /// The packets received in a section, in the order of their numbers.
    pub fn received(&mut self, mid: Mid) -> Vec<RtpPacket> {
        let link = self.downlink();
        let mut direct = link.rtc.direct_api();
        let ssrc = direct.stream_rx_by_mid(mid, None).map(|s| s.ssrc());
        let (mut of, other) = std::mem::take(&mut link.packets)
            .into_iter()
            .partition::<Vec<_>, _>(|packet| Some(packet.header.ssrc) == ssrc);
        link.packets = other;
        of.sort_by_key(|packet| packet.seq_no);
        of
    }

    /// [`Self::received`], as VP8.
    pub fn seen(&mut self, mid: Mid) -> Vec<(u64, Seen)> {
        let packets = self.received(mid).into_iter();
        packets.map(|p| (*p.seq_no, read(&p.payload))).collect()
    }

    fn links(&mut self) -> impl Iterator<Item = &mut Link> {
        [Some(&mut self.publisher), self.subscriber.as_mut()]
            .into_iter()
            .flatten()
    }

    pub fn deadline(&self) -> Option<Instant> {
        let subscriber = self.subscriber.as_ref().and_then(|link| link.deadline);
        self.publisher.deadline.into_iter().chain(subscriber).min()
    }

    pub fn timeout(&mut self, now: Instant) {
        self.now = now;
        for link in self.links() {
            if link.deadline.is_none_or(|at| at <= now) {
                link.poke(now);
            }
        }
    }

    pub fn datagram(&mut self, now: Instant, source: SocketAddr, to: SocketAddr, bytes: &[u8]) {
        self.now = now;
        for link in self.links().filter(|link| link.address == to) {
            let to = link.inner;
            let received = Receive::new(Protocol::Udp, source, to, bytes).expect("of the node");
            let input = Input::Receive(now, received);
            link.rtc.handle_input(input).expect("usable input");
            link.drain();
        }
    }

    pub fn take_transmits(&mut self) -> Vec<Datagram> {
        let links = self.links();
        links
            .flat_map(|link| std::mem::take(&mut link.transmits))
            .collect()
    }
}

impl Link {
    fn new(now: Instant, address: SocketAddr, crypto: &Arc<CryptoProvider>) -> Self {
        let mut rtc = RtcConfig::new()
            .set_crypto_provider(Arc::clone(crypto))
            .set_rtp_mode(true)
            .set_extension_map(extensions())
            .build(now);
        let candidate = Candidate::host(address, Protocol::Udp).expect("a candidate");
        rtc.add_local_candidate(candidate);
        let mut link = Self {
            rtc,
            address,
            inner: address,
            up: false,
            deadline: None,
            transmits: Vec::new(),
            packets: Vec::new(),
            keyframe_requests: Vec::new(),
            channels: HashMap::new(),
            data: Vec::new(),
        };
        link.drain();
        link
    }

    fn payload(&self, mid: Mid, codec: Codec) -> str0m::media::Pt {
        let agreed = self.rtc.media(mid).expect("a section").remote_pts();
        let params = self.rtc.codec_config().params().iter();
        let mut params = params.filter(|p| p.spec().codec == codec);
        let found = params.find(|p| agreed.contains(&p.pt()));
        found.expect("the codec was agreed on").pt()
    }

    /// Its NAT forgets it and gives it another port.
    pub fn translate_port(&mut self, port: u16) {
        self.address.set_port(port);
    }

    pub fn poke(&mut self, now: Instant) {
        self.rtc.handle_input(Input::Timeout(now)).expect("time");
        self.drain();
    }

    fn drain(&mut self) {
        loop {
            match self.rtc.poll_output().expect("a working connection") {
                Output::Timeout(at) => {
                    self.deadline = Some(at);
                    return;
                }
                Output::Transmit(transmit) => self.transmits.push(Datagram {
                    source: self.address,
                    destination: transmit.destination,
                    contents: transmit.contents.into(),
                }),
                Output::Event(event) => match event {
                    Event::Connected => self.up = true,
                    Event::RtpPacket(packet) => self.packets.push(packet),
                    Event::KeyframeRequest(request) => self.keyframe_requests.push(request),
                    Event::ChannelOpen(id, label) => {
                        self.channels.insert(label, id);
                    }
                    Event::ChannelData(data) => self.data.push((data.id, data.data)),
                    _ => {}
                },
            }
        }
    }
}

fn channel(label: &str, lossy: bool) -> ChannelConfig {
    ChannelConfig {
        label: label.into(),
        ordered: !lossy,
        reliability: if lossy {
            Reliability::MaxRetransmits { retransmits: 0 }
        } else {
            Reliability::Reliable
        },
        ..ChannelConfig::default()
    }
}
