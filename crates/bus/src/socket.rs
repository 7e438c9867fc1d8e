//! The two kinds of socket in use, and their quirks kept in one place.
//!
//! - A socket is bound under a fresh name and renamed into place: when an earlier owner of the
//!   endpoint ends, `zeromq` removes the file it bound, which must not be ours.
//! - A DEALER never notices that its ROUTER is gone when receiving; the monitor does.

use std::io;
use std::os::unix::net::UnixListener;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::StreamExt as _;
use futures::channel::mpsc;
use zeromq::util::PeerIdentity;
use zeromq::{
    DealerRecvHalf, DealerSendHalf, DealerSocket, MultiPeerBackend, RouterRecvHalf, RouterSendHalf,
    RouterSocket, Socket as _, SocketEvent, SocketOptions, SocketRecv as _, SocketSend as _,
    ZmqMessage,
};

use crate::wire::Frame;
use crate::{BusDir, Endpoint};

/// How often each side says that it is there.
pub(crate) const BEAT: Duration = Duration::from_secs(1);

/// Silence after which a peer counts as gone.
pub(crate) const SILENCE: Duration = Duration::from_secs(10);

/// How long a connection attempt may take before the next one.
const DIAL: Duration = Duration::from_secs(2);

/// The first and the longest pause between connection attempts.
const PAUSE: (Duration, Duration) = (Duration::from_millis(20), Duration::from_secs(1));

/// An endpoint cannot be offered.
#[derive(Debug, thiserror::Error)]
#[error("bus endpoint {endpoint}: {source}")]
pub struct BindError {
    /// The socket's file name.
    pub endpoint: &'static str,
    /// What the system said.
    pub source: io::Error,
}

/// What a bound socket reports.
pub(crate) enum Heard {
    /// A message from a peer.
    Frame(PeerIdentity, Frame),
    /// A peer's connection has ended.
    Gone(PeerIdentity),
}

/// A bound ROUTER.
pub(crate) struct Listener {
    send: RouterSendHalf,
    recv: RouterRecvHalf,
    monitor: mpsc::Receiver<SocketEvent>,
    backend: Arc<dyn MultiPeerBackend>,
}

/// The sending side of a [`Listener`]; may be shared among tasks.
#[derive(Clone)]
pub(crate) struct Replier(RouterSendHalf);

impl Replier {
    /// Hands `frame` to the connection of `peer`; false when it is gone. Does not wait for the
    /// peer: callers keep what is under way to it far below `zeromq`'s queue of 100,000.
    pub(crate) async fn send(&mut self, peer: &PeerIdentity, frame: Frame) -> bool {
        let mut message = frame.into_message();
        message.push_front(Bytes::from(peer.clone()));
        self.0.send(message).await.is_ok()
    }
}

impl Listener {
    /// Offers `endpoint`, taking it over from an earlier owner.
    pub(crate) async fn bind(dir: &BusDir, endpoint: Endpoint) -> Result<Self, BindError> {
        let failed = |source| BindError {
            endpoint: endpoint.file_name(),
            source,
        };
        let fresh = dir.fresh(endpoint);
        let listener = UnixListener::bind(&fresh).map_err(failed)?;
        let mut socket = RouterSocket::new();
        let monitor = socket.monitor();
        let backend = socket.backend();
        socket
            .bind_listener(listener)
            .await
            .map_err(|error| failed(io::Error::other(error)))?;
        std::fs::rename(&fresh, dir.socket(endpoint)).map_err(failed)?;
        let (send, recv) = socket.split();
        Ok(Self {
            send,
            recv,
            monitor,
            backend,
        })
    }

    /// The next message or loss of a peer. Frames that are not ours are dropped with their peer.
    /// Cancel safe.
    pub(crate) async fn next(&mut self) -> Heard {
        loop {
            tokio::select! {
                Ok(message) = self.recv.recv() => match take_apart(message) {
                    Some((peer, Some(frame))) => return Heard::Frame(peer, frame),
                    Some((peer, None)) => {
                        tracing::warn!("A peer on the bus speaks another version: cut it");
                        self.cut(&peer);
                        return Heard::Gone(peer);
                    }
                    None => {}
                },
                Some(SocketEvent::Disconnected(peer)) = self.monitor.next() => {
                    return Heard::Gone(peer);
                }
                else => futures::future::pending().await,
            }
        }
    }

    /// Hands `frame` to the connection of `peer`; false when it is gone.
    pub(crate) async fn send(&mut self, peer: &PeerIdentity, frame: Frame) -> bool {
        let mut message = frame.into_message();
        message.push_front(Bytes::from(peer.clone()));
        self.send.send(message).await.is_ok()
    }

    /// A sender that outlives a borrow of this socket.
    pub(crate) fn replier(&self) -> Replier {
        Replier(self.send.clone())
    }

    /// Ends the connection of `peer`. What it has not read stays in its socket until it reads
    /// or goes; then it sees the end.
    pub(crate) fn cut(&self, peer: &PeerIdentity) {
        self.backend.peer_disconnected(peer);
    }
}

/// The connection broke.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Lost;

/// A connected DEALER; made anew for each connection, because one does not survive its ROUTER.
pub(crate) struct Connection {
    send: DealerSendHalf,
    recv: DealerRecvHalf,
    monitor: mpsc::Receiver<SocketEvent>,
}

impl Connection {
    /// Connects to `endpoint`, trying until it succeeds: pauses double from 20 ms to 1 s.
    /// Cancel safe.
    pub(crate) async fn dial(dir: &BusDir, endpoint: Endpoint) -> Self {
        let address = format!("ipc://{}", dir.socket(endpoint).display());
        let (mut pause, longest) = PAUSE;
        loop {
            let mut options = SocketOptions::default();
            options.connect_timeout(DIAL);
            let mut socket = DealerSocket::with_options(options);
            let monitor = socket.monitor();
            match socket.connect(&address).await {
                Ok(()) => {
                    let (send, recv) = socket.split();
                    return Self {
                        send,
                        recv,
                        monitor,
                    };
                }
                Err(error) => {
                    tracing::debug!(endpoint = endpoint.file_name(), %error, "Bus endpoint is away");
                }
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(longest);
        }
    }

    /// The next frame. Cancel safe.
    pub(crate) async fn next(&mut self) -> Result<Frame, Lost> {
        loop {
            tokio::select! {
                biased;
                message = self.recv.recv() => {
                    let mut frames = message.map_err(|_| Lost)?.into_vec().into_iter();
                    let (Some(header), Some(payload), None) =
                        (frames.next(), frames.next(), frames.next())
                    else {
                        return Err(Lost);
                    };
                    return Frame::from_frames(&header, payload).ok_or(Lost);
                }
                event = self.monitor.next() => match event {
                    Some(SocketEvent::Disconnected(_)) | None => return Err(Lost),
                    Some(_) => {}
                },
            }
        }
    }

    /// Hands `frame` to the connection.
    pub(crate) async fn send(&mut self, frame: Frame) -> Result<(), Lost> {
        self.send.send(frame.into_message()).await.map_err(|_| Lost)
    }
}

/// Identity and frame of a message a ROUTER received.
fn take_apart(message: ZmqMessage) -> Option<(PeerIdentity, Option<Frame>)> {
    let mut frames = message.into_vec().into_iter();
    let peer = PeerIdentity::try_from(frames.next()?).ok()?;
    let frame = match (frames.next(), frames.next(), frames.next()) {
        (Some(header), Some(payload), None) => Frame::from_frames(&header, payload),
        _ => None,
    };
    Some((peer, frame))
}
