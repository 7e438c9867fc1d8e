//! Datagrams to clients over loopback.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use sfu_core::turn::{Carrier, Client};
use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::UdpSocket;

use super::super::udp::Udp;

fn socket() -> Udp {
    let socket = Socket::new(Domain::IPV4, Type::DGRAM, Some(Protocol::UDP)).expect("a socket");
    socket.set_nonblocking(true).expect("set");
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    socket.bind(&address.into()).expect("bound");
    Udp::new(socket).expect("taken over")
}

async fn receiver() -> UdpSocket {
    UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))
        .await
        .expect("bound")
}

/// First byte and length of what arrives.
async fn received(socket: &UdpSocket, count: usize) -> Vec<(u8, usize)> {
    let mut got = Vec::new();
    let mut buffer = [0; 2_000];
    while got.len() < count {
        let next = tokio::time::timeout(Duration::from_secs(60), socket.recv(&mut buffer));
        let length = next.await.expect("it arrives").expect("received");
        got.push((buffer[0], length));
    }
    got
}

#[tokio::test]
async fn runs_of_any_lengths_arrive_as_single_datagrams_in_order() {
    let mut socket = socket();
    let receivers = [receiver().await, receiver().await];
    let clients = receivers.each_ref().map(|receiver| Client {
        carrier: Carrier::Udp,
        remote: receiver.local_addr().expect("an address"),
        local: SocketAddr::from((Ipv4Addr::LOCALHOST, socket.port())),
    });
    // As many as the buffer of a receiver holds on any system.
    let lengths: Vec<usize> = (0..60)
        .map(|n| match n % 9 {
            3 => 300,
            4 => 1_300,
            _ => 900,
        })
        .collect();
    // Twice, the second time with the memory of the first.
    for _ in 0..2 {
        for (index, length) in lengths.iter().enumerate() {
            for client in clients {
                socket.push(client, &vec![index as u8; *length]);
                socket.push(client, &[]);
            }
        }
        assert_eq!(socket.flush(), 0);
        let expected = lengths.iter().enumerate();
        let expected: Vec<_> = expected.map(|(i, length)| (i as u8, *length)).collect();
        for receiver in &receivers {
            assert_eq!(received(receiver, lengths.len()).await, expected);
        }
    }
}

#[tokio::test]
async fn who_cannot_be_reached_costs_only_its_own_datagrams() {
    let mut socket = socket();
    let receiver = receiver().await;
    // Broadcast is not permitted to the socket.
    for remote in [
        SocketAddr::from(([255, 255, 255, 255], 9)),
        receiver.local_addr().expect("an address"),
    ] {
        let local = SocketAddr::from((Ipv4Addr::LOCALHOST, socket.port()));
        let carrier = Carrier::Udp;
        let client = Client {
            carrier,
            remote,
            local,
        };
        for byte in 0..3 {
            socket.push(client, &[byte; 500]);
        }
    }
    assert_eq!(socket.flush(), 3);
    assert_eq!(received(&receiver, 3).await, [(0, 500), (1, 500), (2, 500)]);
}
