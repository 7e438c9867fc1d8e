//! TCP and TLS connections. Each has a task of its own, so that one that idles, stalls or sends
//! nonsense keeps nobody else waiting; the relay itself never waits for any of them.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use runtime::Tasks;
use sfu_core::turn::{Carrier, Client, StreamDecoder};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout};
use tokio_rustls::TlsAcceptor;

use crate::strangers::{Stranger, Strangers};

/// Events of all connections on their way to the relay at most; then connections wait with
/// reading, in turn.
pub(super) const EVENTS: usize = 1_024;
/// Messages on their way to one connection at most; more are lost, as in a full socket buffer.
const QUEUE: usize = 128;
/// Messages written at once at most.
const BATCH: usize = 64;
/// Bytes the kernel keeps of one connection before it sends them: what waits there is late.
const UNSENT: u32 = 64 * 1024;
/// A TLS handshake takes no longer.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// How long a connection may be silent without an allocation.
const STRANGER_IDLE: Duration = Duration::from_secs(30);
/// How long it may go without one, however much it says.
const STRANGER_TIME: Duration = Duration::from_secs(60);
/// How long a connection with one may be silent. A client renews its permissions every few minutes (RFC 8656, section 9).
const IDLE: Duration = Duration::from_secs(660);
/// A peer that takes nothing for so long is gone.
const STALLED: Duration = Duration::from_secs(10);

/// What a connection tells the relay.
pub(super) enum StreamEvent {
    /// It is there.
    Connected { client: Client, link: Link },
    /// It brought a message.
    Message { client: Client, contents: Vec<u8> },
    /// It is gone.
    Gone { client: Client },
}

/// The relay's side of a connection. Dropping it ends the connection.
pub(super) struct Link {
    queue: mpsc::Sender<Vec<u8>>,
    allocated: Arc<AtomicBool>,
}

impl Link {
    /// Queues a message. False when it is lost.
    pub(super) fn send(&self, contents: Vec<u8>) -> bool {
        self.queue.try_send(contents).is_ok()
    }

    /// Whether the connection has ended.
    pub(super) fn is_over(&self) -> bool {
        self.queue.is_closed()
    }

    /// The client has, or no longer has, an allocation.
    pub(super) fn set_allocated(&self, allocated: bool) {
        self.allocated.store(allocated, Ordering::Relaxed);
    }
}

/// The two ends of a connection.
#[derive(Debug, Clone, Copy)]
pub struct Origin {
    /// The client's.
    pub remote: SocketAddr,
    /// Ours.
    pub local: SocketAddr,
}

/// Serves connections, whoever accepted them. Cheap to clone.
#[derive(Clone)]
pub struct Streams {
    events: mpsc::Sender<StreamEvent>,
    strangers: Strangers,
    tasks: Tasks,
}

impl Streams {
    pub(super) fn new(events: mpsc::Sender<StreamEvent>, tasks: Tasks) -> Self {
        Self {
            events,
            strangers: Strangers::default(),
            tasks,
        }
    }

    /// Serves a connection just accepted in a task of its own, with a TLS handshake first if
    /// `tls` is given. It is closed at once when too many idle ones are open.
    pub(super) fn spawn(
        &self,
        stream: TcpStream,
        origin: Origin,
        carrier: Carrier,
        tls: Option<TlsAcceptor>,
    ) {
        let Some(stranger) = self.strangers.admit(origin.remote.ip()) else {
            return;
        };
        prepare(&stream);
        let this = self.clone();
        let shutdown = self.tasks.shutdown();
        self.tasks.spawn("turn connection", async move {
            let serving = async {
                match tls {
                    None => this.run(stream, origin, carrier, stranger).await,
                    Some(tls) => {
                        if let Ok(Ok(stream)) = timeout(HANDSHAKE, tls.accept(stream)).await {
                            this.run(stream, origin, carrier, stranger).await;
                        }
                    }
                }
            };
            tokio::select! {
                () = shutdown.begun() => {}
                () = serving => {}
            }
        });
    }

    /// Serves a connection that was accepted and looked at elsewhere, until it ends. It ends at
    /// once when too many idle ones are open.
    pub async fn serve<S>(&self, stream: S, origin: Origin, carrier: Carrier)
    where
        S: AsyncRead + AsyncWrite + Send,
    {
        if let Some(stranger) = self.strangers.admit(origin.remote.ip()) {
            self.run(stream, origin, carrier, stranger).await;
        }
    }

    async fn run<S>(&self, stream: S, origin: Origin, carrier: Carrier, stranger: Stranger)
    where
        S: AsyncRead + AsyncWrite + Send,
    {
        let client = Client {
            carrier,
            remote: canonical(origin.remote),
            local: canonical(origin.local),
        };
        let (queue, outbox) = mpsc::channel(QUEUE);
        let allocated = Arc::new(AtomicBool::new(false));
        let link = Link {
            queue,
            allocated: Arc::clone(&allocated),
        };
        let hello = StreamEvent::Connected { client, link };
        if self.events.send(hello).await.is_err() {
            return;
        }
        let (reader, writer) = tokio::io::split(stream);
        tokio::select! {
            () = self.read(reader, client, &allocated, stranger) => {}
            () = write(writer, outbox) => {}
        }
        // The relay ends with the program; then nobody needs to know.
        let _ = self.events.send(StreamEvent::Gone { client }).await;
    }

    /// Passes messages on until the stream ends, carries something else, or is silent too long.
    async fn read<R>(
        &self,
        mut reader: R,
        client: Client,
        allocated: &AtomicBool,
        stranger: Stranger,
    ) where
        R: AsyncRead + Unpin,
    {
        let mut decoder = StreamDecoder::default();
        let mut stranger = Some(stranger);
        let mut silent = Duration::ZERO;
        let mut known = Instant::now();
        loop {
            let got = timeout(STRANGER_IDLE, reader.read(decoder.space())).await;
            // Looked at after the wait: the answer to an Allocate opens it meanwhile.
            let allocated = allocated.load(Ordering::Relaxed);
            if allocated {
                drop(stranger.take());
                known = Instant::now();
            } else if known.elapsed() >= STRANGER_TIME {
                return;
            }
            match got {
                Ok(Ok(count)) if count > 0 => {
                    silent = Duration::ZERO;
                    decoder.filled(count);
                }
                // A stranger had its time, and so had a client that is long gone.
                Err(_) => {
                    silent += STRANGER_IDLE;
                    if !allocated || silent >= IDLE {
                        return;
                    }
                }
                Ok(_) => return,
            }
            loop {
                let contents = match decoder.next() {
                    Ok(Some(message)) => message.to_vec(),
                    Ok(None) => break,
                    Err(_) => return,
                };
                let message = StreamEvent::Message { client, contents };
                if self.events.send(message).await.is_err() {
                    return;
                }
            }
        }
    }
}

/// Writes what the relay queues until the relay lets go or the peer takes nothing any more.
async fn write<W>(mut writer: W, mut outbox: mpsc::Receiver<Vec<u8>>)
where
    W: AsyncWrite + Unpin,
{
    let mut batch = Vec::with_capacity(BATCH);
    let mut joined = Vec::new();
    loop {
        if outbox.recv_many(&mut batch, BATCH).await == 0 {
            return;
        }
        joined.clear();
        for message in batch.drain(..) {
            joined.extend_from_slice(&message);
        }
        let written = timeout(STALLED, async {
            writer.write_all(&joined).await?;
            writer.flush().await
        });
        if !matches!(written.await, Ok(Ok(()))) {
            return;
        }
    }
}

/// Media must not wait in the kernel.
pub(super) fn prepare(stream: &TcpStream) {
    // A peer that is gone already refuses the options; reading says so.
    let _ = stream.set_nodelay(true);
    let _ = socket2::SockRef::from(stream).set_tcp_notsent_lowat(UNSENT);
}

/// An IPv4 address that came through an IPv6 socket is an IPv4 address.
fn canonical(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip().to_canonical(), address.port())
}
