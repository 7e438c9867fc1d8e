//! The fuzz targets' own functions over the inputs that are kept with them (`fuzz/seeds`): what
//! once was hard to get right is run with every test, by a plain compiler. `fuzz/README.md` tells
//! how new inputs are found.

// The estimator is not public: the module itself is taken, with what its own tests need, which are
// not run here.
#[allow(
    dead_code,
    unused_imports,
    reason = "only what an estimator is fed with is used here"
)]
#[path = "../src/bandwidth/mod.rs"]
mod bandwidth;
#[path = "../fuzz/src/datagram.rs"]
mod datagram;
#[path = "../fuzz/src/description.rs"]
mod description;
#[path = "../fuzz/src/feedback.rs"]
mod feedback;
#[allow(dead_code, reason = "what the estimator's own tests need")]
#[path = "../src/random.rs"]
mod random;
#[path = "../fuzz/src/turn.rs"]
mod turn;

use std::fs;
use std::path::Path;
use std::time::Instant;

/// A target: its name, which is that of its folder, and its function.
type Target = (&'static str, fn(&[u8], Instant));

const TARGETS: [Target; 4] = [
    ("datagram", datagram::run),
    ("description", description::run),
    ("feedback", feedback::run),
    ("turn", turn::run),
];

/// Runs every kept input of a target, and seven beginnings of each; how many inputs.
fn replay((name, run): Target, now: Instant) -> usize {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds");
    let mut count = 0;
    for entry in fs::read_dir(folder.join(name)).expect("seeds") {
        let path = entry.expect("readable").path();
        let input = fs::read(&path).expect("readable");
        let outcome = std::panic::catch_unwind(|| {
            run(&input, now);
            for cut in 1..8 {
                run(&input[..input.len() * cut / 8], now);
            }
        });
        assert!(outcome.is_ok(), "{} fails", path.display());
        count += 1;
    }
    assert!(count > 1, "no seeds of {name}");
    count
}

#[expect(clippy::print_stdout, reason = "what a test harness would tell")]
#[expect(
    clippy::disallowed_methods,
    reason = "an instant cannot be made otherwise; from there time is moved by hand"
)]
fn main() {
    let now = Instant::now();
    for target in TARGETS {
        let count = replay(target, now);
        println!("corpus {}: {count} inputs replayed", target.0);
    }
}
