//! The workers as the async side sees them.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bus::media::RefusalReason;
use mio::Waker;
use runtime::Tasks;
use sfu_core::{Command, Event};
use tokio::sync::{mpsc, oneshot};

use crate::door::{Door, Entrance};
use crate::load::Gauge;
use crate::metrics::Metrics;
use crate::placement::Placement;
use crate::socket::{Family, MediaSocket, SOCKET_BUFFER};
use crate::worker::{Order, Parts, Worker};
use crate::{Config, StartError, addresses, prefix};

/// Orders on their way to one worker at most; then whoever orders waits.
const ORDERS: usize = 1_024;
/// Reports on their way from the workers at most; then they keep them and take no more orders
/// until they go.
const REPORTS: usize = 4_096;

/// Which life of the rooms a report is from: each reset begins another.
pub(crate) type Generation = u64;

/// What a worker says, and of which generation.
pub(crate) type Report = (Generation, Event);

/// A handle on the worker threads. Dropping it stops them.
pub(crate) struct Engine {
    workers: Vec<Handle>,
    placement: Placement,
    door: Door,
    generation: Generation,
    /// Set by whoever drains the node; read with each order.
    draining: Arc<AtomicBool>,
}

/// A handle on one worker.
struct Handle {
    /// Bounded by [`ORDERS`]; closed to stop the worker.
    orders: mpsc::Sender<Order>,
    waker: Arc<Waker>,
    load: Arc<Gauge>,
}

/// What all workers have in common.
struct Common<'a> {
    config: &'a Config,
    ips: Vec<IpAddr>,
    tcp_candidates: Vec<SocketAddr>,
    own: Vec<IpAddr>,
    seed: u64,
    reports: mpsc::Sender<Report>,
    tasks: &'a Tasks,
}

impl Engine {
    /// Opens the media ports and starts the workers, as essential parts of `tasks`: if a thread
    /// ends early, the program stops. Clients are offered `tcp_candidates` too.
    ///
    /// # Errors
    /// [`StartError`] when the ports, the addresses or the threads cannot be had.
    pub(crate) fn start(
        config: &Config,
        tcp_candidates: Vec<SocketAddr>,
        seed: u64,
        metrics: &Metrics,
        tasks: &Tasks,
    ) -> Result<(Self, mpsc::Receiver<Report>), StartError> {
        let (reports, report_receiver) = mpsc::channel(REPORTS);
        let common = Common {
            config,
            ips: addresses::offered(config)?,
            tcp_candidates,
            own: addresses::own(),
            seed,
            reports,
            tasks,
        };
        let count = worker_count(config);
        let mut workers = Vec::with_capacity(count);
        let mut entrances = Vec::with_capacity(count);
        for index in 0..count {
            let (handle, entrance) = common.start_worker(index, metrics)?;
            workers.push(handle);
            entrances.push(entrance);
        }
        let engine = Self {
            workers,
            placement: Placement::new(count, config.admission),
            door: Door::new(entrances),
            generation: 0,
            draining: Arc::default(),
        };
        Ok((engine, report_receiver))
    }

    /// The way in for packets that do not come by a worker's socket.
    pub(crate) fn door(&self) -> &Door {
        &self.door
    }

    /// While this is set, new rooms are refused.
    pub(crate) fn draining(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.draining)
    }

    /// Forgets every room. Reports of earlier generations may still be under way.
    pub(crate) async fn reset(&mut self) -> Generation {
        self.generation += 1;
        self.placement.clear();
        for worker in &self.workers {
            worker.order(Order::Reset(self.generation)).await;
        }
        self.generation
    }

    /// Hands an order to the worker of its room; waits while too many are under way. Those about
    /// a room that does not exist are for nobody.
    ///
    /// # Errors
    /// Why a participant cannot be taken in; nothing of it exists then.
    pub(crate) async fn command(&mut self, command: Command) -> Result<(), RefusalReason> {
        let draining = self.draining.load(Ordering::Relaxed);
        self.placement.set_draining(draining);
        for (index, worker) in self.workers.iter().enumerate() {
            self.placement.measured(index, worker.load.read());
        }
        let worker = self.placement.worker_for(&command)?;
        if let Some(worker) = worker.and_then(|index| self.workers.get(index)) {
            worker.order(Order::Command(command)).await;
        }
        Ok(())
    }
}

impl Common<'_> {
    fn start_worker(
        &self,
        index: usize,
        metrics: &Metrics,
    ) -> Result<(Handle, Entrance), StartError> {
        let (sockets, candidates) = self.open_sockets(index)?;
        let node = sfu_core::Node::new(sfu_core::Config {
            candidates: candidates.clone(),
            tcp_candidates: self.tcp_candidates.clone(),
            ufrag_prefix: prefix::of_worker(index),
            estimation: self.config.estimation,
            // Workers must not count alike.
            seed: self.seed.wrapping_add(index as u64),
        });
        let (order_sender, orders) = mpsc::channel(ORDERS);
        let load = Arc::new(Gauge::default());
        let parts = Parts {
            node,
            sockets,
            io: self.config.io,
            orders,
            reports: self.reports.clone(),
            metrics: metrics.worker(index),
            load: Arc::clone(&load),
        };
        let (worker, waker) = Worker::new(parts).map_err(StartError::Worker)?;
        let (entrance, doorway) = Entrance::new(Arc::clone(&waker), candidates);
        let (ended, end) = oneshot::channel();
        std::thread::Builder::new()
            .name(format!("sfu-{index}"))
            .spawn(move || {
                // Nobody waits any more once the program has stopped.
                let _ = ended.send(worker.run(doorway));
            })
            .map_err(StartError::Worker)?;
        self.tasks.spawn_essential("sfu worker", async move {
            match end.await {
                Ok(result) => result.map_err(|error| format!("lost its socket: {error}")),
                Err(_) => Err("panicked".to_owned()),
            }
        });
        let handle = Handle {
            orders: order_sender,
            waker,
            load,
        };
        Ok((handle, entrance))
    }

    /// A socket for each address family, and where clients reach them, preferred first.
    fn open_sockets(
        &self,
        index: usize,
    ) -> Result<(Vec<MediaSocket>, Vec<SocketAddr>), StartError> {
        let port = match self.config.media_port {
            0 => 0,
            first => u16::try_from(usize::from(first) + index)
                .map_err(|_| StartError::Ports { first, last: index })?,
        };
        let mut sockets: Vec<MediaSocket> = Vec::new();
        let mut candidates = Vec::new();
        for ip in &self.ips {
            let family = Family::of(*ip);
            let known = sockets.iter().find(|socket| socket.family() == family);
            let port = match known {
                Some(socket) => socket.port(),
                None => match MediaSocket::bind(family, port, self.own.clone()) {
                    Ok(socket) => {
                        hint_at_buffer(&socket, index);
                        let port = socket.port();
                        sockets.push(socket);
                        port
                    }
                    // An address that nobody asked for is not missed.
                    Err(error) if family == Family::V6 && self.config.media_ips.is_empty() => {
                        tracing::info!("No media over IPv6: {error}");
                        continue;
                    }
                    Err(source) => return Err(StartError::Socket { port, source }),
                },
            };
            candidates.push(SocketAddr::new(*ip, port));
        }
        Ok((sockets, candidates))
    }
}

impl Handle {
    async fn order(&self, order: Order) {
        // The worker only ends with the program.
        let _ = self.orders.send(order).await;
        self.wake();
    }

    fn wake(&self) {
        if let Err(error) = self.waker.wake() {
            tracing::error!("A media worker cannot be woken: {error}");
        }
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        // The closed channel is the order to stop; the worker must be awake to see it.
        let (closed, _) = mpsc::channel(1);
        self.orders = closed;
        self.wake();
    }
}

/// Tells once what an administrator can do against loss in bursts.
fn hint_at_buffer(socket: &MediaSocket, worker: usize) {
    if let Some(granted) = socket.receive_buffer()
        && granted < SOCKET_BUFFER
        && worker == 0
        && socket.family() == Family::V4
    {
        tracing::warn!(
            "The system keeps only {granted} bytes of arriving media, so that bursts may be lost; \
             set the sysctl net.core.rmem_max to {SOCKET_BUFFER}"
        );
    }
}

/// As many as were asked for, or a core less than there are: the rest of the program needs one.
fn worker_count(config: &Config) -> usize {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let count = config.media_workers.map_or(cores - 1, usize::from);
    count.clamp(1, prefix::MAX_WORKERS)
}
