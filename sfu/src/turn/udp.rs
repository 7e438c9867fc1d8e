//! A UDP socket of the TURN port.
//!
//! In: `recvmmsg` with GRO. Out: what a turn of the relay has for one client goes in runs of equal
//! length, each one system call that the kernel cuts up (GSO), where the system can.

use std::collections::HashMap;
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
/// The most bytes sent as one (GSO); an IPv4 datagram holds no more.
const RUN_BYTES: usize = 65_000;
/// Memory kept for runs to come: as many as a busy turn has.
const SPARE: usize = 64;

/// Datagrams of one length, the last maybe shorter, to one client.
struct Run {
    client: Client,
    bytes: Vec<u8>,
    /// The length of each datagram but the last; at least 1.
    segment: usize,
}

impl Run {
    fn len(&self) -> usize {
        self.bytes.len().div_ceil(self.segment)
    }

    fn takes(&self, len: usize, most: usize) -> bool {
        self.bytes.len().is_multiple_of(self.segment)
            && len <= self.segment
            && self.bytes.len() + len <= RUN_BYTES
            && self.len() < most
    }
}

/// Reads by the batch and answers from the address that was asked.
pub(super) struct Udp {
    io: UdpSocket,
    state: UdpSocketState,
    local: SocketAddr,
    buffers: Vec<Vec<u8>>,
    meta: Vec<RecvMeta>,
    /// What waits for [`Self::flush`], in order; bounded by a turn of the relay.
    runs: Vec<Run>,
    /// The last run of each client.
    last: HashMap<Client, usize>,
    /// Memory of runs that were sent.
    spare: Vec<Vec<u8>>,
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
            runs: Vec::new(),
            last: HashMap::new(),
            spare: Vec::new(),
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

    /// Puts a datagram to a client with those that [`Self::flush`] sends. Empty ones mean nothing
    /// in TURN and are left out.
    pub(super) fn push(&mut self, client: Client, contents: &[u8]) {
        if contents.is_empty() {
            return;
        }
        let most = self.state.max_gso_segments();
        if let Some(run) = self.last.get(&client).and_then(|at| self.runs.get_mut(*at))
            && run.takes(contents.len(), most)
        {
            run.bytes.extend_from_slice(contents);
            return;
        }
        self.last.insert(client, self.runs.len());
        let mut bytes = self.spare.pop().unwrap_or_default();
        bytes.extend_from_slice(contents);
        let segment = contents.len();
        self.runs.push(Run {
            client,
            bytes,
            segment,
        });
    }

    /// Sends what was pushed, in order for each client. How many datagrams the system did not
    /// take: they are lost, like any in the network.
    pub(super) fn flush(&mut self) -> u64 {
        let mut lost = 0;
        let runs = std::mem::take(&mut self.runs);
        for mut run in runs {
            lost += self.send(&run);
            run.bytes.clear();
            if self.spare.len() < SPARE {
                self.spare.push(run.bytes);
            }
        }
        self.last.clear();
        lost
    }

    fn send(&self, run: &Run) -> u64 {
        let segment = (run.len() > 1).then_some(run.segment);
        match self.transmit(run.client, &run.bytes, segment) {
            Ok(()) => 0,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => run.len() as u64,
            // A network card or a kernel that cannot cut; from now on it is asked no more.
            Err(_) if segment.is_some() => {
                let datagrams = run.bytes.chunks(run.segment);
                let lost = datagrams.filter(|one| self.transmit(run.client, one, None).is_err());
                lost.count() as u64
            }
            Err(_) => 1,
        }
    }

    fn transmit(&self, client: Client, contents: &[u8], segment: Option<usize>) -> io::Result<()> {
        let transmit = Transmit {
            destination: client.remote,
            ecn: None,
            contents,
            segment_size: segment,
            src_ip: source(client.local.ip()),
        };
        // Asked directly: nobody waits here for room.
        self.state.try_send(UdpSockRef::from(&self.io), &transmit)
    }
}

/// A machine with several addresses answers from the one that was asked.
fn source(ip: IpAddr) -> Option<IpAddr> {
    (!ip.is_unspecified()).then_some(ip)
}
