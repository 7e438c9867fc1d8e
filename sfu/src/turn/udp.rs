//! A UDP socket of the TURN port.

use std::io::{self, IoSliceMut};
use std::net::{IpAddr, SocketAddr};
use std::task::Context;

use quinn_udp::{BATCH_SIZE, RecvMeta, Transmit, UdpSockRef, UdpSocketState};
use sfu_core::turn::{Carrier, Client};
use socket2::Socket;
use tokio::io::Interest;
use tokio::net::UdpSocket;

/// Asked of the system for each direction, in bytes; it may grant less.
const SOCKET_BUFFER: usize = 4 * 1024 * 1024;
/// One read: the kernel may join datagrams of one sender up to this size (GRO).
const READ_SIZE: usize = 65_535;

/// Reads by the batch and answers from the address that was asked.
pub(super) struct Udp {
    io: UdpSocket,
    state: UdpSocketState,
    local: SocketAddr,
    buffers: Vec<Vec<u8>>,
    meta: Vec<RecvMeta>,
}

impl Udp {
    /// Takes over a bound socket that does not block.
    pub(super) fn new(socket: Socket) -> io::Result<Self> {
        // Best effort: without a larger buffer the system's default serves.
        let _ = socket.set_recv_buffer_size(SOCKET_BUFFER);
        let _ = socket.set_send_buffer_size(SOCKET_BUFFER);
        let state = UdpSocketState::new(UdpSockRef::from(&socket))?;
        let io = UdpSocket::from_std(socket.into())?;
        let local = io.local_addr()?;
        Ok(Self {
            io,
            state,
            local,
            buffers: vec![vec![0; READ_SIZE]; BATCH_SIZE],
            meta: vec![RecvMeta::default(); BATCH_SIZE],
        })
    }

    pub(super) fn port(&self) -> u16 {
        self.local.port()
    }

    /// Whether `address` is of the family of this socket.
    pub(super) fn serves(&self, address: SocketAddr) -> bool {
        self.local.is_ipv4() == address.is_ipv4()
    }

    /// Whether something can be read; wakes the task when that changes.
    pub(super) fn is_readable(&self, context: &mut Context<'_>) -> bool {
        // An error is read like a datagram.
        self.io.poll_recv_ready(context).is_ready()
    }

    /// Reads one batch and hands each datagram on. False when nothing waits any more.
    pub(super) fn receive(&mut self, mut take: impl FnMut(Client, &[u8])) -> bool {
        let mut slices: Vec<IoSliceMut<'_>> = self
            .buffers
            .iter_mut()
            .map(|buffer| IoSliceMut::new(buffer))
            .collect();
        let received = self.io.try_io(Interest::READABLE, || {
            let socket = UdpSockRef::from(&self.io);
            self.state.recv(socket, &mut slices, &mut self.meta)
        });
        let count = match received {
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return false,
            // An ICMP error of some receiver: says nothing about what waits.
            Err(_) => return true,
        };
        for (meta, buffer) in self.meta.iter().zip(&self.buffers).take(count) {
            let ip = meta.dst_ip.unwrap_or(self.local.ip());
            let client = Client {
                carrier: Carrier::Udp,
                remote: meta.addr,
                local: SocketAddr::new(ip, self.local.port()),
            };
            let joined = buffer.get(..meta.len).unwrap_or_default();
            for datagram in joined.chunks(meta.stride.max(1)) {
                take(client, datagram);
            }
        }
        true
    }

    /// Sends to a client. False when the system did not take it: lost, like any in the network.
    pub(super) fn send(&self, client: Client, contents: &[u8]) -> bool {
        let transmit = Transmit {
            destination: client.remote,
            ecn: None,
            contents,
            segment_size: None,
            src_ip: source(client.local.ip()),
        };
        let sent = self.io.try_io(Interest::WRITABLE, || {
            self.state.try_send(UdpSockRef::from(&self.io), &transmit)
        });
        sent.is_ok()
    }
}

/// A machine with several addresses answers from the one that was asked.
fn source(ip: IpAddr) -> Option<IpAddr> {
    (!ip.is_unspecified()).then_some(ip)
}
