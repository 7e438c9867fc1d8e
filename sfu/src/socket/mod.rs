//! A worker's UDP sockets: datagrams in and out by the batch.
//!
//! In: `recvmmsg` with GRO, by `quinn-udp`. Out: one `sendmmsg` for the datagrams of a turn, each
//! of its messages a run the kernel cuts up (GSO), by `nix`; where the system refuses, without
//! GSO or one by one. Benchmark: `cargo bench -p sfu`.

mod batch;
mod sender;

use std::io::{self, IoSliceMut};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use mio::net::UdpSocket;
use nix::sys::socket::{setsockopt, sockopt};
use quinn_udp::{BATCH_SIZE, RecvMeta, Transmit, UdpSockRef, UdpSocketState};
use socket2::{Domain, Protocol, Socket, Type};

pub(crate) use batch::Batch;
pub(crate) use sender::{Sender, Sent};

/// Asked of the system for each direction, in bytes: a burst of keyframes in many rooms, or a
/// flood, while the thread is away. The system may grant less.
pub(crate) const SOCKET_BUFFER: usize = 8 * 1024 * 1024;

/// One read: the kernel may join datagrams of one sender up to this size (GRO).
const READ_SIZE: usize = 65_535;

/// How media is sent. For benchmarks; whatever is chosen, what the system refuses is replaced by
/// the next at run time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Io {
    /// The best the system has.
    #[default]
    Auto,
    /// Many runs of datagrams in one call, cut up by the kernel (`UDP_SEGMENT`).
    Gso,
    /// Many datagrams in one call.
    Sendmmsg,
    /// One datagram a call.
    Sendto,
}

impl Io {
    fn without_gso(self) -> Self {
        match self {
            Self::Sendto => Self::Sendto,
            Self::Auto | Self::Gso | Self::Sendmmsg => Self::Sendmmsg,
        }
    }
}

/// Of which addresses a socket is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Family {
    V4,
    V6,
}

impl Family {
    pub(crate) fn of(ip: IpAddr) -> Self {
        match ip {
            IpAddr::V4(_) => Self::V4,
            IpAddr::V6(_) => Self::V6,
        }
    }

    fn unspecified(self) -> IpAddr {
        match self {
            Self::V4 => Ipv4Addr::UNSPECIFIED.into(),
            Self::V6 => Ipv6Addr::UNSPECIFIED.into(),
        }
    }
}

/// A UDP socket of a worker.
pub(crate) struct MediaSocket {
    io: UdpSocket,
    state: UdpSocketState,
    family: Family,
    port: u16,
    /// Addresses of this machine, which may be named as the source of a datagram.
    own: Vec<IpAddr>,
    buffers: [Vec<u8>; BATCH_SIZE],
    meta: [RecvMeta; BATCH_SIZE],
}

/// How receiving a batch went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Received {
    /// So many datagrams; there may be more.
    Some(usize),
    /// Nothing waits any more.
    Nothing,
}

impl MediaSocket {
    /// Binds `port` (0 = any) on every address of the family.
    pub(crate) fn bind(family: Family, port: u16, own: Vec<IpAddr>) -> io::Result<Self> {
        let domain = match family {
            Family::V4 => Domain::IPV4,
            Family::V6 => Domain::IPV6,
        };
        let socket = Socket::new(domain, Type::DGRAM, Some(Protocol::UDP))?;
        if family == Family::V6 {
            socket.set_only_v6(true)?;
        }
        socket.bind(&SocketAddr::new(family.unspecified(), port).into())?;
        enlarge_buffers(&socket);
        let state = UdpSocketState::new(UdpSockRef::from(&socket))?;
        let io = UdpSocket::from_std(socket.into());
        let port = io.local_addr()?.port();
        Ok(Self {
            io,
            state,
            family,
            port,
            own,
            buffers: std::array::from_fn(|_| vec![0; READ_SIZE]),
            meta: [RecvMeta::default(); BATCH_SIZE],
        })
    }

    pub(crate) fn family(&self) -> Family {
        self.family
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    pub(crate) fn io(&mut self) -> &mut UdpSocket {
        &mut self.io
    }

    /// Whether the kernel cuts up runs of datagrams (GSO).
    pub(crate) fn has_gso(&self) -> bool {
        self.state.max_gso_segments() > 1
    }

    /// Bytes the kernel keeps of what arrives; none when it does not say.
    pub(crate) fn receive_buffer(&self) -> Option<usize> {
        // The kernel counts its own keeping too: it says twice what it was asked for.
        let granted = socket2::SockRef::from(&self.io).recv_buffer_size();
        granted.ok().map(|bytes| bytes / 2)
    }

    /// Receives one batch and hands each datagram on: sender, address of ours, bytes.
    pub(crate) fn receive(
        &mut self,
        mut take: impl FnMut(SocketAddr, SocketAddr, &[u8]),
    ) -> io::Result<Received> {
        let mut slices = self.buffers.each_mut().map(|b| IoSliceMut::new(b));
        let received = self
            .state
            .recv(UdpSockRef::from(&self.io), &mut slices, &mut self.meta);
        let count = match received {
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                return Ok(Received::Nothing);
            }
            // A signal, or an ICMP error of some receiver: says nothing about what waits.
            Err(error) if is_passing(&error) => return Ok(Received::Some(0)),
            Err(error) => return Err(error),
        };
        let mut datagrams = 0;
        for (meta, buffer) in self.meta.iter().zip(&self.buffers).take(count) {
            let to = meta.dst_ip.unwrap_or(self.family.unspecified());
            let destination = SocketAddr::new(to, self.port);
            let joined = buffer.get(..meta.len).unwrap_or_default();
            for datagram in joined.chunks(meta.stride.max(1)) {
                datagrams += 1;
                take(meta.addr, destination, datagram);
            }
        }
        Ok(Received::Some(datagrams))
    }

    /// The address as the source to name, if it is one of this machine: one with several
    /// addresses answers from the one that was asked.
    fn nameable(&self, source: IpAddr) -> Option<IpAddr> {
        self.own.contains(&source).then_some(source)
    }

    fn send_one(&self, source: IpAddr, to: SocketAddr, contents: &[u8]) -> io::Result<()> {
        self.state.try_send(
            UdpSockRef::from(&self.io),
            &Transmit {
                destination: to,
                ecn: None,
                contents,
                segment_size: None,
                src_ip: self.nameable(source),
            },
        )
    }
}

/// Best effort: without larger buffers the system's default serves. Past the system's limit goes
/// only who may administer the network.
fn enlarge_buffers(socket: &Socket) {
    if setsockopt(socket, sockopt::RcvBufForce, &SOCKET_BUFFER).is_err() {
        let _ = socket.set_recv_buffer_size(SOCKET_BUFFER);
    }
    if setsockopt(socket, sockopt::SndBufForce, &SOCKET_BUFFER).is_err() {
        let _ = socket.set_send_buffer_size(SOCKET_BUFFER);
    }
}

/// Errors of a UDP receive that concern one datagram only.
fn is_passing(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::Interrupted
            | io::ErrorKind::ConnectionRefused
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::HostUnreachable
            | io::ErrorKind::NetworkUnreachable
    )
}

#[cfg(test)]
mod tests;
