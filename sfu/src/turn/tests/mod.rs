//! The fronts, judged by coturn's own client and by clients that misbehave.

mod bench;
mod cost;
mod misbehaviour;
mod uclient;
mod udp;
