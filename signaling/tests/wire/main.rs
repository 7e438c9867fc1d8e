//! A real server, real WebSockets, the real bus; the SFU and core-api are scripted at their ends
//! of the bus.

mod client;
mod node;
mod order;
mod relay;
mod stories;
