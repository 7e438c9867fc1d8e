//! One client's TCP connection.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use sfu_core::{Protocol, stun_ufrag};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _};
use tokio::sync::mpsc;
use tokio::time::timeout;

use super::frames::{self, Frames};
use crate::door::{Door, Inbound};
use crate::prefix;

/// The first message comes within this time.
const FIRST: Duration = Duration::from_secs(5);
/// Then the worker answers within this time, if it knows the connection: the client repeats its
/// request until signalling has caught up.
const ANSWER: Duration = Duration::from_secs(10);
/// A client that still consents says so every few seconds (RFC 7675), and is answered as long as
/// it is somebody's. A connection without either for so long is over.
const IDLE: Duration = Duration::from_secs(30);
/// A client that takes nothing for so long is gone, or much too slow for media.
const STALLED: Duration = Duration::from_secs(10);
/// Datagrams on their way to the client at most; more are lost, as on any full link.
const QUEUE: usize = 256;
/// Datagrams written at once at most. Few, since [`STALLED`] counts from one write to the next.
const WRITE: usize = 16;

/// Why a connection ended.
#[derive(Debug, thiserror::Error)]
pub(super) enum End {
    #[error("no message in time")]
    Silent,
    #[error("it did not begin with a STUN binding request for us")]
    NotIce,
    #[error("another connection has its address")]
    Taken,
    #[error("nobody is called by its user name and password")]
    Unknown,
    #[error("the client fell silent")]
    Idle,
    #[error("the client is no longer answered")]
    Left,
    #[error("the client takes nothing")]
    Stalled,
    #[error(transparent)]
    Stream(#[from] io::Error),
    #[error("the workers are gone")]
    Over,
}

/// Carries a connection to its end. `proven` is called when a worker has answered it.
pub(super) async fn carry(
    stream: impl AsyncRead + AsyncWrite,
    peer: SocketAddr,
    local: SocketAddr,
    door: &Door,
    proven: impl FnOnce(),
) -> End {
    let (reader, writer) = tokio::io::split(stream);
    let mut frames = Frames::new(reader);
    let first = match timeout(FIRST, frames.next()).await {
        Ok(Ok(first)) => first,
        Ok(Err(error)) => return error.into(),
        Err(_) => return End::Silent,
    };
    let Some(worker) = stun_ufrag(&first).and_then(prefix::worker) else {
        return End::NotIce;
    };
    // The way closes when the connection ends, whatever ends it.
    let (sender, receiver) = mpsc::channel(QUEUE);
    let Ok(_way) = door.open(Protocol::Tcp, peer, sender) else {
        return End::Taken;
    };
    let hand_in = |contents| {
        let inbound = Inbound {
            protocol: Protocol::Tcp,
            source: peer,
            destination: local,
            contents,
        };
        // What does not fit is lost, as on any full link.
        let _ = door.receive_at(worker, inbound);
    };
    hand_in(first);
    tokio::select! {
        end = read(frames, hand_in) => end,
        end = write(writer, receiver, proven) => end,
    }
}

async fn read<R: AsyncRead + Unpin>(mut frames: Frames<R>, hand_in: impl Fn(Vec<u8>)) -> End {
    loop {
        match timeout(IDLE, frames.next()).await {
            Ok(Ok(frame)) => hand_in(frame),
            Ok(Err(error)) => return error.into(),
            Err(_) => return End::Idle,
        }
    }
}

async fn write(
    mut writer: impl AsyncWrite + Unpin,
    mut receiver: mpsc::Receiver<Vec<u8>>,
    proven: impl FnOnce(),
) -> End {
    let mut datagrams = Vec::with_capacity(WRITE);
    let mut bytes = Vec::new();
    let Ok(mut count) = timeout(ANSWER, receiver.recv_many(&mut datagrams, WRITE)).await else {
        return End::Unknown;
    };
    proven();
    while count > 0 {
        bytes.clear();
        for datagram in datagrams.drain(..) {
            frames::write(&datagram, &mut bytes);
        }
        match timeout(STALLED, writer.write_all(&bytes)).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => return error.into(),
            Err(_) => return End::Stalled,
        }
        let Ok(next) = timeout(IDLE, receiver.recv_many(&mut datagrams, WRITE)).await else {
            return End::Left;
        };
        count = next;
    }
    End::Over
}
