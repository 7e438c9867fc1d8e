//! coturn's `turnutils_uclient` and `turnutils_stunclient`.

use std::process::Output;
use std::time::Duration;

use auth::turn::Credentials;
use tokio::process::Command;

use super::bench::{Bench, CANDIDATE};

/// Beyond any real run; only a failing test reaches it.
const PATIENCE: Duration = Duration::from_secs(120);

async fn run(program: &str, arguments: &[&str]) -> (Output, String) {
    let running = Command::new(program)
        .args(arguments)
        .kill_on_drop(true)
        .output();
    let output = tokio::time::timeout(PATIENCE, running).await;
    let output = output
        .expect("it ends")
        .expect("coturn's tools are installed (Debian: coturn)");
    let mut text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.push_str(&String::from_utf8_lossy(&output.stderr));
    (output, text)
}

/// Runs the client with `flags`, 2 parties of 20 messages each to `peer` unless they say else.
pub(super) async fn uclient(
    credentials: &Credentials,
    port: u16,
    peer: &str,
    flags: &[&str],
    host: &str,
) -> (Output, String) {
    let (port, peer_port) = (port.to_string(), CANDIDATE.port().to_string());
    let mut arguments = vec![
        "-v", "-c", "-m", "2", "-n", "20", "-p", &port, "-e", peer, "-r", &peer_port,
    ];
    arguments.extend(["-u", &credentials.username, "-w", &credentials.password]);
    arguments.extend(flags);
    arguments.push(host);
    run("turnutils_uclient", &arguments).await
}

/// Everything that was sent came back.
fn assert_lossless(text: &str) {
    assert_eq!(totals(text), (40, 40), "{text}");
}

/// Messages that the client sent, and that came back to it.
pub(super) fn totals(text: &str) -> (u64, u64) {
    let total = |name: &str| -> u64 {
        let at = text
            .rfind(name)
            .unwrap_or_else(|| panic!("no {name}: {text}"));
        let rest = &text[at + name.len()..];
        let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
        digits.parse().expect("a number")
    };
    (total("tot_send_msgs="), total("tot_recv_msgs="))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_carrier_relays_without_loss() {
    let bench = Bench::start();
    let credentials = bench.credentials();
    let peer = CANDIDATE.ip().to_string();
    let tls = bench.service.tls_port().expect("TLS is on");
    let carriers = [
        (bench.service.udp_port(), None),
        (bench.service.tcp_port(), Some(&["-t"][..])),
        (tls, Some(&["-t", "-S"][..])),
    ];
    let each = carriers.map(|(port, carrier)| {
        let (credentials, peer) = (credentials.clone(), peer.clone());
        tokio::spawn(async move {
            // Channels, Send indications, and DONT-FRAGMENT with messages of odd length.
            for how in [&[][..], &["-s"], &["-g", "-l", "1001"]] {
                let flags = [carrier.unwrap_or_default(), how].concat();
                let (output, text) = uclient(&credentials, port, &peer, &flags, "127.0.0.1").await;
                assert!(output.status.success(), "{flags:?}: {text}");
                assert_lossless(&text);
            }
        })
    });
    for carrier in each {
        carrier.await.expect("no loss");
    }
    for name in ["bedside_turn_to_peer_total", "bedside_turn_to_client_total"] {
        bench
            .until(name, |bench| bench.metric(name) == 9 * 40)
            .await;
    }
    // Those of connections ended with them; over UDP the client leaves two each time to expire.
    let ended = |bench: &Bench| bench.metric("bedside_turn_allocations") == 3 * 2;
    bench.until("end of the allocations", ended).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn clients_over_ipv6_reach_the_same_relay() {
    let bench = Bench::start();
    let credentials = bench.credentials();
    for flags in [&["-X"][..], &["-X", "-t"]] {
        let port = match flags {
            [_] => bench.service.udp_port(),
            _ => bench.service.tcp_port(),
        };
        let (output, text) = uclient(&credentials, port, "127.0.0.1", flags, "::1").await;
        assert!(output.status.success(), "{flags:?}: {text}");
        assert_lossless(&text);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn wrong_and_expired_credentials_get_no_allocation() {
    let bench = Bench::start();
    let mut wrong = bench.credentials();
    wrong.password = bench.expired().password;
    for credentials in [wrong, bench.expired()] {
        for (port, flags) in [
            (bench.service.udp_port(), &[][..]),
            (bench.service.tcp_port(), &["-t"]),
        ] {
            let (output, text) = uclient(&credentials, port, "127.0.0.1", flags, "127.0.0.1").await;
            assert!(!output.status.success(), "{text}");
            assert!(text.contains("Cannot complete Allocation"), "{text}");
        }
    }
    assert_eq!(bench.metric("bedside_turn_allocated_total"), 0);
    bench
        .until("refusal", |bench| {
            bench.metric("bedside_turn_unauthorized_total") >= 4
        })
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_but_our_media_can_be_reached() {
    let bench = Bench::start();
    let credentials = bench.credentials();
    for peer in [
        "10.0.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "127.0.0.2",
        "8.8.8.8",
    ] {
        let port = bench.service.udp_port();
        let (output, text) = uclient(&credentials, port, peer, &[], "127.0.0.1").await;
        assert!(!output.status.success(), "{peer}: {text}");
        assert!(text.contains("403"), "{peer}: {text}");
    }
    assert_eq!(bench.metric("bedside_turn_to_peer_total"), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stun_client_learns_its_own_address() {
    let bench = Bench::start();
    let port = bench.service.udp_port().to_string();
    let (_, text) = run("turnutils_stunclient", &["-p", &port, "127.0.0.1"]).await;
    assert!(text.contains("UDP reflexive addr: 127.0.0.1:"), "{text}");
    assert!(
        !text.contains(&format!("127.0.0.1:{port}")),
        "not ours: {text}"
    );
}
