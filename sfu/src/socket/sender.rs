//! Datagrams out: as few system calls as the machine allows.

use std::io::{self, IoSlice};
use std::net::{IpAddr, SocketAddr};
use std::ops::Range;
use std::os::fd::AsRawFd;

use nix::cmsg_space;
use nix::errno::Errno;
use nix::libc::{in_addr, in_pktinfo, in6_addr, in6_pktinfo};
use nix::sys::socket::{ControlMessage, MsgFlags, MultiHeaders, SockaddrStorage, sendmmsg};

use super::batch::{Batch, Run};
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

/// One entry of `sendmmsg`: a datagram, or a run that the kernel cuts into datagrams.
#[derive(Debug, Clone)]
struct Message {
    /// Its place among those to the same receiver: messages of a lower round go first.
    round: usize,
    control: Control,
    destination: SocketAddr,
    bytes: Range<usize>,
    /// Of which run.
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

    /// Sends the batch and empties it. Datagrams to one receiver keep their order. What the
    /// system does not take at once is lost.
    pub(crate) fn send(&mut self, socket: &MediaSocket, batch: &mut Batch) -> Sent {
        let mut sent = Sent::default();
        match self.way {
            Io::Sendto => {
                for run in batch.runs() {
                    send_singly(socket, batch, run, &mut sent);
                }
            }
            Io::Auto | Io::Gso | Io::Sendmmsg => self.send_together(socket, batch, &mut sent),
        }
        batch.clear();
        sent
    }

    fn send_together(&mut self, socket: &MediaSocket, batch: &Batch, sent: &mut Sent) {
        let mut messages = std::mem::take(&mut self.messages);
        messages.clear();
        for (index, run) in batch.runs().iter().enumerate() {
            let source = socket.nameable(run.source);
            if self.way == Io::Sendmmsg || run.len() == 1 {
                for (nth, bytes) in run.packets().enumerate() {
                    // Among runs, a single datagram's round is its run's.
                    let round = match self.way {
                        Io::Sendmmsg => run.first + nth,
                        _ => run.round,
                    };
                    let segment = None;
                    let control = Control { segment, source };
                    messages.push(Message::new(run, index, round, control, bytes));
                }
            } else {
                // A run's datagrams are shorter than 64 KiB.
                let segment = u16::try_from(run.segment).ok();
                let control = Control { segment, source };
                messages.push(Message::new(run, index, run.round, control, run.range()));
            }
        }
        messages.sort_unstable_by_key(|message| (message.round, message.control));
        let same = |a: &Message, b: &Message| a.control == b.control;
        for alike in messages.chunk_by(same).flat_map(|m| m.chunks(MESSAGES)) {
            self.send_alike(socket, batch, alike, sent);
        }
        self.messages = messages;
    }

    /// Sends messages with the same control messages, at most [`MESSAGES`].
    fn send_alike(
        &mut self,
        socket: &MediaSocket,
        batch: &Batch,
        mut messages: &[Message],
        sent: &mut Sent,
    ) {
        while let Some(first) = messages.first() {
            // The system refused this way just now: the rest goes the other.
            if self.way == Io::Sendto
                || (self.way == Io::Sendmmsg && first.control.segment.is_some())
            {
                for message in messages {
                    send_singly(socket, batch, &batch.runs()[message.run], sent);
                }
                return;
            }
            sent.calls += 1;
            match self.call(socket, batch, messages) {
                Ok(count) => messages = messages.get(count.max(1)..).unwrap_or_default(),
                Err(Errno::EINTR) => {}
                // No room: like any queue in the network the rest is dropped.
                Err(Errno::EAGAIN | Errno::ENOBUFS | Errno::ENOMEM) => {
                    let lost = |message: &Message| message.len() as u64;
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
                    sent.refused += first.len() as u64;
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
        messages: &[Message],
    ) -> Result<usize, Errno> {
        let Some(control) = messages.first().map(|message| message.control) else {
            return Ok(0);
        };
        self.addresses.clear();
        let address = |message: &Message| Some(SockaddrStorage::from(message.destination));
        self.addresses.extend(messages.iter().map(address));
        let slices: [[IoSlice<'_>; 1]; MESSAGES] = std::array::from_fn(|index| {
            let bytes = messages.get(index).map(|m| batch.bytes(m.bytes.clone()));
            [IoSlice::new(bytes.unwrap_or_default())]
        });
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
        let slices = slices.iter().take(messages.len());
        let fd = socket.io.as_raw_fd();
        sendmmsg(
            fd,
            headers,
            slices,
            &self.addresses,
            controls,
            MsgFlags::empty(),
        )
        .map(Iterator::count)
    }
}

impl Message {
    fn new(run: &Run, index: usize, round: usize, control: Control, bytes: Range<usize>) -> Self {
        Self {
            round,
            control,
            destination: run.destination,
            bytes,
            run: index,
        }
    }

    /// How many datagrams.
    fn len(&self) -> usize {
        let segment = self.control.segment.map_or(self.bytes.len(), usize::from);
        self.bytes.len().div_ceil(segment.max(1))
    }
}

fn send_singly(socket: &MediaSocket, batch: &Batch, run: &Run, sent: &mut Sent) {
    for packet in run.packets() {
        sent.calls += 1;
        let result = socket.send_one(run.source, run.destination, batch.bytes(packet));
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
