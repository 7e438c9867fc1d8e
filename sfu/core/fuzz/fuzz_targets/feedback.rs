//! Transport-wide feedback from a hostile receiver. What an input means stands in `src/feedback.rs`.
#![no_main]

#[allow(
    dead_code,
    reason = "the module is looked at from inside, not as its owner uses it"
)]
#[path = "../../src/bandwidth/mod.rs"]
mod bandwidth;
#[path = "../src/feedback.rs"]
mod feedback;

libfuzzer_sys::fuzz_target!(|input: &[u8]| feedback::run(input, std::time::Instant::now()));
