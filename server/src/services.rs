//! The services of a node, each given what it may have and nothing more.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use store::Db;
use store::sealing::{DataClass, SealingError};
use tracing::info;

use crate::node::{Node, Parts};

/// A service does not start.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ServiceError {
    #[error(transparent)]
    CoreApi(#[from] core_api::StartError),
    #[error("chat does not start: {0}")]
    Chat(#[from] chat::StartError),
    #[error("signaling does not start: {0}")]
    Signaling(#[from] signaling::StartError),
    #[error(transparent)]
    Sfu(#[from] sfu::StartError),
    #[error("the keys cannot be used: {0}")]
    Sealing(#[from] SealingError),
}

/// What runs after [`start`].
pub(crate) struct Services {
    /// The routes of all of them.
    pub(crate) router: Router,
    /// core-api, when it is among them.
    pub(crate) core_api: Option<core_api::Service>,
}

/// Starts `parts`. The SFU comes first and core-api after signaling, so that nobody is let into a
/// room before there is one.
pub(crate) async fn start(
    node: &Node,
    parts: Parts,
    db: Option<&Db>,
    http: SocketAddr,
) -> Result<Services, ServiceError> {
    let mut services = Services {
        router: Router::new(),
        core_api: None,
    };
    if parts.sfu {
        sfu(node, http).await?;
    }
    if parts.signaling {
        services.add(signaling(node).await?);
    }
    if let Some(db) = db {
        if parts.core_api {
            let core_api = core_api(node, db).await?;
            services.add(core_api.router());
            services.core_api = Some(core_api);
        }
        if parts.chat {
            services.add(chat(node, db).await?);
        }
    }
    Ok(services)
}

impl Services {
    fn add(&mut self, routes: Router) {
        self.router = std::mem::take(&mut self.router).merge(routes);
    }
}

async fn sfu(node: &Node, http: SocketAddr) -> Result<(), ServiceError> {
    let config = sfu::Config {
        media_port: node.settings.media_port,
        media_ips: node.settings.media_ips.clone(),
        media_workers: node.settings.media_workers,
        media_tcp_port: node.settings.media_tcp_port,
        io: node.settings.media_io,
        estimation: node.settings.media_estimation,
        loopback: http.ip().is_loopback() || http.ip().is_unspecified(),
        ..sfu::Config::default()
    };
    let deps = sfu::Deps {
        bus: node.bus.clone(),
        entropy: node.entropy.clone(),
    };
    let service = sfu::start(config, deps, &node.context).await?;
    let candidates = service.candidates();
    info!(media.candidates = ?candidates, "Media on UDP {candidates:?}");
    Ok(())
}

async fn signaling(node: &Node) -> Result<Router, ServiceError> {
    let deps = signaling::Deps {
        clock: node.clock.clone(),
        entropy: node.entropy.clone(),
        media_key: Arc::new(node.keys.media.clone()),
        bus: node.bus.clone(),
        journal: node.journal.clone(),
    };
    let config = signaling::Config::default();
    Ok(signaling::start(config, deps, &node.context)
        .await?
        .router())
}

async fn core_api(node: &Node, db: &Db) -> Result<core_api::Service, ServiceError> {
    let config = core_api::Config {
        public_url: node.settings.public_url.clone(),
    };
    let deps = core_api::Deps {
        db: db.clone(),
        bus: node.bus.clone(),
        session_key: node.keys.session.clone(),
        media_key: node.keys.media.clone(),
        sealing: node.sealing.clone(),
        clock: node.clock.clone(),
        entropy: node.entropy.clone(),
    };
    Ok(core_api::start(config, deps, &node.context).await?)
}

async fn chat(node: &Node, db: &Db) -> Result<Router, ServiceError> {
    let config = chat::Config {
        public_url: node.settings.public_url.clone(),
        ..chat::Config::default()
    };
    let deps = chat::Deps {
        db: db.clone(),
        sealer: node.sealing.sealer(DataClass::Messages)?,
        session_key: node.keys.session.clone(),
        bus: node.bus.clone(),
        clock: node.clock.clone(),
        ids: node.ids.clone(),
    };
    Ok(chat::start(config, deps, &node.context).await?.router())
}
