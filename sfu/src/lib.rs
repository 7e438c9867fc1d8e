//! sfu: sockets, a thread and the link to signaling around `sfu-core`.
//!
//! - [`door`]: the way in and out for packets of TURN and ICE-TCP.
//! - `worker`: a thread that owns whole rooms: receives, feeds, drains, sends. No media decision
//!   is taken there.
//! - `socket`: the UDP sockets, in batches.
//! - `engine`: the workers as the async side sees them.
//! - `placement`: which worker has which room, and whether another fits; by `load`.
//! - `link`: signaling's orders and what they are answered.
//! - [`tcp`]: ICE over TCP.
//! - `strangers`: how many TCP connections may be open that have proved nothing yet.
//! - [`turn`]: the embedded TURN server.
//! - `translate`: the link's messages as those of `sfu-core`, one to one.

mod addresses;
pub mod door;
mod engine;
mod link;
mod load;
mod metrics;
mod placement;
mod prefix;
mod socket;
mod strangers;
pub mod tcp;
mod translate;
pub mod turn;
mod worker;

pub use placement::Admission;
pub use socket::Io;

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bus::link::LinkServer;
use bus::{BindError, BusDir, SFU_LINK};
use domain::{Entropy, EntropyError};
use runtime::Context;

use crate::door::Door;
use crate::engine::Engine;
use crate::metrics::Metrics;

/// How the SFU is set up.
#[derive(Debug, Clone)]
pub struct Config {
    /// The first worker's UDP port; each further worker has the next one. 0 = any free ones.
    pub media_port: u16,
    /// Threads that carry media. None = cores - 1, at least 1.
    pub media_workers: Option<NonZeroUsize>,
    /// The TCP port for media of clients whose network blocks UDP (ICE-TCP); 0 = any free one,
    /// None = no such port.
    pub media_tcp_port: Option<u16>,
    /// Further TCP ports offered to clients for media: whoever listens there passes such
    /// connections to [`tcp::serve`].
    pub further_tcp_ports: Vec<u16>,
    /// The addresses clients send media to, preferred first. Empty = every lasting address of
    /// this machine but loopback. Without an IPv4 address among them those of this machine are
    /// added.
    pub media_ips: Vec<IpAddr>,
    /// Whether 127.0.0.1 is offered too when `media_ips` names no IPv4 address: for clients on
    /// this machine.
    pub loopback: bool,
    /// How full a worker may be.
    pub admission: Admission,
    /// How media is sent; for benchmarks.
    pub io: Io,
    /// Whether the bandwidth towards each client is estimated; without, for benchmarks.
    pub estimation: bool,
}

impl Default for Config {
    /// Any free UDP ports on every address, no TCP.
    fn default() -> Self {
        Self {
            media_port: 0,
            media_workers: None,
            media_tcp_port: None,
            further_tcp_ports: Vec::new(),
            media_ips: Vec::new(),
            loopback: false,
            admission: Admission::default(),
            io: Io::Auto,
            estimation: true,
        }
    }
}

/// What the SFU stands on.
#[derive(Clone)]
pub struct Deps {
    /// Where signaling's orders come from.
    pub bus: BusDir,
    /// Names this life of the SFU, and spreads sequence numbers.
    pub entropy: Arc<dyn Entropy>,
}

/// The SFU cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The port is taken or may not be used.
    #[error("media port {port}/udp cannot be used: {source}; choose another with --media-port")]
    Socket {
        /// Which port.
        port: u16,
        /// What the system said.
        source: io::Error,
    },
    /// More workers than ports.
    #[error("there is no UDP port {first} + {last}; choose a lower --media-port")]
    Ports {
        /// The first worker's port.
        first: u16,
        /// What the last port exceeds it by.
        last: usize,
    },
    /// The TCP port is taken or may not be used.
    #[error("media port {port}/tcp cannot be used: {source}; choose another with --media-tcp-port")]
    Tcp {
        /// Which port.
        port: u16,
        /// What the system said.
        source: io::Error,
    },
    /// An address no client could send to was given.
    #[error("media address {0} cannot be offered to clients")]
    Address(IpAddr),
    /// No address was given and this machine has none.
    #[error("this machine has no IPv4 address to offer for media; name one with --media-ip")]
    NoAddress,
    /// The worker could not be started.
    #[error("the media worker cannot start: {0}")]
    Worker(io::Error),
    /// The link to signaling cannot be offered.
    #[error(transparent)]
    Bus(#[from] BindError),
    /// No randomness.
    #[error(transparent)]
    Entropy(#[from] EntropyError),
}

/// The running SFU.
#[derive(Debug)]
pub struct Service {
    candidates: Vec<SocketAddr>,
    tcp_candidates: Vec<SocketAddr>,
    door: Door,
    draining: Arc<AtomicBool>,
}

impl Service {
    /// Where clients send media over UDP: every address offered, with the ports of all workers.
    pub fn candidates(&self) -> &[SocketAddr] {
        &self.candidates
    }

    /// Where clients may connect for media over TCP.
    pub fn tcp_candidates(&self) -> &[SocketAddr] {
        &self.tcp_candidates
    }

    /// The workers' door, for TURN and ICE-TCP.
    pub fn door(&self) -> &Door {
        &self.door
    }

    /// Refuses new rooms from now on; those that exist go on, and others may still join them.
    pub fn drain(&self) {
        self.draining.store(true, Ordering::Relaxed);
    }
}

/// Opens the media ports and serves signaling's link until the stop.
///
/// # Errors
/// [`StartError`], each with what to do.
pub async fn start(config: Config, deps: Deps, context: &Context) -> Result<Service, StartError> {
    let health = context.health.register("sfu");
    let (seed, epoch) = (random(&*deps.entropy)?, random(&*deps.entropy)?);
    let metrics = Metrics::register(&context.metrics);
    let server = LinkServer::bind(&deps.bus, SFU_LINK, epoch).await?;
    let tcp = tcp::Listeners::bind(&config)?;
    let tcp_candidates = tcp.candidates(&config)?;
    let (engine, reports) = Engine::start(
        &config,
        tcp_candidates.clone(),
        seed,
        &metrics,
        &context.tasks,
    )?;
    let (door, draining) = (engine.door().clone(), engine.draining());
    tcp.serve(&door, &metrics, &context.tasks);
    let shutdown = context.tasks.shutdown();
    context.tasks.spawn_essential("sfu link", async move {
        link::serve(server, engine, reports, metrics, shutdown).await;
        Ok(())
    });
    health.ready();
    Ok(Service {
        candidates: door.candidates(),
        tcp_candidates,
        door,
        draining,
    })
}

fn random(entropy: &dyn Entropy) -> Result<u64, EntropyError> {
    let mut bytes = [0; 8];
    entropy.fill(&mut bytes)?;
    Ok(u64::from_ne_bytes(bytes))
}
