//! Datagrams out: as few system calls as the machine allows.

use std::io::{self, IoSlice};
use std::net::IpAddr;
use std::os::fd::AsRawFd;

use nix::cmsg_space;
use nix::errno::Errno;
use nix::libc::{in_addr, in_pktinfo, in6_addr, in6_pktinfo};
use nix::sys::socket::{ControlMessage, MsgFlags, MultiHeaders, SockaddrStorage, sendmmsg};

use super::batch::{Batch, RUN_PACKETS, Run};
use super::{Family, Io, MediaSocket};

/// Messages in one system call.
const MESSAGES: usize = 128;

/// How sending went.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Sent {
    /// Datagrams the system did not take; lost, like any in the network.
    pub(crate) refused: u64,
    /// System calls made.
    pub(crate) calls: u64,
}

/// Sends batches. Owned by the thread that sends: its buffers hold addresses of themselves.
pub(crate) struct Sender {
    /// The best way that works so far; a way the system refuses is not tried again.
    way: Io,
    /// One for each set of control messages, as [`Control::shape`] numbers them.
    headers: [MultiHeaders<SockaddrStorage>; 4],
    addresses: Vec<Option<SockaddrStorage>>,
    messages: Vec<Message>,
}

/// One entry of `sendmmsg`: a run, which the kernel cuts into datagrams.
#[derive(Debug, Clone, Copy)]
struct Message {
    /// Its place among those to the same receiver: messages of a lower round go first.
    round: usize,
    control: Control,
    /// Which run of the batch.
    run: usize,
}

/// What is told to the kernel beside address and bytes. `sendmmsg` of `nix` tells the same for
/// all messages of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Control {
    /// The length of each datagram of a run; none for a single one.
    segment: Option<u16>,
    /// Our address to send from.
    source: Option<IpAddr>,
}

impl Control {
    /// Which headers have room for exactly these.
    fn shape(self) -> usize {
        usize::from(self.segment.is_some()) + 2 * usize::from(self.source.is_some())
    }
}

impl Sender {
    /// A sender for `socket` that begins with `way`.
    pub(crate) fn new(way: Io, socket: &MediaSocket) -> Self {
        // The kernel reads all of the room there is: it must be exact.
        let (source, both) = match socket.family {
            Family::V4 => (cmsg_space!(in_pktinfo), cmsg_space!(u16, in_pktinfo)),
            Family::V6 => (cmsg_space!(in6_pktinfo), cmsg_space!(u16, in6_pktinfo)),
        };
        let rooms = [None, Some(cmsg_space!(u16)), Some(source), Some(both)];
        let can_cut = socket.has_gso();
        Self {
            way: if can_cut { way } else { way.without_gso() },
            headers: rooms.map(|room| MultiHeaders::preallocate(MESSAGES, room)),
            addresses: Vec::with_capacity(MESSAGES),
            messages: Vec::new(),
        }
    }

    /// The most datagrams a run may hold for the way that works.
    pub(crate) fn run_packets(&self) -> usize {
        match self.way {
            Io::Auto | Io::Gso => RUN_PACKETS,
            Io::Sendmmsg | Io::Sendto => 1,
        }
    }

    /// Sends the batch, whose datagrams lie in `bytes`, and empties it. Datagrams to one receiver
    /// keep their order. What the system does not take at once is lost.
    pub(crate) fn send(&mut self, socket: &MediaSocket, batch: &mut Batch, bytes: &[u8]) -> Sent {
        let mut sent = Sent::default();
        match self.way {
            Io::Sendto => {
                for run in batch.runs() {
                    send_singly(socket, batch, bytes, run, &mut sent);
                }
            }
            Io::Auto | Io::Gso | Io::Sendmmsg => {
                self.send_together(socket, batch, bytes, &mut sent);
            }
        }
        batch.clear();
        sent
    }

    fn send_together(
        &mut self,
        socket: &MediaSocket,
        batch: &Batch,
        bytes: &[u8],
        sent: &mut Sent,
    ) {
        let mut messages = std::mem::take(&mut self.messages);
        messages.clear();
        for (index, run) in batch.runs().iter().enumerate() {
            // A run's datagrams are shorter than 64 KiB.
            let segment = u16::try_from(run.segment).ok().filter(|_| run.len() > 1);
            let source = socket.nameable(run.source);
            messages.push(Message {
                round: run.round,
                control: Control { segment, source },
                run: index,
            });
        }
        messages.sort_unstable_by_key(|message| (message.round, message.control));
        let same = |a: &Message, b: &Message| a.control == b.control;
        for alike in messages.chunk_by(same).flat_map(|m| m.chunks(MESSAGES)) {
            self.send_alike(socket, batch, bytes, alike, sent);
        }
        self.messages = messages;
    }

    /// Sends messages with the same control messages, at most [`MESSAGES`].
    fn send_alike(
        &mut self,
        socket: &MediaSocket,
        batch: &Batch,
        bytes: &[u8],
        mut messages: &[Message],
        sent: &mut Sent,
    ) {
        let run = |message: &Message| &batch.runs()[message.run];
        while let Some(first) = messages.first() {
            // The system refused this way just now: the rest goes the other.
            if self.way == Io::Sendto
                || (self.way == Io::Sendmmsg && first.control.segment.is_some())
            {
                for message in messages {
                    send_singly(socket, batch, bytes, run(message), sent);
                }
                return;
            }
            sent.calls += 1;
            match self.call(socket, batch, bytes, messages) {
                Ok(count) => messages = messages.get(count.max(1)..).unwrap_or_default(),
                Err(Errno::EINTR) => {}
                // No room: like any queue in the network the rest is dropped.
                Err(Errno::EAGAIN | Errno::ENOBUFS | Errno::ENOMEM) => {
                    let lost = |message: &Message| run(message).len() as u64;
                    sent.refused += messages.iter().map(lost).sum::<u64>();
                    return;
                }
                Err(Errno::ENOSYS) => self.step_down(Io::Sendto, Errno::ENOSYS),
                // A network card that cannot cut (EIO), or a kernel (EINVAL).
                Err(error @ (Errno::EIO | Errno::EINVAL)) if first.control.segment.is_some() => {
                    self.step_down(Io::Sendmmsg, error);
                }
                // Concerns the first message only: its receiver cannot be reached.
                Err(_) => {
                    sent.refused += run(first).len() as u64;
                    messages = &messages[1..];
                }
            }
        }
    }

    fn step_down(&mut self, way: Io, error: Errno) {
        tracing::warn!(
            "The system refuses {:?} ({error}); media is sent by {way:?}",
            self.way
        );
        self.way = way;
    }

    fn call(
        &mut self,
        socket: &MediaSocket,
        batch: &Batch,
        bytes: &[u8],
        messages: &[Message],
    ) -> Result<usize, Errno> {
        let Some(control) = messages.first().map(|message| message.control) else {
            return Ok(0);
        };
        let runs = || messages.iter().map(|message| &batch.runs()[message.run]);
        self.addresses.clear();
        let address = |run: &Run| Some(SockaddrStorage::from(run.destination));
        self.addresses.extend(runs().map(address));
        let pieces = runs().flat_map(|run| batch.pieces(run));
        let slices: Vec<IoSlice<'_>> = pieces.map(|at| IoSlice::new(&bytes[at.clone()])).collect();
        let mut rest = slices.as_slice();
        let of_run = |run: &Run| {
            let (own, others) = rest.split_at(batch.pieces(run).len());
            rest = others;
            own
        };
        let slices: Vec<&[IoSlice<'_>]> = runs().map(of_run).collect();
        let segment = control.segment.unwrap_or_default();
        let (v4, v6) = packet_info(control.source);
        let gso = ControlMessage::UdpGsoSegments(&segment);
        let source = match control.source {
            Some(IpAddr::V6(_)) => ControlMessage::Ipv6PacketInfo(&v6),
            _ => ControlMessage::Ipv4PacketInfo(&v4),
        };
        let both = [gso, source];
        let controls = match (control.segment, control.source) {
            (None, None) => &both[..0],
            (Some(_), None) => &both[..1],
            (None, Some(_)) => &both[1..],
            (Some(_), Some(_)) => &both[..],
        };
        let headers = &mut self.headers[control.shape()];
        let fd = socket.io.as_raw_fd();
        sendmmsg(
            fd,
            headers,
            &slices,
            &self.addresses,
            controls,
            MsgFlags::empty(),
        )
        .map(Iterator::count)
    }
}

fn send_singly(socket: &MediaSocket, batch: &Batch, bytes: &[u8], run: &Run, sent: &mut Sent) {
    for packet in batch.packets(run) {
        sent.calls += 1;
        let result = socket.send_one(run.source, run.destination, &bytes[packet]);
        if result.is_err_and(|error| error.kind() != io::ErrorKind::Interrupted) {
            sent.refused += 1;
        }
    }
}

/// Our address as the kernel wants to hear it; one of the two is meant.
fn packet_info(source: Option<IpAddr>) -> (in_pktinfo, in6_pktinfo) {
    let v4 = match source {
        Some(IpAddr::V4(ip)) => u32::from_ne_bytes(ip.octets()),
        _ => 0,
    };
    let v6 = match source {
        Some(IpAddr::V6(ip)) => ip.octets(),
        _ => [0; 16],
    };
    let v4 = in_pktinfo {
        ipi_ifindex: 0,
        ipi_spec_dst: in_addr { s_addr: v4 },
        ipi_addr: in_addr { s_addr: 0 },
    };
    let v6 = in6_pktinfo {
        ipi6_addr: in6_addr { s6_addr: v6 },
        ipi6_ifindex: 0,
    };
    (v4, v6)
}
