//! What sending costs: CPU per datagram of 1,200 bytes from one socket to 50 receivers over
//! loopback, of each way to send, in one process and in turns, so that ratios hold on any machine.
//!
//! `cargo bench -p sfu --bench socket`

#![expect(clippy::print_stdout, reason = "that is what it is for")]

#[expect(dead_code, unreachable_pub, reason = "the worker uses more of it")]
#[path = "../src/socket/mod.rs"]
mod socket;

use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};
use std::time::Duration;

use quinn_udp::{Transmit, UdpSockRef, UdpSocketState};
use rustix::time::{ClockId, clock_gettime};

use socket::{Batch, Family, Io, MediaSocket, Sender};

const RECEIVERS: usize = 50;
const PACKET: usize = 1_200;
/// Datagrams of one measurement.
const DATAGRAMS: usize = 100_000;
/// Measurements of each way; the best counts.
const ROUNDS: usize = 5;
const IP: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// Lengths of the datagrams that each receiver gets in one turn.
struct Pattern {
    name: &'static str,
    lengths: fn(receiver: usize) -> Vec<usize>,
}

const PATTERNS: [Pattern; 5] = [
    Pattern {
        name: "1 each",
        lengths: |_| vec![PACKET; 1],
    },
    Pattern {
        name: "3 each",
        lengths: |_| vec![PACKET; 3],
    },
    Pattern {
        name: "10 each",
        lengths: |_| vec![PACKET; 10],
    },
    // As a browser cuts a frame: lengths that differ by one.
    Pattern {
        name: "frame each",
        lengths: |_| vec![1_200, 1_200, 1_200, 1_199, 1_199],
    },
    // As visits of two side by side: every receiver another length.
    Pattern {
        name: "unlike",
        lengths: |receiver| vec![PACKET - receiver; 2],
    },
];

fn main() {
    let socket = MediaSocket::bind(Family::V4, 0, vec![IP]).expect("a socket");
    let unnamed = MediaSocket::bind(Family::V4, 0, vec![]).expect("a socket");
    let sinks: Vec<UdpSocket> = (0..RECEIVERS).map(|_| sink()).collect();
    let receivers: Vec<SocketAddr> = sinks
        .iter()
        .map(|s| s.local_addr().expect("bound"))
        .collect();
    let quinn = UdpSocket::bind((IP, 0)).expect("a socket");
    let state = UdpSocketState::new(UdpSockRef::from(&quinn)).expect("a state");

    println!("CPU ns per datagram of {PACKET} B to {RECEIVERS} receivers, best of {ROUNDS}");
    println!(
        "{:>12} {:>9} {:>9} {:>9} {:>9} {:>9}",
        "pattern", "sendto", "sendmmsg", "gso", "unnamed", "sendmsg+"
    );
    for pattern in &PATTERNS {
        let per_turn: usize = (0..RECEIVERS).map(|r| (pattern.lengths)(r).len()).sum();
        let bytes = vec![7; per_turn * PACKET];
        let fill = |batch: &mut Batch, run_packets: usize| {
            let mut end = 0;
            for (index, to) in receivers.iter().enumerate() {
                for length in (pattern.lengths)(index) {
                    let at = end..end + length;
                    end = at.end;
                    batch.push(IP, *to, at, run_packets);
                }
            }
            per_turn
        };
        let mut best = [f64::MAX; 5];
        for _ in 0..ROUNDS {
            let ways = [
                (Io::Sendto, &socket),
                (Io::Sendmmsg, &socket),
                (Io::Gso, &socket),
                (Io::Gso, &unnamed),
            ];
            for (index, (way, socket)) in ways.into_iter().enumerate() {
                let mut sender = Sender::new(way, socket);
                let run_packets = sender.run_packets();
                let fill = |batch: &mut Batch| fill(batch, run_packets);
                let cost = measure(&sinks, fill, |batch| {
                    assert_eq!(sender.send(socket, batch, &bytes).refused, 0);
                });
                best[index] = best[index].min(cost);
            }
            let cost = measure(
                &sinks,
                |_| per_turn,
                |_| send_by_quinn(&state, &quinn, &receivers, pattern),
            );
            best[4] = best[4].min(cost);
        }
        let [sendto, mmsg, gso, unnamed, sendmsg] = best;
        println!(
            "{:>12} {sendto:>9.0} {mmsg:>9.0} {gso:>9.0} {unnamed:>9.0} {sendmsg:>9.0}",
            pattern.name
        );
    }
}

/// One `sendmsg` with GSO for each run, as `quinn-udp` offers it.
fn send_by_quinn(
    state: &UdpSocketState,
    socket: &UdpSocket,
    receivers: &[SocketAddr],
    pattern: &Pattern,
) {
    let bytes = [7; 12 * PACKET];
    for (index, to) in receivers.iter().enumerate() {
        let lengths = (pattern.lengths)(index);
        for run in lengths.chunk_by(|a, b| a == b) {
            let transmit = Transmit {
                destination: *to,
                ecn: None,
                contents: &bytes[..run.iter().sum()],
                segment_size: (run.len() > 1).then_some(run[0]),
                src_ip: Some(IP),
            };
            state
                .try_send(UdpSockRef::from(socket), &transmit)
                .expect("sent");
        }
    }
}

/// CPU nanoseconds of `send` per datagram; filling the batch and emptying the sinks is not
/// counted.
fn measure(
    sinks: &[UdpSocket],
    fill: impl Fn(&mut Batch) -> usize,
    mut send: impl FnMut(&mut Batch),
) -> f64 {
    let mut batch = Batch::default();
    let mut spent = Duration::ZERO;
    let mut datagrams = 0;
    while datagrams < DATAGRAMS {
        datagrams += fill(&mut batch);
        let before = cpu_time();
        send(&mut batch);
        spent += cpu_time() - before;
        sinks.iter().for_each(drain);
    }
    spent.as_nanos() as f64 / datagrams as f64
}

fn sink() -> UdpSocket {
    let socket = UdpSocket::bind((IP, 0)).expect("a socket");
    socket.set_nonblocking(true).expect("not blocking");
    socket
}

fn drain(socket: &UdpSocket) {
    let mut buffer = [0; 2_048];
    while socket.recv(&mut buffer).is_ok() {}
}

fn cpu_time() -> Duration {
    Duration::try_from(clock_gettime(ClockId::ThreadCPUTime)).unwrap_or_default()
}
