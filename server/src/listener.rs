//! The HTTP listener: bound before anything else starts, so that a taken port is known at once.

use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::serve::ListenerExt as _;
use runtime::Context;
use tokio::net::TcpListener;
use tracing::info;

/// How long requests under way may take once the stop has begun.
const DRAIN: Duration = Duration::from_secs(10);

/// The address cannot be listened on.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ListenError {
    #[error(
        "{address} is in use by another program: stop it, or choose another address with {flag}"
    )]
    InUse {
        address: SocketAddr,
        flag: &'static str,
    },
    #[error("{address} cannot be listened on: {source}; choose another address with {flag}")]
    Io {
        address: SocketAddr,
        flag: &'static str,
        source: std::io::Error,
    },
}

/// A socket listening at `address`, which `flag` chose, and the address with its port.
pub(crate) async fn bind(
    address: SocketAddr,
    flag: &'static str,
) -> Result<(TcpListener, SocketAddr), ListenError> {
    let refused = |source: std::io::Error| match source.kind() {
        std::io::ErrorKind::AddrInUse => ListenError::InUse { address, flag },
        _ => ListenError::Io {
            address,
            flag,
            source,
        },
    };
    let socket = TcpListener::bind(address).await.map_err(refused)?;
    let address = socket.local_addr().map_err(refused)?;
    Ok((socket, address))
}

/// A bound listener that does not serve yet.
pub(crate) struct Listener {
    socket: TcpListener,
    address: SocketAddr,
}

impl Listener {
    pub(crate) async fn bind(address: SocketAddr) -> Result<Self, ListenError> {
        let (socket, address) = bind(address, "--http").await?;
        Ok(Self { socket, address })
    }

    /// The address bound, with the port the system chose for port 0.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves `router` until the stop begins, then lets requests under way finish for [`DRAIN`].
    pub(crate) fn serve(self, router: Router, context: &Context) {
        let shutdown = context.tasks.shutdown();
        let begun = context.tasks.shutdown();
        info!(http.address = %self.address, "Serving on http://{}", self.address);
        context.tasks.spawn_essential("http", async move {
            // Signalling and chat send small frames that must not wait for one another.
            let socket = self.socket.tap_io(|stream| {
                // A peer that is gone already refuses the option; serving it fails by itself.
                let _ = stream.set_nodelay(true);
            });
            let service = router.into_make_service_with_connect_info::<SocketAddr>();
            let serving = axum::serve(socket, service)
                .with_graceful_shutdown(async move { shutdown.begun().await });
            tokio::select! {
                served = serving => served.map_err(|error| error.to_string()),
                () = async {
                    begun.begun().await;
                    tokio::time::sleep(DRAIN).await;
                } => Ok(()),
            }
        });
    }
}
