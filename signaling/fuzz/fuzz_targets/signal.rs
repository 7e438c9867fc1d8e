//! Signalling of hostile clients. What an input means stands in `src/signal.rs`.
#![no_main]

#[path = "../src/house.rs"]
mod house;
#[path = "../src/others.rs"]
mod others;
#[allow(
    dead_code,
    unused_imports,
    reason = "rooms are looked at from inside, not as their owner uses them"
)]
#[path = "../../src/room/mod.rs"]
mod room;
#[path = "../src/sfu.rs"]
mod sfu;
#[path = "../src/signal.rs"]
mod signal;
#[path = "../../src/http/wire.rs"]
mod wire;

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    signal::run(input);
});
