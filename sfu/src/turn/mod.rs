//! The embedded TURN server: sockets and tasks around `sfu_core::turn`.
//!
//! - `relay`: the one task that owns the server and the UDP sockets. It never waits for a client.
//! - `streams`: TCP and TLS connections, a task each.
//! - `listen`: the ports.
//! - `udp`: a UDP socket, read by the batch.
//!
//! Relayed packets go to the media workers through the [`Door`], so a relay opens no socket.

mod authority;
mod listen;
mod metrics;
mod relay;
mod streams;
#[cfg(test)]
mod tests;
mod udp;

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

use domain::{Clock, Entropy, EntropyError};
use runtime::Context;
use sfu_core::turn;
use tokio::sync::mpsc;
use tokio_rustls::TlsAcceptor;

use crate::door::Door;

pub use sfu_core::turn::{Carrier, Client, Limits};
pub use streams::{Origin, Streams};

/// The realm of our credentials. It tells users nothing, and clients take it from the challenge.
pub const REALM: &str = "bedside";

/// How the TURN server is set up.
#[derive(Clone)]
pub struct Config {
    /// The local addresses to listen at. An address family that the machine lacks is left out,
    /// as long as one remains.
    pub addresses: Vec<IpAddr>,
    /// The port for UDP and TCP; 0 = any free ones, not always the same.
    pub port: u16,
    /// The port for TLS, and its certificate; 0 = any free one.
    pub tls: Option<(u16, TlsAcceptor)>,
    /// The realm of the credentials.
    pub realm: String,
    /// What clients may take.
    pub limits: Limits,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            addresses: vec![
                Ipv4Addr::UNSPECIFIED.into(),
                std::net::Ipv6Addr::UNSPECIFIED.into(),
            ],
            port: 3478,
            tls: None,
            realm: REALM.to_owned(),
            limits: Limits::default(),
        }
    }
}

/// What the TURN server stands on.
#[derive(Clone)]
pub struct Deps {
    /// The media workers.
    pub door: Door,
    /// Signs credentials.
    pub key: auth::Key,
    /// Judges the expiry of names.
    pub clock: Arc<dyn Clock>,
    /// Makes the secret of this life's nonces.
    pub entropy: Arc<dyn Entropy>,
}

/// The TURN server cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A port is taken or may not be used.
    #[error("TURN port {port}/{protocol} cannot be used: {source}")]
    Socket {
        /// Which port.
        port: u16,
        /// `udp` or `tcp`.
        protocol: &'static str,
        /// What the system said.
        source: io::Error,
    },
    /// Relayed addresses are IPv4, and the media has none.
    #[error("TURN needs an IPv4 address among the media addresses")]
    NoAddress,
    /// No randomness.
    #[error(transparent)]
    Entropy(#[from] EntropyError),
}

/// The running TURN server.
#[derive(Clone)]
pub struct Service {
    streams: Streams,
    relayed_ip: Ipv4Addr,
    udp: u16,
    tcp: u16,
    tls: Option<u16>,
}

impl Service {
    /// Takes connections that were accepted elsewhere.
    pub fn streams(&self) -> &Streams {
        &self.streams
    }

    /// The public address that clients reach us at, as far as the media addresses tell.
    pub fn address(&self) -> Ipv4Addr {
        self.relayed_ip
    }

    /// The UDP port.
    pub fn udp_port(&self) -> u16 {
        self.udp
    }

    /// The TCP port.
    pub fn tcp_port(&self) -> u16 {
        self.tcp
    }

    /// The TLS port, if there is one.
    pub fn tls_port(&self) -> Option<u16> {
        self.tls
    }
}

/// Opens the ports and relays until the stop.
///
/// # Errors
/// [`StartError`]; nothing runs then.
pub fn start(config: Config, deps: Deps, context: &Context) -> Result<Service, StartError> {
    let candidates = deps.door.candidates();
    let relayed_ip = relayed_ip(&candidates).ok_or(StartError::NoAddress)?;
    let mut secret = [0; 32];
    deps.entropy.fill(&mut secret)?;
    let started = tokio::time::Instant::now().into_std();
    let server = turn::Server::new(turn::Config {
        realm: config.realm,
        authority: Arc::new(authority::Credentials::new(&deps.key)),
        secret,
        started,
        relayed_ip,
        candidates,
        limits: config.limits,
    });
    let udp = listen::udp(&config.addresses, config.port)?;
    let udp_port = udp.first().map_or(0, |socket| socket.port());
    let tcp = listen::tcp(&config.addresses, config.port)?;
    let tls = match config.tls {
        None => None,
        Some((port, acceptor)) => Some((listen::tcp(&config.addresses, port)?, acceptor)),
    };

    let (events, inbox) = mpsc::channel(streams::EVENTS);
    let streams = Streams::new(events, context.tasks.clone());
    let service = Service {
        streams: streams.clone(),
        relayed_ip,
        udp: udp_port,
        tcp: tcp.port(),
        tls: tls.as_ref().map(|(listeners, _)| listeners.port()),
    };
    tcp.accept(&streams, None, &context.tasks);
    if let Some((listeners, acceptor)) = tls {
        listeners.accept(&streams, Some(&acceptor), &context.tasks);
    }
    let metrics = metrics::Metrics::register(&context.metrics);
    let relay = relay::Relay::new(server, udp, deps.door, inbox, deps.clock, metrics);
    let shutdown = context.tasks.shutdown();
    context.tasks.spawn_essential("turn", async move {
        relay.run(shutdown).await;
        Ok(())
    });
    Ok(service)
}

/// The address of relayed addresses: the first that is not loopback, which only clients on this
/// machine could have meant.
fn relayed_ip(candidates: &[SocketAddr]) -> Option<Ipv4Addr> {
    let mut ours = candidates
        .iter()
        .filter_map(|candidate| match candidate.ip() {
            IpAddr::V4(ip) => Some(ip),
            IpAddr::V6(_) => None,
        });
    let first = ours.clone().next();
    ours.find(|ip| !ip.is_loopback()).or(first)
}
