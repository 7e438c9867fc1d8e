//! What Bedside's services say to each other, and how it travels: ZeroMQ over ipc on the node.
//!
//! The bus only wakes and pushes. Every durable fact is in PostgreSQL first; messages carry
//! identifiers and states, never health data or personal data.
//!
//! Messages:
//! - [`event`]: facts out of the outbox, positioned without gaps, published to whoever listens.
//! - [`command`]: request and reply between services, with a bound on time and queue.
//! - [`journal`]: what happened in media rooms, in order and once.
//! - [`moderation`]: what core-api asks of a media room.
//! - [`media`]: the link between signaling and its SFU.
//!
//! How they travel, all within a [`BusDir`] only its owner can enter:
//! - [`Publisher`] and [`Subscriber`]: one to many; may miss, says so, never grows.
//! - [`DurableConsumer`]: turns that into "each fact once, in order" with a cursor in PostgreSQL.
//! - [`request`]: a question and its answer.
//! - [`link`]: an ordered stream both ways that breaks loudly, never silently.
//!
//! Every socket is a ROUTER (the side that binds) or a DEALER (the side that connects and
//! reconnects). PUB is not used: its queue for a stalled peer cannot be seen, so it cannot be
//! bounded. Here receivers acknowledge, so the sender knows how much is under way to each.

pub mod command;
pub mod event;
pub mod journal;
pub mod link;
pub mod media;
pub mod moderation;
pub mod request;

mod dir;
mod durable;
mod publisher;
mod socket;
mod subscriber;
mod wire;

pub use dir::{
    BusDir, BusDirError, CORE_COMMANDS, CORE_EVENTS, Endpoint, SFU_LINK, SIGNALING_COMMANDS,
};
pub use durable::{DurableConsumer, Step, Sweep};
pub use publisher::{PublishError, Publisher};
pub use socket::BindError;
pub use subscriber::{Incoming, Subscriber};
pub use wire::MAX_MESSAGE;
