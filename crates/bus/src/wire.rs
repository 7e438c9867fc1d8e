//! What a message looks like on a socket: one small header frame, then the payload.

use bytes::{BufMut as _, Bytes, BytesMut};
use zeromq::ZmqMessage;

/// The largest payload in bytes. Larger ones are refused before sending.
pub const MAX_MESSAGE: usize = 1024 * 1024;

/// The layout of the header and the payload encodings; a peer of another version is not heard.
const VERSION: u8 = 1;

/// The length of a header: version, kind, two numbers.
const HEADER: usize = 18;

/// What a frame is about. The meaning of its two numbers depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Opens: a subscription (no numbers) or a link (the connection's number).
    Hello = 1,
    /// Answers a `Hello`.
    Welcome = 2,
    /// A message: its number, and what the sender has taken in.
    Data = 3,
    /// Nothing but an acknowledgement: its sender's last number, and what it has taken in.
    Beat = 4,
    /// The sender has given the link up.
    Reset = 5,
    /// A request or its reply: the correlation number.
    Call = 6,
    /// The request was not taken for want of room: the correlation number.
    Busy = 7,
}

impl Kind {
    const fn from_byte(byte: u8) -> Option<Self> {
        Some(match byte {
            1 => Self::Hello,
            2 => Self::Welcome,
            3 => Self::Data,
            4 => Self::Beat,
            5 => Self::Reset,
            6 => Self::Call,
            7 => Self::Busy,
            _ => return None,
        })
    }
}

/// One message as it travels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Frame {
    pub(crate) kind: Kind,
    pub(crate) number: u64,
    pub(crate) ack: u64,
    pub(crate) payload: Bytes,
}

impl Frame {
    /// A frame without payload.
    pub(crate) const fn bare(kind: Kind, number: u64, ack: u64) -> Self {
        Self::with(kind, number, ack, Bytes::new())
    }

    /// A frame with `payload`.
    pub(crate) const fn with(kind: Kind, number: u64, ack: u64, payload: Bytes) -> Self {
        Self {
            kind,
            number,
            ack,
            payload,
        }
    }

    /// As a ZeroMQ message for a DEALER.
    pub(crate) fn into_message(self) -> ZmqMessage {
        let mut header = BytesMut::with_capacity(HEADER);
        header.put_u8(VERSION);
        header.put_u8(self.kind as u8);
        header.put_u64(self.number);
        header.put_u64(self.ack);
        let mut message = ZmqMessage::from(header.freeze());
        message.push_back(self.payload);
        message
    }

    /// From the last two frames of a ZeroMQ message; `None` when they are not ours.
    pub(crate) fn from_frames(header: &[u8], payload: Bytes) -> Option<Self> {
        let header: &[u8; HEADER] = header.try_into().ok()?;
        let [version, kind, numbers @ ..] = header;
        if *version != VERSION || payload.len() > MAX_MESSAGE {
            return None;
        }
        let (number, ack) = numbers.split_at(8);
        Some(Self {
            kind: Kind::from_byte(*kind)?,
            number: u64::from_be_bytes(number.try_into().ok()?),
            ack: u64::from_be_bytes(ack.try_into().ok()?),
            payload,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_survives_and_noise_does_not_pass() {
        let frame = Frame::with(Kind::Data, 7, u64::MAX, Bytes::from_static(b"x"));
        let frames = frame.clone().into_message().into_vec();
        assert_eq!(
            Frame::from_frames(&frames[0], frames[1].clone()),
            Some(frame)
        );
        let mut other_version = frames[0].to_vec();
        other_version[0] = 2;
        let mut other_kind = frames[0].to_vec();
        other_kind[1] = 99;
        for header in [&b""[..], &frames[0][..17], &other_version, &other_kind] {
            assert_eq!(Frame::from_frames(header, Bytes::new()), None);
        }
        let oversized = Bytes::from(vec![0; MAX_MESSAGE + 1]);
        assert_eq!(Frame::from_frames(&frames[0], oversized), None);
    }
}
