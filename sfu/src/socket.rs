//! The media socket: datagrams in and out by the batch.

use std::io::{self, IoSliceMut};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use mio::net::UdpSocket;
use quinn_udp::{BATCH_SIZE, RecvMeta, Transmit, UdpSockRef, UdpSocketState};
use socket2::{Domain, Protocol, Socket, Type};

/// Asked of the system for each direction, in bytes: a burst of keyframes in many rooms while the
/// thread is away. The system may grant less.
const SOCKET_BUFFER: usize = 8 * 1024 * 1024;

/// One read: the kernel may join datagrams of one sender up to this size (GRO).
const READ_SIZE: usize = 65_535;

/// The most bytes sent as one (GSO); an IPv4 datagram holds no more.
const WRITE_SIZE: usize = 65_000;

/// The UDP socket of a worker.
pub(crate) struct MediaSocket {
    io: UdpSocket,
    state: UdpSocketState,
    port: u16,
    /// Addresses of this machine, which may be named as the source of a datagram.
    own: Vec<IpAddr>,
    buffers: Vec<Vec<u8>>,
    meta: Vec<RecvMeta>,
    /// Datagrams of one receiver that go out as one, kept to spare allocations.
    batch: Vec<u8>,
}

/// How sending went.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Sent {
    /// Datagrams the system did not take; lost, like any in the network.
    pub(crate) refused: u64,
}

impl MediaSocket {
    /// Binds `port` (0 = any) on every IPv4 address.
    pub(crate) fn bind(port: u16, own: Vec<IpAddr>) -> io::Result<Self> {
        let socket = Socket::new(Domain::IPV4, Type::DGRAM, Some(Protocol::UDP))?;
        socket.bind(&SocketAddr::from((Ipv4Addr::UNSPECIFIED, port)).into())?;
        // Best effort: without a larger buffer the system's default serves.
        let _ = socket.set_recv_buffer_size(SOCKET_BUFFER);
        let _ = socket.set_send_buffer_size(SOCKET_BUFFER);
        let state = UdpSocketState::new(UdpSockRef::from(&socket))?;
        let io = UdpSocket::from_std(socket.into());
        let port = io.local_addr()?.port();
        Ok(Self {
            io,
            state,
            port,
            own,
            buffers: vec![vec![0; READ_SIZE]; BATCH_SIZE],
            meta: vec![RecvMeta::default(); BATCH_SIZE],
            batch: Vec::with_capacity(WRITE_SIZE),
        })
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    pub(crate) fn io(&mut self) -> &mut UdpSocket {
        &mut self.io
    }

    /// Receives one batch and hands each datagram on. False when nothing waits any more.
    pub(crate) fn receive(
        &mut self,
        mut take: impl FnMut(SocketAddr, SocketAddr, &[u8]),
    ) -> io::Result<bool> {
        let mut slices: Vec<IoSliceMut<'_>> = self
            .buffers
            .iter_mut()
            .map(|buffer| IoSliceMut::new(buffer))
            .collect();
        let received = self
            .state
            .recv(UdpSockRef::from(&self.io), &mut slices, &mut self.meta);
        let count = match received {
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(false),
            // A signal, or an ICMP error of some receiver: says nothing about what waits.
            Err(error) if is_passing(&error) => return Ok(true),
            Err(error) => return Err(error),
        };
        for (meta, buffer) in self.meta.iter().zip(&self.buffers).take(count) {
            let to = meta.dst_ip.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED));
            let destination = SocketAddr::new(to, self.port);
            let joined = buffer.get(..meta.len).unwrap_or_default();
            for datagram in joined.chunks(meta.stride.max(1)) {
                take(meta.addr, destination, datagram);
            }
        }
        Ok(true)
    }

    /// Sends `transmits` and empties it. Datagrams to one receiver keep their order; those of
    /// equal length go out as one where the system can cut them up again (GSO).
    pub(crate) fn send(&mut self, transmits: &mut Vec<sfu_core::Transmit>) -> Sent {
        let mut sent = Sent::default();
        // Stable: the order within a receiver is what matters, not that between receivers.
        transmits.sort_by_key(|transmit| transmit.destination);
        let most = self.state.max_gso_segments().max(1);
        let mut rest = &transmits[..];
        while let Some(first) = rest.first() {
            let run = run_length(rest, most);
            let (together, later) = rest.split_at(run);
            rest = later;
            self.batch.clear();
            for transmit in together {
                self.batch.extend_from_slice(&transmit.contents);
            }
            let segment = (run > 1).then_some(first.contents.len());
            if self.send_one(first, &self.batch, segment).is_ok() {
                continue;
            }
            // The system may have just found out that it cannot cut: one by one then.
            for transmit in together {
                if self.send_one(transmit, &transmit.contents, None).is_err() {
                    sent.refused += 1;
                }
            }
        }
        transmits.clear();
        sent
    }

    fn send_one(
        &self,
        transmit: &sfu_core::Transmit,
        contents: &[u8],
        segment_size: Option<usize>,
    ) -> io::Result<()> {
        let source = transmit.source.ip();
        self.state.try_send(
            UdpSockRef::from(&self.io),
            &Transmit {
                destination: transmit.destination,
                ecn: None,
                contents,
                segment_size,
                // A machine with several addresses answers from the one that was asked.
                src_ip: self.own.contains(&source).then_some(source),
            },
        )
    }
}

/// How many of the first transmits can go out as one: same way, same length; a shorter one ends
/// the run.
fn run_length(transmits: &[sfu_core::Transmit], most: usize) -> usize {
    let Some(first) = transmits.first() else {
        return 0;
    };
    let segment = first.contents.len();
    let fits = (WRITE_SIZE / segment.max(1)).clamp(1, most);
    let mut run = 1;
    for next in transmits.iter().take(fits).skip(1) {
        let same_way = next.destination == first.destination && next.source == first.source;
        if !same_way || next.contents.is_empty() || next.contents.len() > segment {
            break;
        }
        run += 1;
        if next.contents.len() < segment {
            break;
        }
    }
    run
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
mod tests {
    use super::*;

    fn transmit(port: u16, len: usize) -> sfu_core::Transmit {
        sfu_core::Transmit {
            protocol: sfu_core::Protocol::Udp,
            source: ([127, 0, 0, 1], 1).into(),
            destination: ([127, 0, 0, 1], port).into(),
            contents: vec![len as u8; len],
        }
    }

    #[test]
    fn runs_hold_equal_lengths_and_one_shorter_end() {
        let list = [
            transmit(9, 100),
            transmit(9, 100),
            transmit(9, 40),
            transmit(9, 40),
        ];
        assert_eq!(run_length(&list, 64), 3);
        assert_eq!(run_length(&list[2..], 64), 2);
        assert_eq!(run_length(&list, 2), 2);
        assert_eq!(run_length(&list, 1), 1);
        assert_eq!(run_length(&[transmit(9, 40), transmit(9, 100)], 64), 1);
        assert_eq!(run_length(&[transmit(9, 40), transmit(8, 40)], 64), 1);
        assert_eq!(run_length(&[transmit(9, 0), transmit(9, 0)], 64), 1);
        assert_eq!(run_length(&vec![transmit(9, 1_200); 80], 64), 54);
    }

    #[test]
    fn batches_arrive_as_single_datagrams_in_order() {
        let own = vec![IpAddr::V4(Ipv4Addr::LOCALHOST)];
        let mut sender = MediaSocket::bind(0, own.clone()).expect("a socket");
        let mut receiver = MediaSocket::bind(0, own).expect("a socket");
        let source = ([127, 0, 0, 1], sender.port()).into();
        let destination = ([127, 0, 0, 1], receiver.port()).into();
        let lengths: Vec<usize> = (0..200)
            .map(|n| if n % 7 == 3 { 300 } else { 900 })
            .collect();
        let mut transmits: Vec<_> = lengths
            .iter()
            .enumerate()
            .map(|(index, len)| sfu_core::Transmit {
                protocol: sfu_core::Protocol::Udp,
                source,
                destination,
                contents: vec![index as u8; *len],
            })
            .collect();
        assert_eq!(sender.send(&mut transmits).refused, 0);
        assert!(transmits.is_empty());

        let mut got = Vec::new();
        while got.len() < lengths.len() {
            let mut poll = mio::Poll::new().expect("a poll");
            let interest = mio::Interest::READABLE;
            let registry = poll.registry();
            registry
                .register(receiver.io(), mio::Token(0), interest)
                .expect("registered");
            let limit = Some(std::time::Duration::from_secs(10));
            let mut events = mio::Events::with_capacity(4);
            poll.poll(&mut events, limit).expect("polled");
            assert!(
                !events.is_empty(),
                "{} of {} arrived",
                got.len(),
                lengths.len()
            );
            let take = |from: SocketAddr, to: SocketAddr, bytes: &[u8]| {
                assert_eq!((from, to), (source, destination));
                got.push((bytes[0], bytes.len()));
            };
            receiver.receive(take).expect("received");
            poll.registry()
                .deregister(receiver.io())
                .expect("deregistered");
        }
        let expected: Vec<_> = lengths
            .iter()
            .enumerate()
            .map(|(i, len)| (i as u8, *len))
            .collect();
        assert_eq!(got, expected);
    }
}
