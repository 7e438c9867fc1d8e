//! Why a signal connection is closed by the server.

/// A WebSocket close code (RFC 6455, section 7.4) and its text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct CloseCode {
    /// The code.
    pub(crate) code: u16,
    /// The text, at most 123 bytes, without personal data.
    pub(crate) reason: &'static str,
}

impl CloseCode {
    pub(crate) const NORMAL: Self = Self::new(1000, "");
    pub(crate) const UNSUPPORTED: Self = Self::new(1003, "binary protobuf messages are expected");
    pub(crate) const TOO_BIG: Self = Self::new(1009, "the message is too large");
    pub(crate) const INTERNAL: Self = Self::new(1011, "the server cannot serve this connection");
    pub(crate) const MALFORMED: Self = Self::new(4400, "the message is not a SignalRequest");
    pub(crate) const SLOW: Self = Self::new(4409, "the messages were not read in time");
    pub(crate) const FLOOD: Self = Self::new(4429, "too many messages");
    pub(crate) const OVERLOADED: Self = Self::new(4503, "overloaded: the server is full");
    pub(crate) const REPLACED: Self = Self::new(4410, "the session goes on in another connection");

    const fn new(code: u16, reason: &'static str) -> Self {
        Self { code, reason }
    }
}

/// How a client broke the protocol. Its session ends; nobody else notices more than a leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Violation {
    /// A text message, or a binary one of a kind that is never sent.
    Unsupported,
    /// Not a `SignalRequest`.
    Malformed,
    /// Longer than any message may be.
    TooBig,
    /// More messages than any client has reason to send.
    Flood,
}

impl Violation {
    pub(crate) const fn close(self) -> CloseCode {
        match self {
            Self::Unsupported => CloseCode::UNSUPPORTED,
            Self::Malformed => CloseCode::MALFORMED,
            Self::TooBig => CloseCode::TOO_BIG,
            Self::Flood => CloseCode::FLOOD,
        }
    }
}
