//! The thread that owns the rooms.
//!
//! It waits for the socket, an order or a deadline; feeds the node; sends what the node has to
//! send. Each turn is bounded, so that neither a flood of datagrams nor one of orders keeps it
//! from the other.

use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use mio::{Events, Interest, Poll, Token, Waker};
use rustix::time::{ClockId, clock_gettime};
use sfu_core::{Command, Counters, Datagram, Event, Node, PeerEvent, Protocol, Transmit};
use tokio::sync::mpsc;
use tokio::sync::mpsc::error::{TryRecvError, TrySendError};

use crate::Io;
use crate::door::{Doorway, Entrance, Exit};
use crate::engine::{Generation, Report};
use crate::metrics::Metrics;
use crate::socket::{Batch, MediaSocket, Received, Sender};

/// Datagrams taken from the socket in one turn, give or take a batch.
const MAX_DATAGRAMS: usize = 1_024;
/// Datagrams that come by the door in one turn.
const MAX_INBOUND: usize = 256;
/// Orders in one turn. Each may cost a description's worth of work.
const MAX_ORDERS: usize = 16;
/// Reports kept when signaling does not take them; from here on no more orders are taken and
/// what is told again soon anyway is dropped.
const MAX_KEPT: usize = 1_024;
/// How often the metrics are brought up to date.
const MEASURE: Duration = Duration::from_secs(1);
/// While reports wait for room in the channel, they are tried again this often.
const RETRY: Duration = Duration::from_millis(5);

const SOCKET: Token = Token(0);
const WAKER: Token = Token(1);

/// What the worker is told.
#[derive(Debug)]
pub(crate) enum Order {
    Command(Command),
    /// Forget everything; what is reported from now on is of this generation.
    Reset(Generation),
}

/// A node with its socket and channels.
pub(crate) struct Worker {
    node: Node,
    socket: MediaSocket,
    doorway: Doorway,
    poll: Poll,
    /// Bounded; closed by the engine to stop the worker.
    orders: mpsc::Receiver<Order>,
    /// Bounded; never waited for.
    reports: mpsc::Sender<Report>,
    generation: Generation,
    kept: VecDeque<Report>,
    /// By receiver, and in the node's order among those of one receiver.
    outgoing: Vec<(usize, Transmit)>,
    batch: Batch,
    io: Io,
    metrics: Metrics,
    measured: Counters,
    measured_at: Instant,
    /// Something happened since the metrics were brought up to date.
    unmeasured: bool,
    cpu: Duration,
    /// Shared with the engine. Kept until the thread ends: if the engine's were the last, closing
    /// it would take back the wake that tells of its end.
    _waker: Arc<Waker>,
}

/// Whether there is more to do at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Backlog {
    None,
    Some,
    /// The engine is gone.
    Stopped,
}

impl Worker {
    pub(crate) fn new(
        node: Node,
        mut socket: MediaSocket,
        candidates: Vec<SocketAddr>,
        io: Io,
        orders: mpsc::Receiver<Order>,
        reports: mpsc::Sender<Report>,
        metrics: Metrics,
    ) -> io::Result<(Self, Arc<Waker>, Entrance)> {
        let poll = Poll::new()?;
        let interest = Interest::READABLE;
        poll.registry().register(socket.io(), SOCKET, interest)?;
        let waker = Arc::new(Waker::new(poll.registry(), WAKER)?);
        let (entrance, doorway) = Entrance::new(Arc::clone(&waker), candidates);
        let measured = node.counters();
        let worker = Self {
            node,
            socket,
            doorway,
            poll,
            orders,
            reports,
            generation: 0,
            kept: VecDeque::new(),
            outgoing: Vec::new(),
            batch: Batch::default(),
            io,
            metrics,
            measured,
            measured_at: now(),
            unmeasured: true,
            cpu: Duration::ZERO,
            _waker: Arc::clone(&waker),
        };
        Ok((worker, waker, entrance))
    }

    /// Works until the engine is gone or the socket fails.
    pub(crate) fn run(mut self) -> io::Result<()> {
        let mut sender = Sender::new(self.io, &self.socket);
        let mut events = Events::with_capacity(8);
        // Readiness comes once (edge-triggered): it holds until a read finds nothing.
        let mut readable = true;
        loop {
            let orders = self.take_orders();
            if orders == Backlog::Stopped {
                return Ok(());
            }
            let inbound = self.take_inbound();
            if readable {
                readable = self.receive()?;
            }
            let at = now();
            if self.node.deadline().is_some_and(|deadline| deadline <= at) {
                self.node.timeout(at);
            }
            self.send(&mut sender);
            self.report();
            self.measure(at);

            let wait = if readable || orders == Backlog::Some || inbound == Backlog::Some {
                Some(Duration::ZERO)
            } else {
                self.idle_time()
            };
            match self.poll.poll(&mut events, wait) {
                Ok(()) => {}
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
            readable |= events.iter().any(|event| event.token() == SOCKET);
            self.unmeasured |= !events.is_empty();
        }
    }

    fn take_orders(&mut self) -> Backlog {
        for _ in 0..MAX_ORDERS {
            if self.kept.len() >= MAX_KEPT {
                return Backlog::None;
            }
            match self.orders.try_recv() {
                Ok(Order::Command(command)) => self.node.command(now(), command),
                Ok(Order::Reset(generation)) => {
                    self.node.reset();
                    self.kept.clear();
                    self.generation = generation;
                }
                Err(TryRecvError::Empty) => return Backlog::None,
                Err(TryRecvError::Disconnected) => return Backlog::Stopped,
            }
        }
        Backlog::Some
    }

    /// Feeds the node what came by the door.
    fn take_inbound(&mut self) -> Backlog {
        self.doorway.look();
        for _ in 0..MAX_INBOUND {
            let Some(inbound) = self.doorway.next() else {
                return Backlog::None;
            };
            let datagram = Datagram {
                protocol: inbound.protocol,
                source: inbound.source,
                destination: inbound.destination,
                contents: &inbound.contents,
            };
            self.node.datagram(now(), datagram);
        }
        Backlog::Some
    }

    /// Feeds the node. True when more datagrams wait.
    fn receive(&mut self) -> io::Result<bool> {
        let mut taken = 0;
        while taken < MAX_DATAGRAMS {
            let at = now();
            let node = &mut self.node;
            let received = self.socket.receive(|source, destination, contents| {
                node.datagram(
                    at,
                    Datagram {
                        protocol: Protocol::Udp,
                        source,
                        destination,
                        contents,
                    },
                );
            })?;
            match received {
                Received::Nothing => return Ok(false),
                // Also a call that only failed counts, so that failures end as well.
                Received::Some(count) => taken += count.max(1),
            }
        }
        Ok(true)
    }

    fn send(&mut self, sender: &mut Sender) {
        self.doorway.learn();
        while let Some(transmit) = self.node.poll_transmit() {
            match (transmit.protocol, self.doorway.send(&transmit)) {
                (_, Exit::Sent) => {}
                (Protocol::Udp, Exit::None) => {
                    self.outgoing.push((self.outgoing.len(), transmit));
                }
                // A TCP connection that is gone, or that never was: candidates of clients that
                // only connect name port 9 (RFC 6544, section 4.5).
                (Protocol::Tcp, Exit::None) | (_, Exit::Lost) => {
                    self.metrics.unsent.inc();
                }
            }
        }
        if self.outgoing.is_empty() {
            return;
        }
        let receiver = |(order, transmit): &(usize, Transmit)| (transmit.destination, *order);
        self.outgoing.sort_unstable_by_key(receiver);
        for (_, transmit) in self.outgoing.drain(..) {
            let source = transmit.source.ip();
            self.batch
                .push(source, transmit.destination, &transmit.contents);
        }
        let sent = sender.send(&self.socket, &mut self.batch);
        self.metrics.unsent.inc_by(sent.refused);
        self.metrics.send_calls.inc_by(sent.calls);
    }

    /// Hands the node's events over, as far as they are taken.
    fn report(&mut self) {
        while let Some(event) = self.node.poll_event() {
            if self.kept.len() < MAX_KEPT || !is_repeated(&event) {
                self.kept.push_back((self.generation, event));
            }
        }
        while let Some(report) = self.kept.pop_front() {
            match self.reports.try_send(report) {
                Ok(()) => {}
                Err(TrySendError::Full(report)) => {
                    self.kept.push_front(report);
                    return;
                }
                // The program is stopping.
                Err(TrySendError::Closed(_)) => {}
            }
        }
    }

    /// How long nothing is due.
    fn idle_time(&self) -> Option<Duration> {
        let until = |at: Instant| at.saturating_duration_since(now());
        let deadline = self.node.deadline().map(until);
        let retry = (!self.kept.is_empty()).then_some(RETRY);
        let measure = self.unmeasured.then_some(MEASURE);
        deadline.into_iter().chain(retry).chain(measure).min()
    }

    fn measure(&mut self, at: Instant) {
        if at.saturating_duration_since(self.measured_at) < MEASURE {
            return;
        }
        self.measured_at = at;
        self.unmeasured = false;
        let counters = self.node.counters();
        self.metrics.add(self.measured, counters);
        self.measured = counters;
        let spent = cpu_time();
        let since = spent.saturating_sub(self.cpu).as_micros();
        self.metrics
            .worker_cpu_microseconds
            .inc_by(u64::try_from(since).unwrap_or(0));
        self.cpu = spent;
        let gauge = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
        self.metrics.rooms.set(gauge(self.node.room_count()));
        self.metrics
            .participants
            .set(gauge(self.node.participant_count()));
    }
}

/// Told again soon, so that losing one does no harm.
fn is_repeated(event: &Event) -> bool {
    let quality = |event: &PeerEvent| matches!(event, PeerEvent::Quality { .. });
    match event {
        Event::Speakers { .. } => true,
        Event::Peer { event, .. } => quality(event),
    }
}

/// CPU time of this thread.
fn cpu_time() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::try_from(time).unwrap_or_default()
}

#[expect(
    clippy::disallowed_methods,
    reason = "the worker is where the node's clock comes from"
)]
fn now() -> Instant {
    Instant::now()
}
