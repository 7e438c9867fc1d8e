//! A client written by hand, against a connection whose worker is the test.

use std::net::SocketAddr;

use sfu_core::{Path, Protocol};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream};
use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::connection::{End, carry};
use crate::door::tests::door;
use crate::door::{Door, Doorway, Inbound};
use crate::prefix;

/// Bytes on their way between client and server: what a kernel would hold.
const PIPE: usize = 8 * 1024;

fn peer() -> SocketAddr {
    ([198, 51, 100, 7], 50_000).into()
}

fn local() -> SocketAddr {
    ([192, 0, 2, 1], 443).into()
}

/// A client, the connection it made, and the workers behind it.
struct Scene {
    stream: DuplexStream,
    end: JoinHandle<End>,
    door: Door,
    doorways: [Doorway; 2],
    _polls: [mio::Poll; 2],
}

impl Scene {
    fn new() -> Self {
        let (stream, server) = tokio::io::duplex(PIPE);
        let (door, doorways, polls) = door();
        let theirs = door.clone();
        let end = tokio::spawn(async move { carry(server, peer(), local(), &theirs, || ()).await });
        Self {
            stream,
            end,
            door,
            doorways,
            _polls: polls,
        }
    }

    async fn send(&mut self, datagram: &[u8]) {
        let length = u16::try_from(datagram.len()).expect("a frame");
        self.stream.write_u16(length).await.expect("sent");
        self.stream.write_all(datagram).await.expect("sent");
    }

    async fn receive(&mut self) -> Vec<u8> {
        let length = self.stream.read_u16().await.expect("a frame");
        let mut datagram = vec![0; usize::from(length)];
        self.stream.read_exact(&mut datagram).await.expect("whole");
        datagram
    }

    /// What the worker gets next. Yields meanwhile, so that no time passes.
    async fn arrives(&mut self, worker: usize) -> Inbound {
        loop {
            if let Some(inbound) = self.doorways[worker].next() {
                return inbound;
            }
            assert!(!self.end.is_finished(), "it goes on");
            tokio::task::yield_now().await;
        }
    }

    fn answer(&mut self, worker: usize, datagram: &[u8]) -> Option<bool> {
        let path = Path {
            protocol: Protocol::Tcp,
            source: local(),
            destination: peer(),
        };
        self.doorways[worker].learn();
        self.doorways[worker].send(path, datagram)
    }

    /// Why and after how many seconds the connection ended; by then its way is closed.
    async fn ends(mut self) -> (End, u64) {
        let begin = Instant::now();
        let end = (&mut self.end).await.expect("no panic");
        let seconds = begin.elapsed().as_secs();
        assert_eq!(self.answer(0, b"late"), None);
        let mut rest = Vec::new();
        self.stream.read_to_end(&mut rest).await.expect("closed");
        (end, seconds)
    }
}

/// A STUN binding request for `ufrag`.
fn request(ufrag: &str) -> Vec<u8> {
    let name = format!("{ufrag}:client");
    let mut message = vec![0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42];
    message.extend([7; 12]);
    message.extend([0, 6]);
    message.extend(u16::try_from(name.len()).expect("short").to_be_bytes());
    message.extend(name.as_bytes());
    message.resize(message.len().next_multiple_of(4), 0);
    message
}

fn request_for(worker: usize) -> Vec<u8> {
    request(&(prefix::of_worker(worker) + "k3Jf"))
}

#[tokio::test(start_paused = true)]
async fn datagrams_go_both_ways_in_order() {
    let mut scene = Scene::new();
    scene.send(&request_for(1)).await;
    let first = scene.arrives(1).await;
    let expected = Inbound {
        protocol: Protocol::Tcp,
        source: peer(),
        destination: local(),
        contents: request_for(1),
    };
    assert_eq!(first, expected);
    for number in 0..50 {
        assert_eq!(scene.answer(1, &[number; 1_200]), Some(true));
    }
    for number in 0..50 {
        assert_eq!(scene.receive().await, [number; 1_200]);
        scene.send(&[number; 60]).await;
        assert_eq!(scene.arrives(1).await.contents, [number; 60]);
    }
    assert!(scene.doorways[0].next().is_none(), "nothing to the other");
    drop(scene.stream.shutdown().await);
    assert!(matches!(scene.ends().await.0, End::Stream(_)));
}

#[tokio::test(start_paused = true)]
async fn who_says_nothing_at_first_is_let_go() {
    let mut scene = Scene::new();
    scene.stream.write_all(&[0]).await.expect("half a length");
    assert!(matches!(scene.ends().await, (End::Silent, 5)));
}

#[tokio::test(start_paused = true)]
async fn what_is_not_ice_for_us_is_let_go_at_once() {
    let stranger = request("xx");
    let nobody = request("-?xx");
    for first in [&b"GET / HTTP/1.1"[..], &[0; 20], &stranger[..12], &nobody] {
        let mut scene = Scene::new();
        scene.send(first).await;
        assert!(matches!(scene.ends().await, (End::NotIce, 0)));
    }
    let mut scene = Scene::new();
    scene
        .stream
        .write_all(b"GET / HTTP/1.1\r\n")
        .await
        .expect("sent");
    let (end, seconds) = scene.ends().await;
    assert!(matches!(end, End::Stream(_)), "a frame of 18,245 bytes");
    assert_eq!(seconds, 0);
}

#[tokio::test(start_paused = true)]
async fn who_is_not_answered_is_let_go() {
    for worker in [0, 77] {
        let mut scene = Scene::new();
        scene.send(&request_for(worker)).await;
        assert!(matches!(scene.ends().await, (End::Unknown, 10)));
    }
}

#[tokio::test(start_paused = true)]
async fn an_address_has_one_connection() {
    let mut scene = Scene::new();
    let (sender, _receiver) = tokio::sync::mpsc::channel(1);
    let _way = scene.door.open(Protocol::Tcp, peer(), sender);
    scene.send(&request_for(0)).await;
    let end = (&mut scene.end).await.expect("no panic");
    assert!(matches!(end, End::Taken));
}

#[tokio::test(start_paused = true)]
async fn who_falls_silent_is_let_go() {
    let mut scene = Scene::new();
    scene.send(&request_for(0)).await;
    scene.arrives(0).await;
    assert_eq!(scene.answer(0, b"answer"), Some(true));
    assert_eq!(scene.receive().await, b"answer");
    assert!(matches!(scene.ends().await, (End::Idle | End::Left, 30)));
}

#[tokio::test(start_paused = true)]
async fn who_left_the_room_is_let_go_however_much_it_says() {
    let mut scene = Scene::new();
    scene.send(&request_for(0)).await;
    scene.arrives(0).await;
    assert_eq!(scene.answer(0, b"answer"), Some(true));
    let begin = Instant::now();
    while !scene.end.is_finished() {
        scene.send(&request_for(0)).await;
        tokio::time::sleep(std::time::Duration::from_secs(2)).await;
    }
    assert!((30..=32).contains(&begin.elapsed().as_secs()));
    assert!(matches!(scene.ends().await, (End::Left, 0)));
}

#[tokio::test(start_paused = true)]
async fn who_takes_nothing_loses_datagrams_and_then_the_connection() {
    let mut scene = Scene::new();
    scene.send(&request_for(0)).await;
    scene.arrives(0).await;
    let mut taken = 0;
    while scene.answer(0, &[0; 1_200]) == Some(true) {
        taken += 1;
        tokio::task::yield_now().await;
    }
    assert!((256..300).contains(&taken), "the queue is bounded: {taken}");
    assert!(matches!(scene.ends().await, (End::Stalled, 10)));
}
