//! TURN messages of strangers and of a user who wants to break in. What an input means stands in `src/turn.rs`.
#![no_main]

#[path = "../src/turn.rs"]
mod turn;

libfuzzer_sys::fuzz_target!(|input: &[u8]| turn::run(input, std::time::Instant::now()));
