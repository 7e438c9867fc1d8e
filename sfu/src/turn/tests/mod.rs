//! The fronts, judged by coturn's own client and by clients that misbehave.

mod bench;
#[cfg(not(debug_assertions))]
mod cost;
mod misbehaviour;
mod uclient;
mod udp;
