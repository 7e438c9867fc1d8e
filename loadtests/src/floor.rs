//! The least a node could spend on a packet: sealing 1,200 bytes by AES-GCM and sending them to
//! loopback receivers, each of three ways, on the CPU clock of the one thread that does it.
//!
//! The receivers are drained by another thread between the turns, one datagram at a time (no
//! GRO): what a receiver does not join, the sender's system call cuts up, here as under the node.

use std::io::IoSlice;
use std::net::{SocketAddr, UdpSocket};
use std::os::fd::AsRawFd as _;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::Duration;

use nix::cmsg_space;
use nix::sys::socket::{ControlMessage, MsgFlags, MultiHeaders, SockaddrStorage, sendmmsg};
use serde::Serialize;

use crate::bot::provider;
use crate::cli::Io;
use crate::error::LoadError;
use crate::fleet::clock::{nanos, thread_cpu};
use crate::fleet::socket::{BATCH, Inbox, enlarge};
use crate::rtp::header::WRITTEN;
use crate::rtp::srtp::{Profile, Srtp, TAG};

/// Receivers, as in 1→50.
const RECEIVERS: usize = 50;
/// Packets to each receiver in one turn: a picture's of a camera with 440 packets a second.
const RUN: usize = 15;
/// Messages in one system call.
const MESSAGES: usize = 128;
/// Measurements of each way, in turns; the best counts, as noise only adds.
const ROUNDS: usize = 3;

/// The floor of each way, in CPU microseconds a packet.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct Floor {
    pub(crate) gso: f64,
    pub(crate) sendmmsg: f64,
    pub(crate) sendto: f64,
    /// Sealing alone; a part of each of the others.
    pub(crate) seal: f64,
    /// Share of packets that did not reach their receiver; 0 in a valid measurement.
    pub(crate) lost_ratio: f64,
}

impl Floor {
    /// Of the way that `io` names; `auto` takes GSO where there is one.
    pub(crate) const fn of(&self, io: Io) -> f64 {
        match io {
            Io::Auto | Io::Gso => self.gso,
            Io::Sendmmsg => self.sendmmsg,
            Io::Sendto => self.sendto,
        }
    }

    /// Measures each way `ROUNDS` times for `length`. Blocks.
    pub(crate) fn measure(
        profile: Profile,
        bytes: usize,
        length: Duration,
    ) -> Result<Self, LoadError> {
        let mut bench = Bench::new(profile, bytes)?;
        let mut best = [f64::MAX; 4];
        for _ in 0..ROUNDS {
            let ways = [Way::Gso, Way::Sendmmsg, Way::Sendto, Way::Nowhere];
            for (best, way) in best.iter_mut().zip(ways) {
                *best = best.min(bench.run(way, length)?);
            }
        }
        let [gso, sendmmsg, sendto, seal] = best;
        let (sent, received) = (bench.sent, bench.received);
        Ok(Self {
            gso,
            sendmmsg,
            sendto,
            seal,
            lost_ratio: sent.saturating_sub(received) as f64 / sent.max(1) as f64,
        })
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Gso,
    Sendmmsg,
    Sendto,
    /// Seals only.
    Nowhere,
}

struct Bench {
    cipher: Srtp,
    index: u64,
    /// Bytes of a sealed packet.
    len: usize,
    bytes: Vec<u8>,
    socket: UdpSocket,
    receivers: Vec<SocketAddr>,
    drain: Drain,
    sent: u64,
    received: u64,
    plain: MultiHeaders<SockaddrStorage>,
    cut: MultiHeaders<SockaddrStorage>,
}

impl Bench {
    fn new(profile: Profile, bytes: usize) -> Result<Self, LoadError> {
        let exported = vec![7; profile.export_len()];
        let (cipher, _) = Srtp::pair(profile, &exported, provider()?.crypto())?;
        let sinks: Vec<UdpSocket> = (0..RECEIVERS)
            .map(|_| UdpSocket::bind("127.0.0.1:0"))
            .collect::<Result<_, _>>()?;
        sinks.iter().for_each(enlarge);
        let receivers = sinks.iter().map(UdpSocket::local_addr);
        let socket = UdpSocket::bind("127.0.0.1:0")?;
        enlarge(&socket);
        let len = bytes + TAG;
        Ok(Self {
            cipher,
            index: 1,
            len,
            bytes: vec![0x5a; len * RUN * RECEIVERS],
            receivers: receivers.collect::<Result<_, _>>()?,
            socket,
            drain: Drain::start(sinks)?,
            sent: 0,
            received: 0,
            plain: MultiHeaders::preallocate(MESSAGES, None),
            cut: MultiHeaders::preallocate(MESSAGES, Some(cmsg_space!(u16))),
        })
    }

    /// CPU microseconds a packet.
    fn run(&mut self, way: Way, length: Duration) -> Result<f64, LoadError> {
        let until = nanos() + u64::try_from(length.as_nanos()).unwrap_or(u64::MAX);
        let (mut spent, mut packets) = (0, 0_u64);
        while nanos() < until {
            let before = thread_cpu();
            self.seal()?;
            self.send(way)?;
            spent += thread_cpu() - before;
            packets += (RUN * RECEIVERS) as u64;
            if way != Way::Nowhere {
                self.sent += (RUN * RECEIVERS) as u64;
                self.drain()?;
            }
        }
        Ok(spent as f64 / packets as f64 / 1e3)
    }

    fn seal(&mut self) -> Result<(), LoadError> {
        for packet in self.bytes.chunks_mut(self.len) {
            self.cipher.seal(packet, WRITTEN, 1, self.index)?;
            self.index += 1;
        }
        Ok(())
    }

    fn send(&mut self, way: Way) -> Result<(), LoadError> {
        match way {
            Way::Nowhere => Ok(()),
            Way::Sendto => {
                let runs = self.bytes.chunks(self.len * RUN).zip(&self.receivers);
                for (run, to) in runs {
                    for packet in run.chunks(self.len) {
                        self.socket.send_to(packet, to)?;
                    }
                }
                Ok(())
            }
            Way::Sendmmsg => self.send_many(self.len, None),
            Way::Gso => {
                let segment = u16::try_from(self.len).ok();
                self.send_many(self.len * RUN, segment)
            }
        }
    }

    /// Messages of `len` bytes each, to each receiver the same number.
    fn send_many(&mut self, len: usize, segment: Option<u16>) -> Result<(), LoadError> {
        let run = self.len * RUN;
        let messages: Vec<(&[u8], SockaddrStorage)> = self
            .bytes
            .chunks(run)
            .zip(&self.receivers)
            .flat_map(|(run, to)| run.chunks(len).map(|bytes| (bytes, (*to).into())))
            .collect();
        for batch in messages.chunks(MESSAGES) {
            let slices: Vec<[IoSlice<'_>; 1]> =
                batch.iter().map(|(b, _)| [IoSlice::new(b)]).collect();
            let addresses: Vec<Option<SockaddrStorage>> =
                batch.iter().map(|(_, to)| Some(*to)).collect();
            let control = segment.as_ref().map(ControlMessage::UdpGsoSegments);
            let headers = match segment {
                Some(_) => &mut self.cut,
                None => &mut self.plain,
            };
            sendmmsg(
                self.socket.as_raw_fd(),
                headers,
                &slices,
                &addresses,
                control.as_slice(),
                MsgFlags::empty(),
            )
            .map_err(std::io::Error::from)?;
        }
        Ok(())
    }

    /// Lets the receivers' buffers run empty. Not counted.
    fn drain(&mut self) -> Result<(), LoadError> {
        self.received = self.drain.until(self.sent)?;
        Ok(())
    }
}

/// The receivers, in a thread of their own, which ends with this. It works while the sender waits:
/// side by side they would slow each other down, and the floor would not be one.
struct Drain {
    /// How many packets were sent in all; holds one.
    sent: SyncSender<u64>,
    /// How many came in all; holds one.
    received: Receiver<u64>,
}

impl Drain {
    fn start(sinks: Vec<UdpSocket>) -> Result<Self, LoadError> {
        for sink in &sinks {
            sink.set_nonblocking(true)?;
        }
        let (sent, orders) = sync_channel::<u64>(1);
        let (answers, received) = sync_channel(1);
        std::thread::Builder::new()
            .name("floor-drain".to_owned())
            .spawn(move || {
                let (mut inbox, mut came) = (Inbox::new(), 0);
                while let Ok(sent) = orders.recv() {
                    // Loopback delivers before the system call returns: what is not there after
                    // a look at every socket is lost.
                    for sink in &sinks {
                        while let Ok(some @ 1..) = inbox.receive(sink, |_, _| {}) {
                            came += some as u64;
                            if some < BATCH || came >= sent {
                                break;
                            }
                        }
                    }
                    if answers.send(came).is_err() {
                        return;
                    }
                }
            })?;
        Ok(Self { sent, received })
    }

    /// Receives what came of `sent` packets.
    fn until(&self, sent: u64) -> Result<u64, LoadError> {
        self.sent.send(sent).map_err(|_| LoadError::Bots)?;
        self.received.recv().map_err(|_| LoadError::Bots)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_delivers_every_packet() {
        let mut bench = Bench::new(Profile::Aes256Gcm, 1_200).expect("sockets");
        for way in [Way::Gso, Way::Sendmmsg, Way::Sendto, Way::Nowhere] {
            bench.seal().expect("sealed");
            bench.send(way).expect("sent");
            if way != Way::Nowhere {
                bench.sent += (RUN * RECEIVERS) as u64;
                bench.drain().expect("drained");
                assert_eq!(bench.received, bench.sent, "{way:?}");
            }
        }
        assert_eq!(bench.received, 3 * (RUN * RECEIVERS) as u64);
    }
}
