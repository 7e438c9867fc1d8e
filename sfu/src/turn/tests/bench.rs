//! A TURN server whose media worker sends everything back.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use auth::turn::{Credentials, Turn};
use auth::{Key, SystemEntropy};
use domain::{Clock, SystemClock};
use mio::{Events, Poll, Token, Waker};
use runtime::Context;
use sfu_core::{Path, Protocol};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

use super::super::{Config, Deps, Service, start};
use crate::door::{Door, Entrance};

/// The first peer there is. Nothing listens there: the worker is met through the door.
pub(super) const CANDIDATE: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 7882);

pub(super) struct Bench {
    pub(super) service: Service,
    pub(super) context: Context,
    turn: Turn,
}

impl Bench {
    pub(super) fn start() -> Self {
        let key = Key::from_bytes([9; 32]);
        let context = Context::new();
        let config = Config {
            addresses: vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()],
            port: 0,
            tls: Some((0, acceptor())),
            ..Config::default()
        };
        let deps = Deps {
            door: echo(),
            key: key.clone(),
            clock: Arc::new(SystemClock),
            entropy: Arc::new(SystemEntropy),
        };
        let service = start(config, deps, &context).expect("started");
        Self {
            service,
            context,
            turn: Turn::new(&key),
        }
    }

    /// Credentials for someone else each time, good for ten minutes.
    pub(super) fn credentials(&self) -> Credentials {
        let room = "01900000-0000-7000-8000-000000000001".parse().expect("id");
        let identity = "01900000-0000-7000-8000-000000000002".parse().expect("id");
        let until = SystemClock.now() + Duration::from_secs(600);
        self.turn.mint(room, identity, until)
    }

    /// Credentials of yesterday.
    pub(super) fn expired(&self) -> Credentials {
        let until = SystemClock.now() - Duration::from_secs(86_400);
        self.turn.mint_probe(until)
    }

    /// The value of one of the server's metrics.
    pub(super) fn metric(&self, name: &str) -> u64 {
        let text = self.context.metrics.encode().expect("encoded");
        let line = text
            .lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        line.expect("the metric").parse().expect("a number")
    }

    /// Waits until `condition` holds.
    pub(super) async fn until(&self, what: &str, condition: impl Fn(&Self) -> bool) {
        let waited = tokio::time::timeout(Duration::from_secs(60), async {
            while !condition(self) {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        });
        waited.await.unwrap_or_else(|_| {
            panic!(
                "no {what}: {}",
                self.context.metrics.encode().expect("encoded")
            )
        });
    }
}

/// A door behind which a worker sends every datagram back to where it came from.
fn echo() -> Door {
    let mut poll = Poll::new().expect("a poll");
    let waker = Arc::new(Waker::new(poll.registry(), Token(0)).expect("a waker"));
    // coturn's client gives each of its parties the next port.
    let candidates = (0..12).map(|next| SocketAddr::new(CANDIDATE.ip(), CANDIDATE.port() + next));
    let (entrance, mut doorway) = Entrance::new(waker, candidates.collect());
    std::thread::spawn(move || {
        let mut events = Events::with_capacity(4);
        loop {
            poll.poll(&mut events, None).expect("polled");
            doorway.look();
            while let Some(inbound) = doorway.next() {
                doorway.learn();
                let path = Path {
                    protocol: Protocol::Udp,
                    destination: inbound.source,
                    source: inbound.destination,
                };
                doorway.send(path, &inbound.contents);
            }
        }
    });
    Door::new(vec![entrance])
}

fn acceptor() -> TlsAcceptor {
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).expect("made");
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()));
    let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .expect("a certificate");
    TlsAcceptor::from(Arc::new(config))
}
