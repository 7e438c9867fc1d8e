//! Whole calls over simulated paths. Every figure is simulated time and follows from a seed: it is
//! the same on any machine. `cargo test -p sfu-core bandwidth -- --nocapture` prints them.

mod call;
mod feedback;
mod limited;
mod link;
mod losses;
mod paths;
mod shaped;

use call::{App, Call};

/// Each scenario runs with each of these.
const SEEDS: std::ops::RangeInclusive<u64> = 1..=3;

/// The largest of what a scenario gives, over all seeds.
fn worst(scenario: impl Fn(u64) -> f64) -> f64 {
    SEEDS.map(scenario).fold(f64::MIN, f64::max)
}

/// The smallest.
fn least(scenario: impl Fn(u64) -> f64) -> f64 {
    SEEDS.map(scenario).fold(f64::MAX, f64::min)
}
