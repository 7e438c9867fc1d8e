//! Who may read the metrics: this machine, and whom the operator names. They hold nothing of people,
//! but tell strangers how a clinic's day goes.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::StatusCode;
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};

use crate::settings::Reach;

/// `router`, whose `/metrics` others do not find.
pub(crate) fn guard(router: Router, reach: Reach) -> Router {
    router.layer(from_fn_with_state(Arc::new(reach), admit))
}

async fn admit(State(reach): State<Arc<Reach>>, request: Request, next: Next) -> Response {
    if request.uri().path() != "/metrics" || may(&reach, &request) {
        return next.run(request).await;
    }
    StatusCode::NOT_FOUND.into_response()
}

/// Whether whoever asks is this machine itself, or comes from where metrics may be read.
fn may(reach: &Reach, request: &Request) -> bool {
    let Some(ConnectInfo(peer)) = request.extensions().get::<ConnectInfo<SocketAddr>>() else {
        return false;
    };
    let asks = core_api::asked_from(
        peer.ip().to_canonical(),
        request.headers(),
        &reach.trusted_proxies,
    );
    asks.is_none_or(|address| {
        let mut named = reach.metrics_from.iter();
        named.any(|network| network.holds(address))
    })
}

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::*;

    fn asked(peer: &str, forwarded: Option<&str>, reach: &Reach) -> bool {
        let mut request = Request::builder().uri("/metrics");
        if let Some(forwarded) = forwarded {
            request = request.header("x-forwarded-for", forwarded);
        }
        let peer: SocketAddr = format!("{peer}:4711").parse().expect("an address");
        let request = request.extension(ConnectInfo(peer));
        may(reach, &request.body(Body::empty()).expect("a request"))
    }

    #[test]
    fn this_machine_and_who_is_named_read_the_metrics() {
        let reach = Reach {
            trusted_proxies: vec!["10.0.0.2".parse().expect("an address")],
            metrics_from: vec!["192.0.2.0/24".parse().expect("a range")],
        };
        assert!(asked("127.0.0.1", None, &reach));
        assert!(asked("192.0.2.9", None, &reach));
        assert!(asked("10.0.0.2", Some("192.0.2.9"), &reach));
        assert!(!asked("203.0.113.9", None, &reach));
        assert!(!asked("203.0.113.9", Some("127.0.0.1"), &reach));
        assert!(!asked("10.0.0.2", Some("203.0.113.9"), &reach));
        assert!(!asked("127.0.0.1", Some("203.0.113.9"), &reach));
    }
}
