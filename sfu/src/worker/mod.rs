//! The thread that owns the rooms.
//!
//! It waits for the socket, an order or a deadline; feeds the node; sends what the node has to
//! send. Each turn is bounded, so that neither a flood of datagrams nor one of orders keeps it
//! from the other.

mod lane;
mod turns;

use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use mio::{Events, Interest, Poll, Token, Waker};
use sfu_core::{Command, Node};
use tokio::sync::mpsc;

use crate::Io;
use crate::door::Doorway;
use crate::engine::{Generation, Report};
use crate::load::Gauge;
use crate::metrics::WorkerMetrics;
use crate::socket::MediaSocket;
use turns::{Backlog, Turns};

const WAKER: Token = Token(usize::MAX);

/// Turns begin at least this far apart while there is no backlog: what comes within is read,
/// and sent on, together. It is what a datagram may wait for it; the first after a pause does not.
const TURN: Duration = Duration::from_micros(500);

/// What the worker is told.
#[derive(Debug)]
pub(crate) enum Order {
    Command(Command),
    /// Forget everything; what is reported from now on is of this generation.
    Reset(Generation),
}

/// What a worker works with.
pub(crate) struct Parts {
    pub(crate) node: Node,
    /// One for each address family.
    pub(crate) sockets: Vec<MediaSocket>,
    pub(crate) io: Io,
    /// Bounded; closed by the engine to stop the worker.
    pub(crate) orders: mpsc::Receiver<Order>,
    /// Bounded; never waited for.
    pub(crate) reports: mpsc::Sender<Report>,
    pub(crate) metrics: WorkerMetrics,
    pub(crate) load: Arc<Gauge>,
}

/// A worker before its thread runs.
pub(crate) struct Worker {
    parts: Parts,
    poll: Poll,
    /// Shared with the engine. Kept until the thread ends: if the engine's were the last, closing
    /// it would take back the wake that tells of its end.
    waker: Arc<Waker>,
}

impl Worker {
    /// A worker and what wakes it.
    pub(crate) fn new(mut parts: Parts) -> io::Result<(Self, Arc<Waker>)> {
        let poll = Poll::new()?;
        for (index, socket) in parts.sockets.iter_mut().enumerate() {
            let token = Token(index);
            poll.registry()
                .register(socket.io(), token, Interest::READABLE)?;
        }
        let waker = Arc::new(Waker::new(poll.registry(), WAKER)?);
        let worker = Self {
            parts,
            poll,
            waker: Arc::clone(&waker),
        };
        Ok((worker, waker))
    }

    /// Works until the engine is gone or a socket fails.
    pub(crate) fn run(self, doorway: Doorway) -> io::Result<()> {
        let Self {
            parts,
            mut poll,
            waker: _waker,
        } = self;
        let mut turns = Turns::new(parts, doorway);
        let mut events = Events::with_capacity(8);
        let mut next_turn = now();
        loop {
            gather(next_turn);
            next_turn = now() + TURN;
            let orders = turns.take_orders();
            if orders == Backlog::Stopped {
                return Ok(());
            }
            let inbound = turns.take_inbound();
            turns.receive()?;
            let at = now();
            turns.tend(at);

            let more = turns.is_readable() || orders == Backlog::Some || inbound == Backlog::Some;
            let wait = if more {
                next_turn = at;
                Some(Duration::ZERO)
            } else {
                turns.idle_time()
            };
            match poll.poll(&mut events, wait) {
                Ok(()) => {}
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
            for event in &events {
                turns.woken(event.token().0);
            }
        }
    }
}

/// Lets more come until `next_turn`.
fn gather(next_turn: Instant) {
    let early = next_turn.saturating_duration_since(now());
    if !early.is_zero() {
        std::thread::sleep(early);
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the worker is where the node's clock comes from"
)]
fn now() -> Instant {
    Instant::now()
}
