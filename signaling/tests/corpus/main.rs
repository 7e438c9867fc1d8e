//! The fuzz target's own function over the inputs that are kept with it (`fuzz/seeds`), by a plain
//! compiler. `fuzz/README.md` tells how new inputs are found.
//!
//! Inputs named `story-…` are written by [`stories`]; `UPDATE=1` writes them anew.

#[path = "../../fuzz/src/house.rs"]
mod house;
#[path = "../../fuzz/src/others.rs"]
mod others;
// Neither module is public: they are taken with what their own tests need, which are not run here.
#[allow(dead_code, unused_imports, reason = "looked at from inside")]
#[path = "../../src/room/mod.rs"]
mod room;
#[path = "../../fuzz/src/sfu.rs"]
mod sfu;
#[path = "../../fuzz/src/signal.rs"]
mod signal;
mod stories;
#[allow(dead_code, unused_imports, reason = "looked at from inside")]
#[path = "../../src/http/wire.rs"]
mod wire;

use std::fs;
use std::path::{Path, PathBuf};

use house::Reached;

fn seeds() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds/signal")
}

/// The written inputs are those of today's messages, and reach what they are written for.
fn tell_stories() -> Reached {
    let update = std::env::var_os("UPDATE").is_some();
    let mut sum = Reached::default();
    for (name, story) in stories::all() {
        let path = seeds().join(format!("story-{name}"));
        if update {
            fs::write(&path, &story).expect("written");
        }
        let kept = fs::read(&path).unwrap_or_default();
        assert!(kept == story, "{name} is stale: UPDATE=1 writes it anew");
        let reached = signal::run(&story);
        assert!(reached.joins > 0, "nobody comes into {name}");
        sum.joins += reached.joins;
        sum.resumes += reached.resumes;
        sum.subscriptions += reached.subscriptions;
        sum.refusals += reached.refusals;
        sum.closes += reached.closes;
    }
    sum
}

/// Runs every kept input, and seven beginnings of each; how many inputs.
fn replay() -> usize {
    let mut count = 0;
    for entry in fs::read_dir(seeds()).expect("seeds") {
        let path = entry.expect("readable").path();
        let input = fs::read(&path).expect("readable");
        let outcome = std::panic::catch_unwind(|| {
            signal::run(&input);
            for cut in 1..8 {
                signal::run(&input[..input.len() * cut / 8]);
            }
        });
        assert!(outcome.is_ok(), "{} fails", path.display());
        count += 1;
    }
    count
}

#[expect(clippy::print_stdout, reason = "what a test harness would tell")]
fn main() {
    let reached = tell_stories();
    let told = [
        reached.joins,
        reached.resumes,
        reached.subscriptions,
        reached.refusals,
        reached.closes,
    ];
    assert!(told.iter().all(|count| *count > 1), "{reached:?}");
    let count = replay();
    assert!(count > stories::all().len(), "only what is written anew");
    println!("corpus signal: {count} inputs replayed; {reached:?}");
}
