//! Measures what password hashes cost on this machine:
//! `cargo run --release -p auth --example argon2`.
//!
//! For each cost: the time of one hash alone, and the hashes per second with every core at work.

#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a measurement reads the clock and prints"
)]

use std::num::NonZero;
use std::time::{Duration, Instant};

use auth::password::{self, COST, Cost};

/// How long each cost is measured, alone and with every core.
const TIME: Duration = Duration::from_secs(3);

fn main() {
    let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
    println!("cores {cores}");
    println!("memory_mib passes lanes  ms_alone  hashes_per_s_all_cores  memory_mib_all_cores");
    for (memory_mib, passes) in [
        (19, 2),
        (19, 3),
        (32, 2),
        (46, 1),
        (47, 2),
        (64, 2),
        (64, 3),
    ] {
        let cost = Cost {
            memory_kib: memory_mib * 1024,
            passes,
            lanes: 1,
        };
        let mut alone = Vec::new();
        let begun = Instant::now();
        while begun.elapsed() < TIME {
            let started = Instant::now();
            one(cost);
            alone.push(started.elapsed());
        }
        alone.sort_unstable();
        let median = alone[alone.len() / 2].as_secs_f64() * 1_000.0;
        let begun = Instant::now();
        let hashes: usize = std::thread::scope(|scope| {
            let workers: Vec<_> = (0..cores).map(|_| scope.spawn(|| worker(cost))).collect();
            let done = workers.into_iter().map(|worker| worker.join());
            done.map(|done| done.unwrap_or_default()).sum()
        });
        let rate = hashes as f64 / begun.elapsed().as_secs_f64();
        let mark = if cost == COST { "  in use" } else { "" };
        println!(
            "{memory_mib:10} {passes:6} {lanes:5} {median:9.1} {rate:23.1} {all:21}{mark}",
            lanes = cost.lanes,
            all = memory_mib as usize * cores,
        );
    }
}

fn worker(cost: Cost) -> usize {
    let begun = Instant::now();
    let mut done = 0;
    while begun.elapsed() < TIME {
        one(cost);
        done += 1;
    }
    done
}

fn one(cost: Cost) {
    let hash = password::hash("correct horse battery", &[7; 16], cost);
    std::hint::black_box(hash).expect("a cost within bounds");
}
