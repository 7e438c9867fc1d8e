//! Datagrams of many sockets in few system calls. Nothing is joined (no GRO) or cut (no GSO): a
//! browser's datagrams come and go one by one too, and what joining would spare the receiver it
//! would spare the node's send as well.

use std::io::{self, IoSlice, IoSliceMut};
use std::net::UdpSocket;
use std::os::fd::AsRawFd;

use nix::cmsg_space;
use nix::errno::Errno;
use nix::sys::socket::{
    ControlMessageOwned, MsgFlags, MultiHeaders, SockaddrStorage, recvmmsg, sendmmsg, setsockopt,
    sockopt,
};
use nix::sys::time::TimeSpec;

/// Datagrams in one system call.
pub(crate) const BATCH: usize = 32;
/// No datagram is longer.
const DATAGRAM: usize = 2_048;
/// Asked of the system for each socket: more than a second of one participant.
const BUFFER: usize = 4 * 1_024 * 1_024;

/// Room for what is received. Owned by one thread.
pub(crate) struct Inbox {
    headers: MultiHeaders<SockaddrStorage>,
    buffers: Box<[[u8; DATAGRAM]]>,
}

/// A received datagram: its length, and when the kernel had it, in nanoseconds since 1970.
type Arrival = (usize, Option<u64>);

impl Inbox {
    pub(crate) fn new() -> Self {
        Self {
            headers: MultiHeaders::preallocate(BATCH, Some(cmsg_space!(TimeSpec))),
            buffers: vec![[0; DATAGRAM]; BATCH].into_boxed_slice(),
        }
    }

    /// Receives what waits, at most [`BATCH`] datagrams, and hands each on with the time the
    /// kernel had it. Returns how many.
    pub(crate) fn receive(
        &mut self,
        socket: &impl AsRawFd,
        mut take: impl FnMut(&mut [u8], u64),
    ) -> io::Result<usize> {
        let mut arrivals: [Arrival; BATCH] = [(0, None); BATCH];
        let count = match fill(&mut self.headers, &mut self.buffers, socket, &mut arrivals) {
            Ok(count) => count,
            Err(Errno::EAGAIN | Errno::EINTR) => return Ok(0),
            // Nobody listens at the other end just now.
            Err(Errno::ECONNREFUSED) => return Ok(0),
            Err(error) => return Err(error.into()),
        };
        for (buffer, (len, at)) in self.buffers.iter_mut().zip(&arrivals[..count]) {
            take(&mut buffer[..*len], at.unwrap_or_else(super::clock::nanos));
        }
        Ok(count)
    }
}

fn fill(
    headers: &mut MultiHeaders<SockaddrStorage>,
    buffers: &mut [[u8; DATAGRAM]],
    socket: &impl AsRawFd,
    arrivals: &mut [Arrival; BATCH],
) -> Result<usize, Errno> {
    let mut slices: Vec<[IoSliceMut<'_>; 1]> =
        buffers.iter_mut().map(|b| [IoSliceMut::new(b)]).collect();
    let flags = MsgFlags::MSG_DONTWAIT;
    let received = recvmmsg(socket.as_raw_fd(), headers, slices.iter_mut(), flags, None)?;
    let mut count = 0;
    for (message, arrival) in received.zip(arrivals) {
        let stamp = |message: ControlMessageOwned| match message {
            ControlMessageOwned::ScmTimestampns(at) => {
                Some(at.tv_sec().cast_unsigned() * 1_000_000_000 + at.tv_nsec().cast_unsigned())
            }
            _ => None,
        };
        let at = message.cmsgs().ok().and_then(|mut all| all.find_map(stamp));
        *arrival = (message.bytes, at);
        count += 1;
    }
    Ok(count)
}

/// Room for what is sent. Owned by one thread.
pub(crate) struct Outbox {
    headers: MultiHeaders<SockaddrStorage>,
}

impl Outbox {
    pub(crate) fn new() -> Self {
        Self {
            headers: MultiHeaders::preallocate(BATCH, None),
        }
    }

    /// Sends datagrams of `len` bytes each to the socket's peer, one after the other. Returns how
    /// many the system took.
    pub(crate) fn send(&mut self, socket: &impl AsRawFd, bytes: &[u8], len: usize) -> usize {
        const NOBODY: [Option<SockaddrStorage>; BATCH] = [None; BATCH];
        let mut taken = 0;
        for batch in bytes.chunks(len * BATCH) {
            let slices: Vec<[IoSlice<'_>; 1]> =
                batch.chunks(len).map(|b| [IoSlice::new(b)]).collect();
            let sent = sendmmsg(
                socket.as_raw_fd(),
                &mut self.headers,
                &slices,
                NOBODY,
                [],
                MsgFlags::MSG_DONTWAIT,
            );
            match sent {
                Ok(results) => taken += results.count(),
                Err(_) => return taken,
            }
        }
        taken
    }
}

/// Makes a connected socket fit for a fleet: non-blocking, stamped, with room.
pub(crate) fn prepare(socket: &UdpSocket) -> io::Result<()> {
    socket.set_nonblocking(true)?;
    setsockopt(socket, sockopt::ReceiveTimestampns, &true)?;
    enlarge(socket);
    Ok(())
}

/// Best effort: past the system's limit goes only who may administer the network.
pub(crate) fn enlarge(socket: &UdpSocket) {
    if setsockopt(socket, sockopt::RcvBufForce, &BUFFER).is_err() {
        let _ = setsockopt(socket, sockopt::RcvBuf, &BUFFER);
    }
    if setsockopt(socket, sockopt::SndBufForce, &BUFFER).is_err() {
        let _ = setsockopt(socket, sockopt::SndBuf, &BUFFER);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn datagrams_arrive_whole_in_order_and_stamped() {
        let socket = || UdpSocket::bind("127.0.0.1:0").expect("a socket");
        let (sender, receiver) = (socket(), socket());
        let to = |socket: &UdpSocket| socket.local_addr().expect("bound");
        sender.connect(to(&receiver)).expect("connected");
        receiver.connect(to(&sender)).expect("connected");
        prepare(&receiver).expect("prepared");
        let before = super::super::clock::nanos();
        let bytes: Vec<u8> = (0..40_u8).flat_map(|number| [number; 100]).collect();
        assert_eq!(Outbox::new().send(&sender, &bytes, 100), 40);
        let (mut inbox, mut came) = (Inbox::new(), Vec::new());
        while inbox
            .receive(&receiver, |datagram, at| {
                assert!(at >= before);
                came.push((datagram[0], datagram.len()));
            })
            .expect("received")
            > 0
        {}
        let expected: Vec<(u8, usize)> = (0..40).map(|number| (number, 100)).collect();
        assert_eq!(came, expected);
    }
}
