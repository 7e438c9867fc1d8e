//! sfu: sockets, a thread and the link to signaling around `sfu-core`.
//!
//! - [`door`]: the way in and out for packets of TURN and ICE-TCP.
//! - `worker`: the thread that owns every room: receives, feeds, drains, sends. No media decision
//!   is taken there.
//! - `socket`: the UDP sockets, in batches.
//! - `engine`: the worker as the async side sees it.
//! - `link`: signaling's orders and what they are answered.
//! - [`turn`]: the embedded TURN server.
//! - `translate`: the link's messages as those of `sfu-core`, one to one.
//!
//! One worker serves the node so far, on one port.

mod addresses;
pub mod door;
mod engine;
mod link;
mod metrics;
mod socket;
mod translate;
pub mod turn;
mod worker;

pub use socket::Io;

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::num::NonZeroUsize;
use std::sync::Arc;

use bus::link::LinkServer;
use bus::{BindError, BusDir, SFU_LINK};
use domain::{Entropy, EntropyError};
use runtime::Context;

use crate::door::Door;
use crate::engine::Engine;
use crate::metrics::Metrics;

/// How the SFU is set up.
#[derive(Debug, Clone, Default)]
pub struct Config {
    /// The first worker's UDP port; each further worker has the next one. 0 = any free ones.
    pub media_port: u16,
    /// Threads that carry media. None = cores - 1, at least 1.
    pub media_workers: Option<NonZeroUsize>,
    /// The TCP port for media of clients whose network blocks UDP (ICE-TCP); 0 = any free one,
    /// None = no such port.
    pub media_tcp_port: Option<u16>,
    /// The addresses clients send media to, preferred first. Empty = every IPv4 address of this
    /// machine but loopback.
    pub media_ips: Vec<IpAddr>,
    /// Whether 127.0.0.1 is offered too when `media_ips` is empty: for clients on this machine.
    pub loopback: bool,
    /// How media is sent; for benchmarks.
    pub io: Io,
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
    /// An IPv6 address was given for media.
    #[error("media address {0} is IPv6; media runs over IPv4 addresses only")]
    Ipv6(IpAddr),
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
    door: Door,
}

impl Service {
    /// Where clients send media: every address offered, with the port.
    pub fn candidates(&self) -> &[SocketAddr] {
        &self.candidates
    }

    /// The workers' door, for TURN and ICE-TCP.
    pub fn door(&self) -> &Door {
        &self.door
    }
}

/// Opens the media port and serves signaling's link until the stop.
///
/// # Errors
/// [`StartError`], each with what to do.
pub async fn start(config: Config, deps: Deps, context: &Context) -> Result<Service, StartError> {
    let health = context.health.register("sfu");
    let (seed, epoch) = (random(&*deps.entropy)?, random(&*deps.entropy)?);
    let metrics = Metrics::register(&context.metrics);
    let server = LinkServer::bind(&deps.bus, SFU_LINK, epoch).await?;
    let (engine, reports) = Engine::start(&config, seed, metrics, &context.tasks)?;
    let door = engine.door().clone();
    let shutdown = context.tasks.shutdown();
    context.tasks.spawn_essential("sfu link", async move {
        link::serve(server, engine, reports, shutdown).await;
        Ok(())
    });
    health.ready();
    let candidates = door.candidates();
    Ok(Service { candidates, door })
}

fn random(entropy: &dyn Entropy) -> Result<u64, EntropyError> {
    let mut bytes = [0; 8];
    entropy.fill(&mut bytes)?;
    Ok(u64::from_ne_bytes(bytes))
}

/// The addresses to offer.
fn media_ips(config: &Config) -> Result<Vec<IpAddr>, StartError> {
    let mut ips = config.media_ips.clone();
    if ips.is_empty() {
        ips.extend(addresses::local_ipv4().into_iter().map(IpAddr::V4));
        if config.loopback {
            ips.push(Ipv4Addr::LOCALHOST.into());
        }
    }
    for ip in &ips {
        match ip {
            IpAddr::V6(_) => return Err(StartError::Ipv6(*ip)),
            IpAddr::V4(v4) if v4.is_unspecified() || v4.is_multicast() || v4.is_broadcast() => {
                return Err(StartError::Address(*ip));
            }
            IpAddr::V4(_) => {}
        }
    }
    if ips.is_empty() {
        return Err(StartError::NoAddress);
    }
    Ok(ips)
}
