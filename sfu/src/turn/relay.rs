//! The task that owns the server. One owner spares every lock: a relayed packet costs it some
//! microseconds, and who floods only fills the queue it waits in itself.

use std::collections::HashMap;
use std::future::poll_fn;
use std::net::SocketAddr;
use std::sync::Arc;
use std::task::Poll;
use std::time::{Duration, Instant};

use domain::Clock;
use runtime::Shutdown;
use sfu_core::Protocol;
use sfu_core::turn::{Carrier, Client, Counters, Now, Output, Server};
use tokio::sync::mpsc;

use super::metrics::Metrics;
use super::streams::{Link, StreamEvent};
use super::udp::Udp;
use crate::door::{Departure, Door, Inbound, Way};

/// Datagrams of the workers on their way to the relay at most, of all allocations together; more
/// are lost, as in a full socket buffer.
const DEPARTURES: usize = 8_192;
/// Datagrams of the workers in one turn, and events of connections.
const TURN: usize = 256;
/// UDP batches in one turn.
const MAX_BATCHES: usize = 4;
/// How often the metrics are brought up to date.
const MEASURE: Duration = Duration::from_secs(1);

/// The server with its sockets and channels.
pub(super) struct Relay {
    server: Server,
    udp: Vec<Udp>,
    door: Door,
    /// Bounded; every allocation's way out of the workers ends here.
    departures: mpsc::Receiver<Departure>,
    departing: mpsc::Sender<Departure>,
    /// Bounded by [`super::streams::EVENTS`].
    events: mpsc::Receiver<StreamEvent>,
    /// One an open connection.
    links: HashMap<Client, Link>,
    /// One an allocation; dropping it closes the way.
    ways: HashMap<SocketAddr, Way>,
    clock: Arc<dyn Clock>,
    metrics: Metrics,
    measured: Counters,
}

/// What a turn begins with.
enum Wake {
    Stop,
    Udp(usize),
    Departures,
    Events,
    Deadline,
    Measure,
}

impl Relay {
    pub(super) fn new(
        server: Server,
        udp: Vec<Udp>,
        door: Door,
        events: mpsc::Receiver<StreamEvent>,
        clock: Arc<dyn Clock>,
        metrics: Metrics,
    ) -> Self {
        let (departing, departures) = mpsc::channel(DEPARTURES);
        Self {
            measured: server.counters(),
            server,
            udp,
            door,
            departures,
            departing,
            events,
            links: HashMap::new(),
            ways: HashMap::new(),
            clock,
            metrics,
        }
    }

    /// Relays until the stop. Each turn is bounded, and the sources take turns.
    pub(super) async fn run(mut self, shutdown: Shutdown) {
        let mut departures = Vec::with_capacity(TURN);
        let mut events = Vec::with_capacity(TURN);
        let mut last = 0;
        let mut measure = tokio::time::interval(MEASURE);
        loop {
            let deadline = self.server.deadline();
            let wake = tokio::select! {
                () = shutdown.begun() => Wake::Stop,
                index = readable(&self.udp, last) => Wake::Udp(index),
                _ = self.departures.recv_many(&mut departures, TURN) => Wake::Departures,
                _ = self.events.recv_many(&mut events, TURN) => Wake::Events,
                () = at(deadline) => Wake::Deadline,
                _ = measure.tick() => Wake::Measure,
            };
            let now = self.now();
            match wake {
                Wake::Stop => return,
                Wake::Udp(index) => {
                    last = index;
                    self.receive(now, index);
                }
                Wake::Departures => {
                    for departure in departures.drain(..) {
                        let Departure {
                            source,
                            destination,
                            contents,
                        } = departure;
                        self.server
                            .receive_from_peer(now, destination, source, &contents);
                        self.drain();
                    }
                }
                Wake::Events => {
                    for event in events.drain(..) {
                        self.event(now, event);
                        self.drain();
                    }
                }
                Wake::Deadline => self.server.timeout(now.instant),
                Wake::Measure => self.measure(),
            }
            self.drain();
            self.flush();
        }
    }

    fn now(&self) -> Now {
        Now {
            instant: tokio::time::Instant::now().into_std(),
            unix: u64::try_from(self.clock.now().as_second()).unwrap_or(0),
        }
    }

    fn receive(&mut self, now: Now, index: usize) {
        for _ in 0..MAX_BATCHES {
            let server = &mut self.server;
            let Some(socket) = self.udp.get_mut(index) else {
                return;
            };
            let more = socket.receive(|client, contents| server.receive(now, client, contents));
            self.drain();
            if !more {
                return;
            }
        }
    }

    fn event(&mut self, now: Now, event: StreamEvent) {
        match event {
            StreamEvent::Connected { client, link } => {
                // A client may use its port again before its former connection was missed.
                if self.links.insert(client, link).is_some() {
                    self.server.disconnected(client);
                }
            }
            StreamEvent::Message { client, contents } => {
                self.server.receive(now, client, &contents);
            }
            StreamEvent::Gone { client } => {
                if self.links.get(&client).is_some_and(Link::is_over) {
                    self.links.remove(&client);
                    self.server.disconnected(client);
                }
            }
        }
    }

    /// Does what the server wants done.
    fn drain(&mut self) {
        while let Some(output) = self.server.poll_output() {
            match output {
                Output::ToClient { client, contents } => {
                    if !self.send(client, contents) {
                        self.metrics.unsent.inc();
                    }
                }
                Output::ToPeer {
                    relayed,
                    peer,
                    contents,
                } => {
                    let taken = self.door.receive(Inbound {
                        protocol: Protocol::Udp,
                        source: relayed,
                        destination: peer,
                        contents,
                    });
                    if !taken {
                        self.metrics.unsent.inc();
                    }
                }
                Output::Opened { relayed, client } => self.open(relayed, client),
                Output::Closed { relayed, client } => {
                    self.ways.remove(&relayed);
                    if let Some(link) = self.links.get(&client) {
                        link.set_allocated(false);
                    }
                }
            }
        }
    }

    fn open(&mut self, relayed: SocketAddr, client: Client) {
        let out = self.departing.clone();
        match self.door.open_relayed(client.carrier, relayed, out) {
            Ok(way) => {
                self.ways.insert(relayed, way);
                if let Some(link) = self.links.get(&client) {
                    link.set_allocated(true);
                }
            }
            // Only the relay gives out these addresses, each to one at a time; if somebody else
            // did, the client has to try again.
            Err(error) => {
                tracing::error!("A relayed address cannot be used: {error}");
                self.server.revoke(relayed);
            }
        }
    }

    /// False when the message is lost. Those over UDP go with the end of the turn.
    fn send(&mut self, client: Client, contents: Vec<u8>) -> bool {
        match client.carrier {
            Carrier::Udp => {
                let mut sockets = self.udp.iter_mut();
                match sockets.find(|socket| socket.serves(client.remote)) {
                    Some(socket) => socket.push(client, &contents),
                    None => return false,
                }
                true
            }
            Carrier::Tcp | Carrier::Tls => self
                .links
                .get(&client)
                .is_some_and(|link| link.send(contents)),
        }
    }

    /// Sends what the turn had for clients over UDP.
    fn flush(&mut self) {
        let lost: u64 = self.udp.iter_mut().map(Udp::flush).sum();
        self.metrics.unsent.inc_by(lost);
    }

    fn measure(&mut self) {
        let counters = self.server.counters();
        let allocations = self.server.allocations();
        self.metrics.add(self.measured, counters, allocations);
        self.measured = counters;
    }
}

/// A socket that has something to read; the one after `last` is asked first.
async fn readable(sockets: &[Udp], last: usize) -> usize {
    let count = sockets.len();
    poll_fn(|context| {
        let mut order = (1..=count).map(|step| (last + step) % count);
        let ready = order.find(|index| {
            let socket = sockets.get(*index);
            socket.is_some_and(|socket| socket.is_readable(context))
        });
        ready.map_or(Poll::Pending, Poll::Ready)
    })
    .await
}

/// Resolves at `deadline`, never without one.
async fn at(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => tokio::time::sleep_until(deadline.into()).await,
        None => std::future::pending().await,
    }
}
