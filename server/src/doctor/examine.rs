//! The paths of the node that the settings describe, on this machine.

use std::sync::Arc;

use auth::SystemEntropy;
use domain::{Clock as _, Entropy, SystemClock};
use tokio::net::TcpStream;

use super::metrics::Metrics;
use super::targets::{Targets, reachable};
use super::{Check, Finding, http, ports};
use crate::data_dir::DataDir;
use crate::settings::Settings;
use crate::turn;

/// The paths tried if the node runs, otherwise whether its ports are free.
pub(super) async fn here(settings: &Settings) -> Vec<Check> {
    let address = reachable(settings.http);
    if !runs(settings).await {
        return ports::examine(settings).await;
    }
    let answers = Finding::Fine(format!("answers at {address}"));
    let mut checks = vec![Check::new("HTTP", answers)];
    let entropy = Arc::new(SystemEntropy) as Arc<dyn Entropy>;
    let keys = DataDir::create(&settings.data_dir).and_then(|dir| dir.keys(&entropy));
    match keys {
        Ok(keys) => {
            let host = turn::host(settings, None);
            let mut targets = of(settings, host.unwrap_or_else(|| "this machine".to_owned()));
            targets.key = Some(keys.turn);
            checks.extend(targets.check(&Metrics::Http(address)).await);
            checks.extend(targets.certificate(SystemClock.now()).await);
        }
        Err(error) => checks.push(Check::new("TURN", Finding::Fault(error.to_string()))),
    }
    checks
}

/// Whether the node that `settings` describe runs on this machine.
pub(super) async fn runs(settings: &Settings) -> bool {
    match TcpStream::connect(reachable(settings.http)).await {
        Ok(stream) => http::get(stream, "/healthz").await.is_some(),
        Err(_) => false,
    }
}

/// The paths that `settings` describe, without keys.
pub(super) fn of(settings: &Settings, host: String) -> Targets {
    Targets {
        host,
        at: None,
        media: settings.media_port,
        media_tcp: settings.media_tcp_port,
        turn: settings.paths.turn.then(|| turn::configured(settings)),
        single: settings.paths.tls,
        key: None,
    }
}
