//! What Bedside's services say to each other, and how it travels: ZeroMQ over ipc on the node.
//!
//! The bus only wakes and pushes. Every durable fact is in PostgreSQL first; messages carry
//! identifiers and states, never health data or personal data.
//!
//! - [`event`]: facts out of the outbox, positioned without gaps, published to whoever listens.
//! - [`command`]: request and reply between services, with a bound on time and queue.
//! - [`media`]: the link between signaling and its SFU.

pub mod command;
pub mod event;
pub mod media;
