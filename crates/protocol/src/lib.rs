//! The chat protocol: JSON messages over a WebSocket with subprotocol [`SUBPROTOCOL`].
//!
//! The client authenticates first, then resumes its conversations and sends. Durable things are
//! [`ServerMessage::Event`]s, numbered 1, 2, 3 … within their conversation; everything else is
//! ephemeral. A client that has seen `n` asks for what follows `n` and gets all of it or is told
//! to read the history.

mod client;
mod event;
mod server;

pub use client::{ClientMessage, ClientMessageId};
pub use event::{Body, Event};
pub use server::{ConversationKind, Head, ServerMessage};

/// The WebSocket subprotocol both sides name (RFC 6455, section 1.9).
pub const SUBPROTOCOL: &str = "bedside.v1";

/// The largest client message in bytes.
pub const MAX_CLIENT_MESSAGE: usize = 64 * 1024;

/// The longest text of a message in bytes of UTF-8.
pub const MAX_TEXT: usize = 16 * 1024;

/// The most conversations in one `resume`.
pub const MAX_RESUMED: usize = 1_000;

/// Close codes of the chat socket beside those of RFC 6455, section 7.4.
pub mod close {
    /// No valid token in time, the token has expired, or the session has ended: sign in again.
    pub const UNAUTHENTICATED: u16 = 4401;
    /// The client reads too slowly; connect again and resume.
    pub const SLOW_CONSUMER: u16 = 4408;
    /// Too many sockets of this account; the oldest was closed.
    pub const TOO_MANY: u16 = 4429;
    /// The message is not of this protocol.
    pub const MALFORMED: u16 = 4400;
}
