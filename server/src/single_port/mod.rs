//! One TCP port for everything: HTTPS, WebSocket, TURN over TCP and TLS, and ICE-TCP. For networks
//! that let out port 443 and nothing else.
//!
//! The first bytes of a connection decide, and after a TLS handshake the first bytes inside it;
//! never ALPN or the server name, which TURN clients do not send alike.

mod first_bytes;
mod http;
mod prefixed;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use runtime::Context;
use sfu::door::Door;
use sfu::turn::{Carrier, Origin, Streams};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::timeout;
use tracing::info;

use crate::listener::{self, ListenError};
use crate::tls::Tls;
use first_bytes::Kind;

/// Connections at a time; further clients wait in the kernel's queue.
const CONNECTIONS: usize = 10_000;
/// A client says something, or ends its TLS handshake, no later than this.
const PATIENCE: Duration = Duration::from_secs(10);
/// After the system gave no connection, for want of file descriptors for instance.
const RETRY: Duration = Duration::from_millis(100);

/// The bound port that does not serve yet.
pub(crate) struct SinglePort {
    socket: TcpListener,
    address: SocketAddr,
    tls: Tls,
}

/// What connections are handed to. TURN and media are absent where no SFU runs.
#[derive(Clone)]
pub(crate) struct Inside {
    pub(crate) router: Router,
    pub(crate) turn: Option<Streams>,
    pub(crate) media: Option<Door>,
}

impl SinglePort {
    pub(crate) async fn bind(address: SocketAddr, tls: Tls) -> Result<Self, ListenError> {
        let (socket, address) = listener::bind(address, "--tls").await?;
        Ok(Self {
            socket,
            address,
            tls,
        })
    }

    /// Where it is bound.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until the stop begins; requests under way then finish.
    pub(crate) fn serve(self, inside: Inside, context: &Context) {
        let Self {
            socket,
            address,
            tls,
        } = self;
        info!(tls.address = %address, "Serving on https://{address}");
        if !tls.is_trusted() {
            info!(
                "The certificate is self-signed, which browsers warn of; name one with --tls-cert and --tls-key, or have one made with --acme-name"
            );
        }
        let shutdown = context.tasks.shutdown();
        let serving = Arc::new(Serving {
            inside,
            tls,
            context: context.clone(),
        });
        context.tasks.spawn_essential("single port", async move {
            tokio::select! {
                () = shutdown.begun() => {}
                () = serving.accept(&socket) => {}
            }
            Ok(())
        });
    }
}

/// What the tasks of all connections share.
struct Serving {
    inside: Inside,
    tls: Tls,
    context: Context,
}

impl Serving {
    async fn accept(self: Arc<Self>, socket: &TcpListener) {
        let room = Arc::new(Semaphore::new(CONNECTIONS));
        loop {
            // Never closed.
            let Ok(permit) = Arc::clone(&room).acquire_owned().await else {
                return;
            };
            let Ok((stream, remote)) = socket.accept().await else {
                // Says nothing about the next one.
                tokio::time::sleep(RETRY).await;
                continue;
            };
            let Ok(local) = stream.local_addr() else {
                continue;
            };
            // A peer that is gone already refuses the option; reading says so.
            let _ = stream.set_nodelay(true);
            let this = Arc::clone(&self);
            self.context
                .tasks
                .spawn("single port connection", async move {
                    this.connection(stream, Origin { remote, local }).await;
                    drop(permit);
                });
        }
    }

    async fn connection(&self, stream: TcpStream, origin: Origin) {
        let Some((kind, stream)) = recognise(stream).await else {
            return;
        };
        if kind != Kind::Tls {
            return self.carry(kind, stream, origin, Carrier::Tcp).await;
        }
        let Ok(Ok(Some(stream))) = timeout(PATIENCE, self.tls.accept(stream)).await else {
            return;
        };
        if let Some((kind, stream)) = recognise(stream).await {
            self.carry(kind, stream, origin, Carrier::Tls).await;
        }
    }

    /// Hands a connection to whom it is for.
    async fn carry<S>(&self, kind: Kind, stream: S, origin: Origin, carrier: Carrier)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let tasks = &self.context.tasks;
        let shutdown = tasks.shutdown();
        match (kind, carrier) {
            (Kind::Http, Carrier::Tls) => {
                let trusted = self.tls.is_trusted();
                let router = self.inside.router.clone();
                http::serve(stream, router, origin.remote, trusted, &shutdown).await;
            }
            (Kind::Http, _) => http::redirect(stream, &shutdown).await,
            (Kind::Turn, _) => {
                if let Some(turn) = &self.inside.turn {
                    tokio::select! {
                        () = shutdown.begun() => {}
                        () = turn.serve(stream, origin, carrier) => {}
                    }
                }
            }
            (Kind::IceTcp, _) => {
                if let Some(door) = &self.inside.media {
                    let Origin { remote, local } = origin;
                    tokio::select! {
                        () = shutdown.begun() => {}
                        () = sfu::tcp::serve(stream, remote, local, door) => {}
                    }
                }
            }
            // TLS inside TLS is nobody's.
            (Kind::Tls, _) => {}
        }
    }
}

/// What a connection carries, and the connection as if nothing had been read. None when it says
/// nothing in time, or nothing we know.
async fn recognise<S>(stream: S) -> Option<(Kind, prefixed::Prefixed<S>)>
where
    S: AsyncRead + Unpin,
{
    timeout(PATIENCE, first_bytes::read(stream)).await.ok()?
}
