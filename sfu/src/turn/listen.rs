//! The ports.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use runtime::Tasks;
use sfu_core::turn::Carrier;
use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use super::StartError;
use super::streams::{Origin, Streams};
use super::udp::Udp;

/// Connections the kernel keeps until they are accepted.
const BACKLOG: i32 = 1_024;
/// After the system gave no connection, for want of file descriptors for instance.
const RETRY: Duration = Duration::from_millis(100);

/// The UDP sockets at `port` of each address.
pub(super) fn udp(addresses: &[IpAddr], port: u16) -> Result<Vec<Udp>, StartError> {
    let mut sockets: Vec<Udp> = Vec::new();
    for ip in addresses {
        let port = sockets.first().map_or(port, Udp::port);
        let address = SocketAddr::new(*ip, port);
        let opened = bind(address, Type::DGRAM, Protocol::UDP).and_then(Udp::new);
        keep(&mut sockets, opened, port, "udp")?;
    }
    Ok(sockets)
}

/// The TCP listeners at `port` of each address.
pub(super) fn tcp(addresses: &[IpAddr], port: u16) -> Result<Listeners, StartError> {
    let mut listeners: Vec<TcpListener> = Vec::new();
    for ip in addresses {
        let port = local(listeners.first()).unwrap_or(port);
        let address = SocketAddr::new(*ip, port);
        let opened = bind(address, Type::STREAM, Protocol::TCP).and_then(|socket| {
            socket.listen(BACKLOG)?;
            TcpListener::from_std(socket.into())
        });
        keep(&mut listeners, opened, port, "tcp")?;
    }
    Ok(Listeners(listeners))
}

/// Keeps what was opened. A family of addresses that this machine lacks is no error.
fn keep<T>(
    opened: &mut Vec<T>,
    next: io::Result<T>,
    port: u16,
    protocol: &'static str,
) -> Result<(), StartError> {
    match next {
        Ok(socket) => opened.push(socket),
        Err(error) if !opened.is_empty() && is_no_family(&error) => {
            tracing::debug!("TURN does without an address family: {error}");
        }
        Err(source) => {
            return Err(StartError::Socket {
                port,
                protocol,
                source,
            });
        }
    }
    Ok(())
}

fn is_no_family(error: &io::Error) -> bool {
    let code = error
        .raw_os_error()
        .map(rustix::io::Errno::from_raw_os_error);
    matches!(
        code,
        Some(rustix::io::Errno::AFNOSUPPORT | rustix::io::Errno::ADDRNOTAVAIL)
    )
}

fn bind(address: SocketAddr, kind: Type, protocol: Protocol) -> io::Result<Socket> {
    let socket = Socket::new(Domain::for_address(address), kind, Some(protocol))?;
    if address.is_ipv6() {
        // Each family has a socket of its own, so that addresses look like what they are.
        socket.set_only_v6(true)?;
    }
    if kind == Type::STREAM {
        // A restart must not wait for connections of its former life.
        socket.set_reuse_address(true)?;
    }
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    Ok(socket)
}

fn local(listener: Option<&TcpListener>) -> Option<u16> {
    Some(listener?.local_addr().ok()?.port())
}

/// Bound, not accepting yet.
pub(super) struct Listeners(Vec<TcpListener>);

impl Listeners {
    pub(super) fn port(&self) -> u16 {
        local(self.0.first()).unwrap_or(0)
    }

    /// Hands every connection on, a task for each listener, until the stop.
    pub(super) fn accept(self, streams: &Streams, tls: Option<&TlsAcceptor>, tasks: &Tasks) {
        for listener in self.0 {
            let (streams, tls) = (streams.clone(), tls.cloned());
            let shutdown = tasks.shutdown();
            tasks.spawn_essential("turn listener", async move {
                tokio::select! {
                    () = shutdown.begun() => {}
                    () = accept(&listener, &streams, tls.as_ref()) => {}
                }
                Ok(())
            });
        }
    }
}

async fn accept(listener: &TcpListener, streams: &Streams, tls: Option<&TlsAcceptor>) {
    loop {
        let Ok((stream, remote)) = listener.accept().await else {
            // Says nothing about the next one.
            tokio::time::sleep(RETRY).await;
            continue;
        };
        let Ok(local) = stream.local_addr() else {
            continue;
        };
        let carrier = match tls {
            None => Carrier::Tcp,
            Some(_) => Carrier::Tls,
        };
        let origin = Origin { remote, local };
        streams.spawn(stream, origin, carrier, tls.cloned());
    }
}
