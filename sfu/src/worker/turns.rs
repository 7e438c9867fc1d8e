//! What a worker does in a turn. Every part of it is bounded.

use std::collections::VecDeque;
use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};
use sfu_core::{Counters, Datagram, Event, Node, Path, PeerEvent, Protocol};
use tokio::sync::mpsc;
use tokio::sync::mpsc::error::{TryRecvError, TrySendError};

use super::lane::Lane;
use super::{Order, Parts, now};
use crate::door::{Doorway, Outbound};
use crate::engine::{Generation, Report};
use crate::load::Gauge;
use crate::metrics::WorkerMetrics;
use crate::socket::Family;

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

/// A worker on its thread: a node with its sockets and channels.
pub(super) struct Turns {
    node: Node,
    lanes: Vec<Lane>,
    doorway: Doorway,
    orders: mpsc::Receiver<Order>,
    reports: mpsc::Sender<Report>,
    generation: Generation,
    kept: VecDeque<Report>,
    /// What is sent this turn: [`receiver_key`], and its place in the node's order.
    leaving: Vec<(u64, usize)>,
    metrics: WorkerMetrics,
    load: Arc<Gauge>,
    measured: Counters,
    measured_at: Instant,
    /// Something happened since the metrics were brought up to date.
    unmeasured: bool,
    cpu: Duration,
}

/// Whether there is more to do at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Backlog {
    None,
    Some,
    /// The engine is gone.
    Stopped,
}

impl Turns {
    pub(super) fn new(parts: Parts, doorway: Doorway) -> Self {
        let lane = |socket| Lane::new(socket, parts.io);
        Self {
            measured: parts.node.counters(),
            node: parts.node,
            lanes: parts.sockets.into_iter().map(lane).collect(),
            doorway,
            orders: parts.orders,
            reports: parts.reports,
            generation: 0,
            kept: VecDeque::new(),
            leaving: Vec::new(),
            metrics: parts.metrics,
            load: parts.load,
            measured_at: now(),
            unmeasured: true,
            cpu: cpu_time(),
        }
    }

    /// Does what is due, and lets out what has come of the turn.
    pub(super) fn tend(&mut self, at: Instant) {
        if self.node.deadline().is_some_and(|deadline| deadline <= at) {
            self.node.timeout(at);
        }
        self.send();
        self.report();
        self.measure(at);
    }

    pub(super) fn take_orders(&mut self) -> Backlog {
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
    pub(super) fn take_inbound(&mut self) -> Backlog {
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

    /// Feeds the node what its sockets got.
    pub(super) fn receive(&mut self) -> io::Result<()> {
        let node = &mut self.node;
        for lane in &mut self.lanes {
            lane.receive(|at, source, destination, contents| {
                let datagram = Datagram {
                    protocol: Protocol::Udp,
                    source,
                    destination,
                    contents,
                };
                node.datagram(at, datagram);
            })?;
        }
        Ok(())
    }

    /// Sends what the node has to send, by its sockets or by the door.
    fn send(&mut self) {
        self.doorway.learn();
        let batch = self.node.batch();
        let keys = batch.iter().map(|(path, _)| receiver_key(path));
        self.leaving.extend(keys.zip(0..));
        // Those to one receiver together, in the node's order.
        self.leaving.sort_unstable();
        let mut last: Option<(Path, Option<&Outbound>)> = None;
        for (_, index) in self.leaving.drain(..) {
            let Some((path, at)) = batch.get(index) else {
                continue;
            };
            let way = match last {
                Some((of, way)) if of == path => way,
                _ => self.doorway.way(path),
            };
            last = Some((path, way));
            let sent = match (way, path.protocol) {
                (Some(way), _) => way.send(path, &batch.bytes()[at]),
                (None, Protocol::Udp) => {
                    let family = Family::of(path.destination.ip());
                    let lane = self.lanes.iter_mut().find(|lane| lane.family() == family);
                    lane.map(|lane| lane.push(path, at)).is_some()
                }
                // The TCP connection is gone, or never was: candidates of clients that only
                // connect name port 9 (RFC 6544, section 4.5).
                (None, Protocol::Tcp) => false,
            };
            if !sent {
                self.metrics.unsent.inc();
            }
        }
        for lane in &mut self.lanes {
            let sent = lane.flush(batch.bytes());
            self.metrics.unsent.inc_by(sent.refused);
            self.metrics.send_calls.inc_by(sent.calls);
        }
        batch.clear();
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

    /// Whether a socket has more than a turn took.
    pub(super) fn is_readable(&self) -> bool {
        self.lanes.iter().any(Lane::is_readable)
    }

    /// Something happened; at the socket of that index, if it is one's.
    pub(super) fn woken(&mut self, socket: usize) {
        self.unmeasured = true;
        if let Some(lane) = self.lanes.get_mut(socket) {
            lane.set_readable();
        }
    }

    /// How long nothing is due.
    pub(super) fn idle_time(&self) -> Option<Duration> {
        let until = |at: Instant| at.saturating_duration_since(now());
        let deadline = self.node.deadline().map(until);
        let retry = (!self.kept.is_empty()).then_some(RETRY);
        let measure = self.unmeasured.then_some(MEASURE);
        deadline.into_iter().chain(retry).chain(measure).min()
    }

    fn measure(&mut self, at: Instant) {
        let period = at.saturating_duration_since(self.measured_at);
        if period < MEASURE {
            return;
        }
        self.measured_at = at;
        let counters = self.node.counters();
        let packets = (counters.datagrams_in - self.measured.datagrams_in)
            + (counters.datagrams_out - self.measured.datagrams_out);
        let spent = cpu_time();
        let cpu = spent.saturating_sub(self.cpu);
        self.load.set(period, cpu, packets);
        // A busy second is followed by one more measurement, so that an idle worker looks idle.
        self.unmeasured = packets > 0;
        self.metrics.add(self.measured, counters);
        self.metrics
            .cpu_microseconds
            .inc_by(u64::try_from(cpu.as_micros()).unwrap_or(0));
        self.measured = counters;
        self.cpu = spent;
        let gauge = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
        self.metrics.rooms.set(gauge(self.node.room_count()));
        self.metrics
            .participants
            .set(gauge(self.node.participant_count()));
    }
}

/// Equal for datagrams to one receiver, and cheaper to sort by than its address. Two IPv6
/// receivers may share one; then their datagrams mingle, each in its order.
fn receiver_key(path: Path) -> u64 {
    let port = u64::from(path.destination.port());
    let key = match path.destination.ip() {
        IpAddr::V4(ip) => u64::from(ip.to_bits()) << 16 | port,
        IpAddr::V6(ip) => {
            let bits = ip.to_bits();
            ((bits >> 64) as u64).rotate_left(32) ^ (bits as u64) << 16 ^ port
        }
    };
    match path.protocol {
        Protocol::Udp => key,
        Protocol::Tcp => !key,
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
