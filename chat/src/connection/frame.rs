//! What a socket carries, without the library that carries it.

use bytes::Bytes;

/// What arrived.
#[derive(Debug)]
pub(crate) enum Received {
    /// A text message; valid UTF-8.
    Text(Bytes),
    /// A ping or pong: the other side is there.
    Alive,
    /// A message over the limit.
    TooBig,
    /// A binary message.
    Other,
    /// The other side closed, or the connection broke.
    End,
}

impl Received {
    /// Whether nothing follows.
    pub(crate) const fn is_end(&self) -> bool {
        matches!(self, Self::End | Self::TooBig)
    }
}

/// What is to be written.
#[derive(Debug)]
pub(crate) enum Sent {
    /// A text message; valid UTF-8.
    Text(Bytes),
    /// A ping, answered by the other side's library.
    Ping,
    /// The end, with its code.
    Close(u16),
}
