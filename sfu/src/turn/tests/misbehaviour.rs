//! Clients that idle, stall, flood or speak something else.

use std::net::SocketAddr;
use std::time::Duration;

use runtime::Tasks;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::super::Carrier;
use super::super::streams::{EVENTS, Origin, StreamEvent, Streams};
use super::bench::Bench;

/// A Binding request.
const BINDING: [u8; 20] = [
    0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12,
];

fn origin() -> Origin {
    Origin {
        remote: ([192, 0, 2, 7], 40_000).into(),
        local: ([192, 0, 2, 1], 3478).into(),
    }
}

async fn bind(stream: &mut TcpStream) {
    stream.write_all(&BINDING).await.expect("written");
    let mut answer = [0; 32];
    stream.read_exact(&mut answer).await.expect("answered");
    assert_eq!(answer[..2], [1, 1], "a success");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn idle_and_half_open_connections_keep_nobody_waiting() {
    let bench = Bench::start();
    let tcp = SocketAddr::from(([127, 0, 0, 1], bench.service.tcp_port()));
    let tls = SocketAddr::from(([127, 0, 0, 1], bench.service.tls_port().expect("on")));
    let mut idle = Vec::new();
    for _ in 0..20 {
        // No handshake, half a hello, no message, half a message.
        idle.push(TcpStream::connect(tls).await.expect("connected"));
        let mut hello = TcpStream::connect(tls).await.expect("connected");
        hello.write_all(&[0x16, 3, 1, 2, 0]).await.expect("written");
        idle.push(hello);
        idle.push(TcpStream::connect(tcp).await.expect("connected"));
        let mut half = TcpStream::connect(tcp).await.expect("connected");
        half.write_all(&BINDING[..10]).await.expect("written");
        idle.push(half);
    }
    let mut client = TcpStream::connect(tcp).await.expect("connected");
    bind(&mut client).await;
    let mut last = idle.pop().expect("one of them");
    last.write_all(&BINDING[10..]).await.expect("written");
    let mut answer = [0; 32];
    last.read_exact(&mut answer).await.expect("answered");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_protocol_is_hung_up_on() {
    let bench = Bench::start();
    let tcp = SocketAddr::from(([127, 0, 0, 1], bench.service.tcp_port()));
    let mut stream = TcpStream::connect(tcp).await.expect("connected");
    stream
        .write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        .await
        .expect("written");
    let mut rest = Vec::new();
    // Closed, or reset as not all of it was read.
    let _ = stream.read_to_end(&mut rest).await;
    assert!(rest.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_silent_stranger_is_let_go_after_half_a_minute() {
    let (events, mut inbox) = mpsc::channel(EVENTS);
    let streams = Streams::new(events, Tasks::default());
    let (_far, near) = tokio::io::duplex(64);
    let began = Instant::now();
    streams.serve(near, origin(), Carrier::Tcp).await;
    assert_eq!(began.elapsed(), Duration::from_secs(30));
    assert!(matches!(
        inbox.recv().await,
        Some(StreamEvent::Connected { .. })
    ));
    assert!(matches!(inbox.recv().await, Some(StreamEvent::Gone { .. })));
}

#[tokio::test(start_paused = true)]
async fn a_talkative_stranger_is_let_go_after_a_minute() {
    let (events, mut inbox) = mpsc::channel(EVENTS);
    let streams = Streams::new(events, Tasks::default());
    let (mut far, near) = tokio::io::duplex(64);
    let serving = tokio::spawn(async move {
        let began = Instant::now();
        streams.serve(near, origin(), Carrier::Tcp).await;
        began.elapsed()
    });
    // One byte of a message every four seconds.
    for byte in BINDING {
        tokio::time::sleep(Duration::from_secs(4)).await;
        if far.write_all(&[byte]).await.is_err() {
            break;
        }
    }
    assert_eq!(serving.await.expect("ended"), Duration::from_secs(60));
    assert!(matches!(
        inbox.recv().await,
        Some(StreamEvent::Connected { .. })
    ));
}

#[tokio::test(start_paused = true)]
async fn a_silent_user_is_kept_for_eleven_minutes() {
    let (events, mut inbox) = mpsc::channel(EVENTS);
    let streams = Streams::new(events, Tasks::default());
    let (_far, near) = tokio::io::duplex(64);
    let serving = tokio::spawn(async move {
        let began = Instant::now();
        streams.serve(near, origin(), Carrier::Tls).await;
        began.elapsed()
    });
    let Some(StreamEvent::Connected { link, .. }) = inbox.recv().await else {
        panic!("not announced");
    };
    link.set_allocated(true);
    assert_eq!(serving.await.expect("ended"), Duration::from_secs(660));
}

#[tokio::test(start_paused = true)]
async fn a_client_that_takes_nothing_loses_messages_and_then_its_connection() {
    let (events, mut inbox) = mpsc::channel(EVENTS);
    let streams = Streams::new(events, Tasks::default());
    // The far side never reads.
    let (_far, near) = tokio::io::duplex(1_000);
    let serving = tokio::spawn(async move {
        let began = Instant::now();
        streams.serve(near, origin(), Carrier::Tcp).await;
        began.elapsed()
    });
    let Some(StreamEvent::Connected { link, .. }) = inbox.recv().await else {
        panic!("not announced");
    };
    let taken = (0..10_000).filter(|_| link.send(vec![0; 1_200])).count();
    assert!(taken < 1_000, "{taken} messages are queued");
    assert_eq!(serving.await.expect("ended"), Duration::from_secs(10));
    assert!(link.is_over());
}
