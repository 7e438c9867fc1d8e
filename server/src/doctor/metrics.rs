//! The node's own counts, which tell whether something arrived.

use std::net::SocketAddr;

use tokio::net::TcpStream;

use super::{http, tls_line};

/// What the media workers count datagrams of nobody they know by.
const STRANGERS: &str = "bedside_sfu_strangers_total";

/// Where the node's own counts are read.
pub(super) enum Metrics {
    Own(runtime::Metrics),
    Http(SocketAddr),
    Https(SocketAddr),
    /// Nowhere: the node does not show them here.
    Hidden,
}

impl Metrics {
    /// Datagrams of nobody so far; none when that cannot be read.
    pub(super) async fn strangers(&self) -> Option<u64> {
        let text = match self {
            Self::Own(metrics) => metrics.encode().ok()?,
            Self::Http(address) => {
                let stream = TcpStream::connect(address).await.ok()?;
                http::get(stream, "/metrics").await?
            }
            Self::Https(address) => {
                let stream = tls_line::connect(*address, None).await.ok()?;
                http::get(stream, "/metrics").await?
            }
            Self::Hidden => return None,
        };
        // A line each for the workers, the count at its end.
        let lines = text.lines().filter(|line| line.starts_with(STRANGERS));
        let counts: Vec<u64> = lines
            .filter_map(|line| line.rsplit(' ').next()?.parse().ok())
            .collect();
        (!counts.is_empty()).then(|| counts.iter().sum())
    }
}
