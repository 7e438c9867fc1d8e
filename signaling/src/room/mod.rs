//! Rooms: who is there, what they publish, who receives what.
//!
//! # Contract
//! [`Rooms`] has no sockets, tasks, threads or clock. The shell feeds one input at a time
//! ([`Rooms::connect`], [`Rooms::receive`], [`Rooms::sfu`], …) with the present [`Now`], then
//! drains [`Rooms::poll_output`] until it is empty, and calls [`Rooms::handle_timeout`] at
//! [`Rooms::deadline`]. Outputs to one connection and to the SFU keep their order; clients rely
//! on it (an `Update` names a track before the SDP that carries it).
//!
//! One room never touches another, and after its last leave nothing of a room remains.

mod attempt;
mod close;
mod context;
mod depart;
mod effects;
mod fact;
mod gate;
mod join;
mod last_words;
mod leave;
mod limits;
mod members;
mod moderate;
mod news;
mod now;
mod on_client;
mod on_sfu;
mod pace;
mod participant;
mod permission;
mod profile;
mod quality;
mod renewal;
mod reply;
mod resume;
mod rooms;
mod sid;
mod stage;
mod subscribe;
mod sweep;
#[cfg(test)]
mod tests;
mod timer;
mod track;

pub(crate) use close::{CloseCode, Violation};
pub(crate) use effects::{ConnectionId, Output};
pub(crate) use gate::Refusal;
pub(crate) use join::Join;
pub(crate) use limits::Limits;
pub(crate) use now::Now;
pub(crate) use renewal::{FreshToken, Renewal};
pub(crate) use reply::{PING_INTERVAL, PING_TIMEOUT};
pub(crate) use rooms::{Census, Rooms, VisitChange};

/// A message from a client, without its envelope.
pub(crate) type Request = livekit_protocol::signal_request::Message;
/// A message to a client, without its envelope.
pub(crate) type Response = livekit_protocol::signal_response::Message;
