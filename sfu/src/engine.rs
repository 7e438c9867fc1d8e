//! The worker as the async side sees it.

use std::net::SocketAddr;
use std::sync::Arc;

use mio::Waker;
use runtime::Tasks;
use sfu_core::{Command, Event};
use tokio::sync::{mpsc, oneshot};

use crate::door::Door;
use crate::metrics::Metrics;
use crate::socket::{Family, MediaSocket};
use crate::worker::{Order, Worker};
use crate::{Config, StartError, addresses, media_ips};

/// Orders on their way to the worker at most; then whoever orders waits.
const ORDERS: usize = 1_024;
/// Reports on their way from the worker at most; then the worker keeps them and takes no more
/// orders until they go.
const REPORTS: usize = 4_096;

/// Which life of the rooms a report is from: each reset begins another.
pub(crate) type Generation = u64;

/// What the worker says, and of which generation.
pub(crate) type Report = (Generation, Event);

/// A handle on the worker thread. Dropping it stops the thread.
pub(crate) struct Engine {
    orders: mpsc::Sender<Order>,
    waker: Arc<Waker>,
    door: Door,
    generation: Generation,
}

impl Engine {
    /// Opens the media port and starts the worker, as an essential part of `tasks`: if its thread
    /// ends early, the program stops.
    ///
    /// # Errors
    /// [`StartError`] when the port, the addresses or the thread cannot be had.
    pub(crate) fn start(
        config: &Config,
        seed: u64,
        metrics: Metrics,
        tasks: &Tasks,
    ) -> Result<(Self, mpsc::Receiver<Report>), StartError> {
        let ips = media_ips(config)?;
        let mut own: Vec<_> = addresses::local_ipv4()
            .into_iter()
            .map(Into::into)
            .collect();
        own.push(std::net::Ipv4Addr::LOCALHOST.into());
        let socket = MediaSocket::bind(Family::V4, config.media_port, own).map_err(|source| {
            StartError::Socket {
                port: config.media_port,
                source,
            }
        })?;
        let port = socket.port();
        let candidates: Vec<_> = ips.iter().map(|ip| SocketAddr::new(*ip, port)).collect();

        let (order_sender, orders) = mpsc::channel(ORDERS);
        let (reports, report_receiver) = mpsc::channel(REPORTS);
        let node = sfu_core::Node::new(sfu_core::Config {
            candidates: candidates.clone(),
            seed,
            ..sfu_core::Config::default()
        });
        let worker = Worker::new(
            node,
            socket,
            candidates.clone(),
            config.io,
            orders,
            reports,
            metrics,
        );
        let (worker, waker, entrance) = worker.map_err(StartError::Worker)?;
        let (ended, end) = oneshot::channel();
        std::thread::Builder::new()
            .name("sfu".to_owned())
            .spawn(move || {
                // Nobody waits any more once the program has stopped.
                let _ = ended.send(worker.run());
            })
            .map_err(StartError::Worker)?;
        tasks.spawn_essential("sfu worker", async move {
            match end.await {
                Ok(result) => result.map_err(|error| format!("lost its socket: {error}")),
                Err(_) => Err("panicked".to_owned()),
            }
        });
        let engine = Self {
            orders: order_sender,
            waker,
            door: Door::new(vec![entrance]),
            generation: 0,
        };
        Ok((engine, report_receiver))
    }

    /// The way in for packets that do not come by the worker's socket.
    pub(crate) fn door(&self) -> &Door {
        &self.door
    }

    /// Forgets every room. Reports of earlier generations may still be under way.
    pub(crate) async fn reset(&mut self) -> Generation {
        self.generation += 1;
        self.order(Order::Reset(self.generation)).await;
        self.generation
    }

    /// Hands an order over; waits while too many are under way.
    pub(crate) async fn command(&self, command: Command) {
        self.order(Order::Command(command)).await;
    }

    async fn order(&self, order: Order) {
        // The worker only ends with the program.
        let _ = self.orders.send(order).await;
        self.wake();
    }

    fn wake(&self) {
        if let Err(error) = self.waker.wake() {
            tracing::error!("The media worker cannot be woken: {error}");
        }
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        // The closed channel is the order to stop; the worker must be awake to see it.
        let (closed, _) = mpsc::channel(1);
        self.orders = closed;
        self.wake();
    }
}
