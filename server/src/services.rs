//! The services of a node, each given what it may have and nothing more.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use sfu::door::Door;
use store::sealing::DataClass;
use tracing::info;

use crate::doctor::Targets;
use crate::node::{Data, Node, Parts};
use crate::settings::mail;
use crate::tls::Tls;
use crate::turn;

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
    #[error("{0}; choose another with --turn-port or --turn-tls-port, or --turn off")]
    Turn(#[from] sfu::turn::StartError),
}

/// What runs after [`start`].
pub(crate) struct Services {
    /// The routes of all of them.
    pub(crate) router: Router,
    /// core-api, when it is among them.
    pub(crate) core_api: Option<core_api::Service>,
    /// The media engine, when it is among them.
    pub(crate) sfu: Option<sfu::Service>,
    /// The way to its workers.
    pub(crate) media: Option<Door>,
    /// Its own TCP port for media, where it has one.
    media_tcp: Option<u16>,
    /// The TURN server, where it runs.
    pub(crate) turn: Option<sfu::turn::Service>,
}

/// What the node was bound to before any service started.
pub(crate) struct Front {
    pub(crate) http: SocketAddr,
    pub(crate) tls: Option<Tls>,
    /// The single port.
    pub(crate) single: Option<SocketAddr>,
}

/// Starts `parts`. The SFU comes first and core-api after signaling, so that nobody is let into a
/// room before there is one.
pub(crate) async fn start(
    node: &Node,
    parts: Parts,
    data: Option<&Data>,
    front: &Front,
) -> Result<Services, ServiceError> {
    let mut services = Services {
        router: Router::new(),
        core_api: None,
        sfu: None,
        media: None,
        media_tcp: None,
        turn: None,
    };
    if parts.sfu {
        let sfu = sfu(node, front).await?;
        services.turn = turn::start(node, &sfu, front.tls.as_ref())?;
        services.media = Some(sfu.door().clone());
        // The first is its own; the single port's follow.
        let own = sfu.tcp_candidates().first().map(SocketAddr::port);
        services.media_tcp = own.filter(|_| node.settings.media_tcp_port.is_some());
        services.sfu = Some(sfu);
    }
    if parts.signaling {
        let relay = services.relay(node, front);
        services.add(signaling(node, relay).await?);
    }
    if let Some(data) = data {
        if parts.core_api {
            let core_api = core_api(node, data, parts.demo, front.http).await?;
            services.add(core_api.router());
            services.core_api = Some(core_api);
        }
        if parts.chat {
            services.add(chat(node, data).await?);
        }
    }
    Ok(services)
}

impl Services {
    fn add(&mut self, routes: Router) {
        self.router = std::mem::take(&mut self.router).merge(routes);
    }

    /// The ports of our own TURN server, where it runs.
    fn ports(&self, front: &Front) -> Option<turn::Ports> {
        self.turn.as_ref().map(|turn| turn::Ports {
            udp: turn.udp_port(),
            tcp: turn.tcp_port(),
            tls: turn.tls_port(),
            single: front.single.map(|address| address.port()),
        })
    }

    /// Where the node's paths begin, where its media runs.
    pub(crate) fn targets(&self, node: &Node, front: &Front) -> Option<Targets> {
        let media = self.media.as_ref()?.candidates();
        let public = self.turn.as_ref().map(sfu::turn::Service::address);
        let host = turn::host(&node.settings, public);
        Some(Targets {
            host: host.unwrap_or_else(|| "this machine".to_owned()),
            at: None,
            media: media.first()?.port(),
            media_tcp: self.media_tcp,
            turn: self.ports(front),
            single: front.single,
            key: Some(node.keys.turn.clone()),
        })
    }

    /// What clients are told of relays: ours as it runs here, or as the settings say it runs in
    /// the SFU's own process.
    fn relay(&self, node: &Node, front: &Front) -> Option<signaling::RelayConfig> {
        let ports = self.ports(front);
        let ports = ports.unwrap_or_else(|| turn::configured(&node.settings));
        let media = self.turn.as_ref().map(sfu::turn::Service::address);
        let urls = turn::urls(&node.settings, media, ports);
        (!urls.is_empty()).then(|| {
            info!(turn.urls = ?urls, "Clients are told of TURN at {urls:?}");
            signaling::RelayConfig {
                urls,
                key: node.keys.turn.clone(),
            }
        })
    }
}

async fn sfu(node: &Node, front: &Front) -> Result<sfu::Service, ServiceError> {
    let config = sfu::Config {
        media_port: node.settings.media_port,
        media_ips: node.settings.media_ips.clone(),
        media_workers: node.settings.media_workers,
        media_tcp_port: node.settings.media_tcp_port,
        io: node.settings.media_io,
        estimation: node.settings.media_estimation,
        loopback: front.http.ip().is_loopback() || front.http.ip().is_unspecified(),
        further_tcp_ports: front.single.iter().map(SocketAddr::port).collect(),
        ..sfu::Config::default()
    };
    let deps = sfu::Deps {
        bus: node.bus.clone(),
        entropy: node.entropy.clone(),
    };
    let service = sfu::start(config, deps, &node.media).await?;
    let candidates = service.candidates();
    info!(media.candidates = ?candidates, "Media on UDP {candidates:?}");
    Ok(service)
}

async fn signaling(
    node: &Node,
    relay: Option<signaling::RelayConfig>,
) -> Result<Router, ServiceError> {
    let deps = signaling::Deps {
        clock: node.clock.clone(),
        entropy: node.entropy.clone(),
        media_key: Arc::new(node.keys.media.clone()),
        bus: node.bus.clone(),
        journal: node.journal.clone(),
    };
    let config = signaling::Config {
        relay,
        ..signaling::Config::default()
    };
    Ok(signaling::start(config, deps, &node.context)
        .await?
        .router())
}

async fn core_api(
    node: &Node,
    data: &Data,
    demo: bool,
    http: SocketAddr,
) -> Result<core_api::Service, ServiceError> {
    let settings = &node.settings;
    let links = settings.public_url.clone();
    let links = links.unwrap_or_else(|| format!("http://localhost:{}", http.port()));
    let mail = match &settings.mail {
        Some(mail) => Some(mail.config(links)),
        None => demo.then(|| mail::files(&settings.data_dir, links)),
    };
    let config = core_api::Config {
        public_url: node.settings.public_url.clone(),
        mfa: node.settings.sign_in.mfa(demo),
        breached_passwords: node.settings.sign_in.breached_passwords.clone(),
        trusted_proxies: node.settings.reach.trusted_proxies.clone(),
        mail,
        ..core_api::Config::default()
    };
    let deps = core_api::Deps {
        db: data.db.clone(),
        bus: node.bus.clone(),
        session_key: node.keys.session.clone(),
        media_key: node.keys.media.clone(),
        sealing: data.sealing.clone(),
        clock: node.clock.clone(),
        entropy: node.entropy.clone(),
    };
    Ok(core_api::start(config, deps, &node.context).await?)
}

async fn chat(node: &Node, data: &Data) -> Result<Router, ServiceError> {
    let config = chat::Config {
        public_url: node.settings.public_url.clone(),
        ..chat::Config::default()
    };
    let deps = chat::Deps {
        db: data.db.clone(),
        sealer: data.sealing.sealer(DataClass::Messages),
        session_key: node.keys.session.clone(),
        bus: node.bus.clone(),
        clock: node.clock.clone(),
        ids: node.ids.clone(),
    };
    Ok(chat::start(config, deps, &node.context).await?.router())
}
