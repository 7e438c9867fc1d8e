//! ICE over TCP (RFC 6544), for clients whose network blocks UDP: we are the passive side.
//!
//! A connection begins with a STUN binding request. Our part of its user name tells the worker
//! (`prefix`), which alone knows whether the request is genuine; a connection that it does not
//! answer is closed. From then on frames go back and forth through the [`Door`].

mod connection;
mod frames;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use prometheus_client::metrics::gauge::Gauge;
use runtime::Tasks;
use socket2::{Domain, Protocol, SockRef, Socket, Type};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;

use crate::door::Door;
use crate::metrics::Metrics;
use crate::socket::Family;
use crate::strangers::Strangers;
use crate::{Config, StartError, addresses};

/// Connections of one listener at a time; further clients wait in the kernel's queue.
const CONNECTIONS: usize = 4_096;
/// Connections the kernel keeps until they are accepted.
const BACKLOG: i32 = 1_024;
/// Bytes the kernel keeps of one connection before it sends them: what waits there is late.
const UNSENT: u32 = 64 * 1024;
/// After the system gave no connection, for want of file descriptors for instance.
const RETRY: Duration = Duration::from_millis(100);

/// Carries the ICE-TCP connection of `peer`, accepted at `local`, until it ends; closes it then.
///
/// Whoever accepted it has read nothing of it. What is not ICE for one of our participants is
/// closed within seconds; bounds and limits are in `connection`.
pub async fn serve(
    stream: impl AsyncRead + AsyncWrite,
    peer: SocketAddr,
    local: SocketAddr,
    door: &Door,
) {
    serve_and_tell(stream, peer, local, door, || ()).await;
}

/// Like [`serve`]; `proven` is called once a worker knows the client.
async fn serve_and_tell(
    stream: impl AsyncRead + AsyncWrite,
    peer: SocketAddr,
    local: SocketAddr,
    door: &Door,
    proven: impl FnOnce(),
) {
    let end = connection::carry(stream, peer, local, door, proven).await;
    tracing::debug!("A TCP connection for media ended: {end}");
}

/// The TCP ports for media, bound.
#[derive(Debug, Default)]
pub(crate) struct Listeners(Vec<(Family, TcpListener)>);

impl Listeners {
    /// Binds the port of `config` in each address family that is offered.
    pub(crate) fn bind(config: &Config) -> Result<Self, StartError> {
        let mut listeners = Vec::new();
        let Some(port) = config.media_tcp_port else {
            return Ok(Self::default());
        };
        for ip in addresses::offered(config)? {
            let family = Family::of(ip);
            if listeners.iter().any(|(known, _)| *known == family) {
                continue;
            }
            match listen(family, port) {
                Ok(listener) => listeners.push((family, listener)),
                // An address that nobody asked for is not missed.
                Err(error) if family == Family::V6 && config.media_ips.is_empty() => {
                    tracing::info!("No media over TCP and IPv6: {error}");
                }
                Err(source) => return Err(StartError::Tcp { port, source }),
            }
        }
        Ok(Self(listeners))
    }

    /// Where clients may connect, here and at the further ports of `config`; preferred first.
    pub(crate) fn candidates(&self, config: &Config) -> Result<Vec<SocketAddr>, StartError> {
        let ips = addresses::offered(config)?;
        let at = |ip: &IpAddr| {
            let listener = self.0.iter().find(|(family, _)| *family == Family::of(*ip));
            let port = listener.and_then(|(_, listener)| listener.local_addr().ok());
            port.map(|local| SocketAddr::new(*ip, local.port()))
        };
        let further = config.further_tcp_ports.iter();
        let further = further.flat_map(|port| ips.iter().map(|ip| SocketAddr::new(*ip, *port)));
        Ok(ips.iter().filter_map(at).chain(further).collect())
    }

    /// Serves every connection until the stop.
    pub(crate) fn serve(self, door: &Door, metrics: &Metrics, tasks: &Tasks) {
        for (_, listener) in self.0 {
            let door = door.clone();
            let open = metrics.tcp_connections.clone();
            let (shutdown, connections) = (tasks.shutdown(), tasks.clone());
            tasks.spawn_essential("sfu tcp listener", async move {
                tokio::select! {
                    () = shutdown.begun() => {}
                    () = accept(listener, door, open, connections) => {}
                }
                Ok(())
            });
        }
    }
}

async fn accept(listener: TcpListener, door: Door, open: Gauge, tasks: Tasks) {
    let room = Arc::new(Semaphore::new(CONNECTIONS));
    let strangers = Strangers::default();
    loop {
        let Ok(permit) = Arc::clone(&room).acquire_owned().await else {
            return;
        };
        let Ok((stream, peer)) = listener.accept().await else {
            // Says nothing about the next one.
            tokio::time::sleep(RETRY).await;
            continue;
        };
        let Ok(local) = stream.local_addr() else {
            continue;
        };
        // Too many who say nothing: closed at once.
        let Some(stranger) = strangers.admit(peer.ip()) else {
            continue;
        };
        prepare(&stream);
        let (door, open, shutdown) = (door.clone(), open.clone(), tasks.shutdown());
        tasks.spawn("sfu tcp connection", async move {
            open.inc();
            tokio::select! {
                () = shutdown.begun() => {}
                () = serve_and_tell(stream, peer, local, &door, || drop(stranger)) => {}
            }
            open.dec();
            drop(permit);
        });
    }
}

/// Best effort: media that waits in buffers is late, but flows.
fn prepare(stream: &TcpStream) {
    let _ = stream.set_nodelay(true);
    let _ = SockRef::from(stream).set_tcp_notsent_lowat(UNSENT);
}

fn listen(family: Family, port: u16) -> std::io::Result<TcpListener> {
    let (domain, ip): (_, IpAddr) = match family {
        Family::V4 => (Domain::IPV4, Ipv4Addr::UNSPECIFIED.into()),
        Family::V6 => (Domain::IPV6, Ipv6Addr::UNSPECIFIED.into()),
    };
    let socket = Socket::new(domain, Type::STREAM, Some(Protocol::TCP))?;
    if family == Family::V6 {
        socket.set_only_v6(true)?;
    }
    // A restart must not wait for connections of its former life.
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&SocketAddr::new(ip, port).into())?;
    socket.listen(BACKLOG)?;
    TcpListener::from_std(socket.into())
}

#[cfg(test)]
mod tests;
