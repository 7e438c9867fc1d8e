//! Session descriptions of a hostile client. What an input means stands in `src/description.rs`.
#![no_main]

#[path = "../src/description.rs"]
mod description;

libfuzzer_sys::fuzz_target!(|input: &[u8]| description::run(input, std::time::Instant::now()));
