//! Against a real ACME server.

use std::fs;
use std::net::{IpAddr, Ipv4Addr};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::Mutex;

use jiff::{SignedDuration, Timestamp};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::super::acme::Settings;
use super::authority::Authority;
use super::*;

const NAMES: [&str; 2] = ["visits.clinic.example", "turn.clinic.example"];

/// A clock moved by hand.
struct Hand(Mutex<Timestamp>);

impl Hand {
    fn forward(&self, days: i64) {
        let mut now = self.0.lock().expect("whole");
        *now += SignedDuration::from_hours(24 * days);
    }
}

impl Clock for Hand {
    fn now(&self) -> Timestamp {
        *self.0.lock().expect("whole")
    }
}

/// An address of this process alone, so that its ports are, too.
fn address() -> IpAddr {
    let [_, _, high, low] = std::process::id().to_be_bytes();
    Ipv4Addr::new(127, 77, high, low.clamp(1, 254)).into()
}

/// Answers at a port the way the single port does.
fn serve(tls: &Tls, listener: TcpListener) -> JoinHandle<()> {
    let tls = tls.clone();
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.expect("accepted");
            let tls = tls.clone();
            // Whether the authority is content is seen by what it gives.
            tokio::spawn(async move { tls.accept(stream).await.map(drop) });
        }
    })
}

fn is_private(path: &Path) -> bool {
    let mode = fs::metadata(path).expect("kept").permissions().mode();
    mode & 0o077 == 0
}

fn chain(tls: &Tls) -> Vec<tokio_rustls::rustls::pki_types::CertificateDer<'static>> {
    tls.certificate.current().key.cert.clone()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_certificate_is_ordered_kept_and_renewed_and_survives_refusals() {
    let listener = TcpListener::bind((address(), 0)).await.expect("bound");
    let port = listener.local_addr().expect("an address").port();
    let mut authority = Authority::start(address(), port);
    let dir = tempfile::tempdir().expect("folder");
    let folder = dir.path().join("tls");
    let settings = Settings {
        names: NAMES.map(str::to_owned).to_vec(),
        contact: Some("it@clinic.example".to_owned()),
        directory: authority.directory(),
        root: Some(authority.root()),
    };
    let hand = Arc::new(Hand(Mutex::new(SystemClock.now())));
    let clock: Arc<dyn Clock> = Arc::clone(&hand) as _;
    let load = || {
        let source = Source::Acme(settings.clone());
        Tls::load(&source, &folder, vec!["localhost".to_owned()], &clock).expect("loaded")
    };

    // The first order; until then a self-signed certificate serves.
    let tls = load();
    assert!(!tls.is_trusted());
    let serving = serve(&tls, listener);
    let keeper = tls.keeper.clone().expect("one that orders");
    assert!(keeper.turn().await.expect("given"));
    assert!(tls.is_trusted());
    let validity = tls.certificate.validity().expect("readable");
    assert!(NAMES.iter().all(|name| validity.is_for(name)));
    assert!(!validity.is_self_signed());
    let first = chain(&tls);
    assert!(first.len() > 1, "with the authority's own certificate");
    let store = folder.join("acme");
    let store = fs::read_dir(&store).expect("kept").next();
    let store = store.expect("one authority").expect("readable").path();
    for path in [
        &store,
        &store.join("certificate.pem"),
        &store.join("account.json"),
    ] {
        assert!(is_private(path), "{}", path.display());
    }

    // Nothing is due, and the next life begins with what was kept.
    assert!(!keeper.turn().await.expect("not due"));
    let again = load();
    assert!(again.is_trusted());
    assert_eq!(chain(&again), first);

    // A third before its end it is renewed, by the same account.
    let account = fs::read(store.join("account.json")).expect("kept");
    hand.forward(59);
    assert!(!keeper.turn().await.expect("not due"));
    hand.forward(2);
    assert!(keeper.turn().await.expect("renewed"));
    let second = chain(&tls);
    assert_ne!(second, first);
    assert_eq!(fs::read(store.join("account.json")).expect("kept"), account);

    // An authority that has forgotten us is asked anew.
    hand.forward(61);
    authority.restart();
    let forgotten = keeper.turn().await.expect_err("unknown");
    assert!(forgotten.to_string().contains("account"), "{forgotten}");
    assert!(keeper.turn().await.expect("given"));
    let third = chain(&tls);
    assert_ne!(third, second);

    // Nobody answers the authority: it refuses, and what there is stays.
    serving.abort();
    let _ = serving.await;
    hand.forward(61);
    let refused = keeper.turn().await.expect_err("refused");
    assert!(
        refused.to_string().contains("tls-alpn-01"),
        "what the authority said: {refused}"
    );
    assert_eq!(chain(&tls), third);
    assert!(tls.is_trusted());
}
