//! Batches over loopback, in each way of sending.

use std::time::Duration;

use super::*;

fn localhost(family: Family) -> IpAddr {
    match family {
        Family::V4 => Ipv4Addr::LOCALHOST.into(),
        Family::V6 => Ipv6Addr::LOCALHOST.into(),
    }
}

/// Datagrams in memory, and the batch that sends them.
struct Datagrams {
    bytes: Vec<u8>,
    batch: Batch,
    run_packets: usize,
}

impl Datagrams {
    /// In runs as long as `sender` wants them.
    fn of(sender: &Sender) -> Self {
        Self::in_runs(sender.run_packets())
    }

    fn in_runs(run_packets: usize) -> Self {
        Self {
            bytes: Vec::new(),
            batch: Batch::default(),
            run_packets,
        }
    }

    fn push(&mut self, from: IpAddr, to: SocketAddr, contents: &[u8]) {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(contents);
        let at = start..self.bytes.len();
        self.batch.push(from, to, at, self.run_packets);
    }

    fn send(&mut self, sender: &mut Sender, socket: &MediaSocket) -> Sent {
        let sent = sender.send(socket, &mut self.batch, &self.bytes);
        assert!(self.batch.is_empty());
        sent
    }
}

fn bind(family: Family) -> MediaSocket {
    MediaSocket::bind(family, 0, vec![localhost(family)]).expect("a socket")
}

/// Receives `count` datagrams: sender, address of ours, first byte and length of each.
fn receive(socket: &mut MediaSocket, count: usize) -> Vec<(SocketAddr, SocketAddr, u8, usize)> {
    let mut poll = mio::Poll::new().expect("a poll");
    let mut events = mio::Events::with_capacity(4);
    let mut got = Vec::new();
    let registry = poll.registry();
    registry
        .register(socket.io(), mio::Token(0), mio::Interest::READABLE)
        .expect("registered");
    while got.len() < count {
        let take = |from, to, bytes: &[u8]| got.push((from, to, bytes[0], bytes.len()));
        if socket.receive(take).expect("received") == Received::Nothing {
            let limit = Some(Duration::from_secs(10));
            poll.poll(&mut events, limit).expect("polled");
            assert!(!events.is_empty(), "{} of {count} arrived", got.len());
        }
    }
    let registry = poll.registry();
    registry.deregister(socket.io()).expect("deregistered");
    got
}

fn arrive_in_order(family: Family, way: Io, expected_calls: u64) {
    let socket = bind(family);
    let mut receivers = [bind(family), bind(family), bind(family)];
    let ip = localhost(family);
    let mut sender = Sender::new(way, &socket);
    let mut batch = Datagrams::of(&sender);
    let lengths: Vec<usize> = (0..200)
        .map(|n| if n % 7 == 3 { 300 } else { 900 })
        .collect();
    for receiver in &receivers {
        let to = SocketAddr::new(ip, receiver.port());
        for (index, len) in lengths.iter().enumerate() {
            batch.push(ip, to, &vec![index as u8; *len]);
        }
    }
    let sent = batch.send(&mut sender, &socket);
    assert_eq!((sent.refused, sent.calls), (0, expected_calls));
    let from = SocketAddr::new(ip, socket.port());
    for receiver in &mut receivers {
        let to = SocketAddr::new(ip, receiver.port());
        let expected = lengths.iter().enumerate();
        let expected: Vec<_> = expected.map(|(i, len)| (from, to, i as u8, *len)).collect();
        assert_eq!(receive(receiver, lengths.len()), expected);
    }
}

#[test]
fn batches_arrive_as_single_datagrams_in_order() {
    for family in [Family::V4, Family::V6] {
        // Each receiver's 200 datagrams are 29 runs of 900 bytes with a shorter end: one call.
        assert!(bind(family).has_gso(), "as every Linux since 4.18");
        arrive_in_order(family, Io::Auto, 1);
        arrive_in_order(family, Io::Sendmmsg, 600_u64.div_ceil(128));
        arrive_in_order(family, Io::Sendto, 600);
    }
}

#[test]
fn who_cannot_be_reached_costs_only_its_own_datagrams() {
    let socket = bind(Family::V4);
    let mut receiver = bind(Family::V4);
    let ip = localhost(Family::V4);
    for way in [Io::Gso, Io::Sendmmsg, Io::Sendto] {
        let mut sender = Sender::new(way, &socket);
        let mut batch = Datagrams::of(&sender);
        // Broadcast is not permitted to the socket.
        for to in [
            SocketAddr::from(([255, 255, 255, 255], 9)),
            SocketAddr::new(ip, receiver.port()),
        ] {
            for byte in 0..3 {
                batch.push(ip, to, &[byte; 500]);
            }
        }
        let sent = batch.send(&mut sender, &socket);
        assert_eq!(sent.refused, 3, "{way:?}");
        let got: Vec<_> = receive(&mut receiver, 3).into_iter().map(|g| g.2).collect();
        assert_eq!(got, [0, 1, 2], "{way:?}");
    }
}

#[test]
fn what_the_system_refuses_to_cut_goes_without_and_so_does_the_rest() {
    let socket = bind(Family::V4);
    let mut receivers = [bind(Family::V4), bind(Family::V4)];
    let ip = localhost(Family::V4);
    let mut sender = Sender::new(Io::Auto, &socket);
    // Runs longer than any kernel takes.
    let mut batch = Datagrams::in_runs(usize::MAX);
    let lengths = |count| std::iter::repeat_n(50, count).chain(std::iter::once(20));
    for (receiver, count) in receivers.iter().zip([3, 200]) {
        let to = SocketAddr::new(ip, receiver.port());
        for (index, len) in lengths(count).enumerate() {
            batch.push(ip, to, &vec![index as u8; len]);
        }
    }
    let sent = batch.send(&mut sender, &socket);
    assert_eq!(sent.refused, 0);
    // The first run goes, the second is refused and goes one by one.
    assert_eq!(sent.calls, 1 + 1 + 201);
    for (receiver, count) in receivers.iter_mut().zip([3, 200]) {
        let got: Vec<_> = receive(receiver, count + 1)
            .into_iter()
            .map(|g| (g.2, g.3))
            .collect();
        let expected: Vec<_> = lengths(count)
            .enumerate()
            .map(|(i, len)| (i as u8, len))
            .collect();
        assert_eq!(got, expected);
    }
    // From now on nothing is given to be cut.
    let to = SocketAddr::new(ip, receivers[0].port());
    let mut batch = Datagrams::of(&sender);
    for byte in 0..5 {
        batch.push(ip, to, &[byte; 50]);
    }
    assert_eq!(
        batch.send(&mut sender, &socket),
        Sent {
            refused: 0,
            calls: 1
        }
    );
    let got: Vec<_> = receive(&mut receivers[0], 5)
        .into_iter()
        .map(|g| g.2)
        .collect();
    assert_eq!(got, [0, 1, 2, 3, 4]);
}
