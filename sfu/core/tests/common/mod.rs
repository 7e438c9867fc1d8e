//! A world of simulated clients around one node.
#![allow(dead_code, reason = "each test file uses its part")]
#![allow(unreachable_pub, reason = "a module of several test programs")]

pub mod call;
pub mod client;
pub mod descriptor;
pub mod layered;
pub mod video;

use std::collections::{HashMap, VecDeque};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use client::Client;
use sfu_core::{
    Action, Command, Config, Connections, Datagram, Event, MediaKind, Node, PeerEvent, Protocol,
    PublishTrack, Speaker, TrackSettings,
};
use str0m::media::Mid;
use testkit::network::{self, Network};

pub const ROOM: &str = "visit";
/// What local ICE user names begin with.
pub const PREFIX: &str = "Zz";

/// Everything: the node, the network, the clients, and signalling between them, which delivers
/// at once and in order.
pub struct World {
    pub now: Instant,
    pub node: Node,
    pub network: Network,
    pub clients: Vec<Client>,
    /// Events of the node that are not part of negotiation.
    pub events: Vec<(usize, PeerEvent)>,
    pub speakers: Vec<Vec<Speaker>>,
    /// Signalling is cut: what the node says to a client is lost.
    pub cut: bool,
    /// Bytes the node sent, RTP headers included, by receiver and SSRC.
    pub sent: HashMap<(SocketAddr, u32), u64>,
    /// Whether clients answer with the number of the offer; native ones do not.
    pub answers_numbered: bool,
    inbox: VecDeque<Event>,
    tracks: u32,
}

pub fn server() -> SocketAddr {
    ([192, 0, 2, 1], 7882).into()
}

impl World {
    #[expect(
        clippy::disallowed_methods,
        reason = "an origin for a hand-moved clock"
    )]
    pub fn new(seed: u64) -> Self {
        Self {
            now: Instant::now(),
            node: Node::new(Config {
                estimation: true,
                candidates: vec![server()],
                seed,
                ufrag_prefix: PREFIX.into(),
                ..Config::default()
            }),
            network: Network::new(seed),
            clients: Vec::new(),
            events: Vec::new(),
            speakers: Vec::new(),
            cut: false,
            sent: HashMap::new(),
            answers_numbered: true,
            inbox: VecDeque::new(),
            tracks: 0,
        }
    }

    /// A participant joins; returns its index.
    pub fn join(&mut self, connections: Connections) -> usize {
        self.join_as(connections, true, true)
    }

    pub fn join_as(
        &mut self,
        connections: Connections,
        publish: bool,
        publish_data: bool,
    ) -> usize {
        let client = Client::new(self.now, self.clients.len(), connections);
        self.enter(client, publish, publish_data)
    }

    /// A client that was made joins, as the next one; returns its index.
    pub fn enter(&mut self, client: Client, publish: bool, publish_data: bool) -> usize {
        let (index, connections) = (self.clients.len(), client.connections);
        self.clients.push(client);
        self.order(
            index,
            Action::Open {
                identity: identity(index),
                connections,
                publish,
                publish_data,
            },
        );
        if connections == Connections::Single {
            self.offer(index);
        }
        index
    }

    /// Two participants, both connected.
    pub fn pair(seed: u64, connections: Connections) -> Self {
        let mut world = Self::new(seed);
        for _ in 0..2 {
            world.join(connections);
        }
        let up = |world: &World| world.clients.iter().all(Client::receives);
        world.until("both are connected", up);
        world
    }

    pub fn order(&mut self, index: usize, action: Action) {
        let command = Command {
            room: ROOM.into(),
            participant: sid(index),
            action,
        };
        self.node.command(self.now, command);
        self.pump();
    }

    /// The client offers its publisher or single connection.
    pub fn offer(&mut self, index: usize) {
        let (id, sdp) = self.clients[index].offer();
        self.order(index, Action::Offer { id, sdp });
    }

    /// Announces and offers a track; returns its sid and section.
    pub fn publish(&mut self, index: usize, kind: MediaKind, rids: &[&str]) -> (Arc<str>, Mid) {
        self.publish_with(index, kind, rids, &[])
    }

    pub fn publish_with(
        &mut self,
        index: usize,
        kind: MediaKind,
        rids: &[&str],
        codecs: &[&str],
    ) -> (Arc<str>, Mid) {
        self.publish_layers(index, kind, rids, codecs, rids.len())
    }

    /// Announces this many layers of a track, whether they go as streams or inside of one.
    pub fn publish_layers(
        &mut self,
        index: usize,
        kind: MediaKind,
        rids: &[&str],
        codecs: &[&str],
        layers: usize,
    ) -> (Arc<str>, Mid) {
        self.tracks += 1;
        let track: Arc<str> = format!("TR_{}", self.tracks).into();
        let cid = format!("cid{}", self.tracks);
        self.order(
            index,
            Action::Publish(PublishTrack {
                sid: track.clone(),
                cid: cid.clone(),
                kind,
                source: sfu_core::Source::Unknown,
                preferred_codecs: codecs.iter().map(|c| (*c).to_owned()).collect(),
                layers: video::layers(layers),
                encrypted: false,
            }),
        );
        self.clients[index].add_track(kind, &cid, rids);
        self.offer(index);
        (track, self.clients[index].mid_of(&cid))
    }

    /// Publishes although signalling is cut for the others.
    pub fn publish_unheard(&mut self, index: usize, kind: MediaKind) -> (Arc<str>, Mid) {
        let cut = std::mem::take(&mut self.cut);
        let published = self.publish(index, kind, &[]);
        self.cut = cut;
        published
    }

    /// Subscribes and waits until the track is bound.
    pub fn subscribe(&mut self, receiver: usize, publisher: usize, track: &Arc<str>) {
        let expected = PeerEvent::Subscribed {
            track: track.clone(),
        };
        let before = self.count(receiver, &expected);
        self.ask(receiver, publisher, track);
        self.until("the subscription is bound", |world| {
            world.count(receiver, &expected) > before
        });
    }

    pub fn ask(&mut self, receiver: usize, publisher: usize, track: &Arc<str>) {
        self.order(
            receiver,
            Action::Subscribe {
                publisher: sid(publisher),
                track: track.clone(),
            },
        );
    }

    pub fn settings(&mut self, receiver: usize, track: &Arc<str>, settings: TrackSettings) {
        self.order(
            receiver,
            Action::TrackSettings {
                track: track.clone(),
                settings,
            },
        );
    }

    pub fn count(&self, index: usize, event: &PeerEvent) -> usize {
        let matches = |(of, what): &&(usize, PeerEvent)| *of == index && what == event;
        self.events.iter().filter(matches).count()
    }

    /// Lets time pass until `done`, at most 30 s.
    pub fn until(&mut self, what: &str, done: impl Fn(&World) -> bool) {
        self.until_within(Duration::from_secs(30), what, done);
    }

    /// Lets time pass until `done`, at most `limit`.
    pub fn until_within(&mut self, limit: Duration, what: &str, done: impl Fn(&World) -> bool) {
        let end = self.now + limit;
        while !done(self) {
            assert!(self.now < end, "{limit:?} passed before {what}");
            self.step(end);
        }
    }

    /// Lets `duration` pass.
    pub fn run(&mut self, duration: Duration) {
        let end = self.now + duration;
        while self.now < end {
            self.step(end);
        }
    }

    /// Goes to the next moment something happens, at most to `end`.
    fn step(&mut self, end: Instant) {
        let deadlines = self.clients.iter().filter_map(Client::deadline);
        let next = deadlines
            .chain(self.network.next_arrival())
            .chain(self.node.deadline())
            .fold(end, Instant::min);
        self.now = self.now.max(next);
        while let Some(datagram) = self.network.receive(self.now) {
            let network::Datagram {
                source,
                destination,
                contents,
            } = datagram;
            if destination == server() {
                self.node.datagram(
                    self.now,
                    Datagram {
                        protocol: Protocol::Udp,
                        source,
                        destination,
                        contents: &contents,
                    },
                );
                self.pump();
            } else {
                for client in &mut self.clients {
                    client.datagram(self.now, source, destination, &contents);
                }
            }
        }
        if self.node.deadline().is_some_and(|at| at <= self.now) {
            self.node.timeout(self.now);
        }
        for client in &mut self.clients {
            client.timeout(self.now);
        }
        self.pump();
    }

    /// Carries everything that waits from node and clients to where it belongs.
    pub fn pump(&mut self) {
        loop {
            for (path, contents) in self.node.batch().iter() {
                if let Some(ssrc) = rtp_source(contents) {
                    let key = (path.destination, ssrc);
                    *self.sent.entry(key).or_default() += contents.len() as u64;
                }
                let datagram = network::Datagram {
                    source: path.source,
                    destination: path.destination,
                    contents: contents.to_vec(),
                };
                self.network.send(self.now, datagram);
            }
            self.node.batch().clear();
            for client in &mut self.clients {
                for datagram in client.take_transmits() {
                    self.network.send(self.now, datagram);
                }
            }
            while let Some(event) = self.node.poll_event() {
                self.inbox.push_back(event);
            }
            let Some(event) = self.inbox.pop_front() else {
                return;
            };
            self.deliver(event);
        }
    }

    fn deliver(&mut self, event: Event) {
        let (participant, event) = match event {
            Event::Peer {
                participant, event, ..
            } => (participant, event),
            Event::Speakers { speakers, .. } => {
                self.speakers.push(speakers);
                return;
            }
        };
        let index = (0..self.clients.len())
            .find(|index| sid(*index) == participant)
            .expect("a known participant");
        if self.cut {
            return;
        }
        match event {
            PeerEvent::Answer {
                id,
                sdp,
                mid_to_track,
            } => self.clients[index].answered(id, &sdp, mid_to_track),
            PeerEvent::Offer {
                id,
                sdp,
                mid_to_track,
            } => {
                let sdp = self.clients[index].offered(&sdp, mid_to_track);
                let id = if self.answers_numbered { id } else { 0 };
                self.order(index, Action::Answer { id, sdp });
            }
            PeerEvent::SectionsNeeded { audios, videos } => {
                self.clients[index].sections_asked.push((audios, videos));
                self.clients[index].add_receiving(audios, videos);
                self.offer(index);
            }
            other => self.events.push((index, other)),
        }
    }
}

/// The SSRC of a datagram that is RTP (RFC 7983, section 7; RFC 5761, section 4).
fn rtp_source(datagram: &[u8]) -> Option<u32> {
    let (first, second) = (datagram.first()?, datagram.get(1)? & 0x7f);
    let ssrc = datagram.get(8..12)?.try_into().ok()?;
    ((128..192).contains(first) && !(64..96).contains(&second)).then(|| u32::from_be_bytes(ssrc))
}

pub fn sid(index: usize) -> Arc<str> {
    format!("PA_{index}").into()
}

pub fn identity(index: usize) -> Arc<str> {
    format!("person {index}").into()
}
