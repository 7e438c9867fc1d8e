//! Datagrams of a hostile client. What an input means stands in `src/datagram.rs`.
#![no_main]

#[path = "../src/datagram.rs"]
mod datagram;

libfuzzer_sys::fuzz_target!(|input: &[u8]| datagram::run(input, std::time::Instant::now()));
