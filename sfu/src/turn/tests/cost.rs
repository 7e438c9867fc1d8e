//! What a relayed message costs. A debug build tells nothing of that; `docs/benchmarks` has the
//! command for a figure.

use std::fs;

use tokio::runtime::Builder;

use super::bench::{Bench, CANDIDATE};
use super::uclient::{totals, uclient};

/// Name of the threads that relay, and of no others in this process.
const THREADS: &str = "turn-cost";
/// Messages of each party, of which there are ten, and the milliseconds between them.
const LOAD: [&str; 2] = ["3000", "2"];

/// Nanoseconds that the threads which relay have been on a CPU.
fn cpu() -> u64 {
    let threads = fs::read_dir("/proc/self/task").expect("procfs");
    let folders = threads.map(|thread| thread.expect("readable").path());
    let ours = folders.filter(|path| {
        fs::read_to_string(path.join("comm")).is_ok_and(|name| name.trim() == THREADS)
    });
    let on_cpu = |path: std::path::PathBuf| -> u64 {
        let times = fs::read_to_string(path.join("schedstat")).expect("readable");
        let first = times.split_whitespace().next().expect("a number");
        first.parse().expect("a number")
    };
    ours.map(on_cpu).sum()
}

#[test]
fn what_a_relayed_message_costs() {
    let runtime = Builder::new_multi_thread()
        .worker_threads(1)
        .thread_name(THREADS)
        .enable_all()
        .build()
        .expect("threads");
    runtime.block_on(async {
        let bench = Bench::start();
        let peer = CANDIDATE.ip().to_string();
        let tls = bench.service.tls_port().expect("TLS is on");
        for (name, port, carrier) in [
            ("UDP", bench.service.udp_port(), &[][..]),
            ("TCP", bench.service.tcp_port(), &["-t"]),
            ("TLS", tls, &["-t", "-S"]),
        ] {
            let relayed = |bench: &Bench| {
                ["bedside_turn_to_peer_total", "bedside_turn_to_client_total"]
                    .map(|metric| bench.metric(metric))
            };
            let [messages, between] = LOAD;
            let load = ["-m", "10", "-n", messages, "-z", between, "-l", "1200"];
            let flags = [carrier, &load].concat();
            let (before, began) = (relayed(&bench), cpu());
            let (output, text) =
                uclient(&bench.credentials(), port, &peer, &flags, "127.0.0.1").await;
            let nanoseconds = cpu() - began;
            assert!(output.status.success(), "{text}");
            let (sent, back) = totals(&text);
            let all = |bench: &Bench| relayed(bench)[1] >= before[1] + back;
            bench.until("count of what came back", all).await;
            let after = relayed(&bench);
            let messages = (after[0] - before[0] + after[1] - before[1]).max(1);
            println!(
                "TURN over {name}: {sent} messages sent, {back} came back, {:.2} µs of CPU for each relayed message",
                nanoseconds as f64 / 1_000.0 / messages as f64
            );
        }
    });
}
