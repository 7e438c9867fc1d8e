//! Messages out of a stream (RFC 8656, sections 3.1 and 12.5): STUN messages and ChannelData, the
//! latter padded to four bytes, follow one another without further framing.

use super::MAX_MESSAGE;

/// Bytes held at most: one whole message and what a read brought behind it.
const CAPACITY: usize = 2 * MAX_MESSAGE;
/// Bytes before the content: of a STUN message, and of ChannelData.
const STUN_HEADER: usize = 20;
const CHANNEL_HEADER: usize = 4;

/// The stream carries something else, or a message longer than [`MAX_MESSAGE`]. Nothing after it
/// can be told apart, so the connection is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the stream does not carry TURN messages")]
pub struct NotTurn;

/// Cuts one client's stream into messages. Holds 8 KiB, never more.
///
/// Read into [`Self::space`], tell how much with [`Self::filled`], then take messages with
/// [`Self::next`] until there is none.
pub struct StreamDecoder {
    buffer: Box<[u8; CAPACITY]>,
    /// What was taken out already.
    start: usize,
    /// What was read.
    end: usize,
}

impl Default for StreamDecoder {
    fn default() -> Self {
        Self {
            buffer: Box::new([0; CAPACITY]),
            start: 0,
            end: 0,
        }
    }
}

impl StreamDecoder {
    /// Where to read into. Never empty once [`Self::next`] gave nothing, as what it keeps is less
    /// than a message.
    pub fn space(&mut self) -> &mut [u8] {
        self.buffer.copy_within(self.start..self.end, 0);
        self.end -= self.start;
        self.start = 0;
        // The end is at most the capacity: it only grows by what fits.
        self.buffer.get_mut(self.end..).unwrap_or_default()
    }

    /// `count` bytes were read into [`Self::space`].
    pub fn filled(&mut self, count: usize) {
        self.end = (self.end + count).min(CAPACITY);
    }

    /// The next whole message, without padding.
    ///
    /// # Errors
    /// [`NotTurn`]; the connection should be closed.
    #[expect(
        clippy::should_implement_trait,
        reason = "it lends from the buffer and may fail"
    )]
    pub fn next(&mut self) -> Result<Option<&[u8]>, NotTurn> {
        let held = self.buffer.get(self.start..self.end).unwrap_or_default();
        let Some((length, padded)) = measure(held)? else {
            return Ok(None);
        };
        if held.len() < padded {
            return Ok(None);
        }
        let from = self.start;
        self.start += padded;
        Ok(self.buffer.get(from..from + length))
    }
}

/// The length of the first message in `bytes`, without and with padding; none if its header is
/// not whole.
fn measure(bytes: &[u8]) -> Result<Option<(usize, usize)>, NotTurn> {
    let is_channel = match bytes.first() {
        None => return Ok(None),
        Some(0x00..=0x3f) => false,
        Some(0x40..=0x7f) => true,
        Some(_) => return Err(NotTurn),
    };
    let Some(&[high, low]) = bytes.get(2..4) else {
        return Ok(None);
    };
    let content = usize::from(u16::from_be_bytes([high, low]));
    let length = if is_channel {
        CHANNEL_HEADER + content
    } else if content % 4 == 0 {
        STUN_HEADER + content
    } else {
        return Err(NotTurn);
    };
    if length > MAX_MESSAGE {
        return Err(NotTurn);
    }
    Ok(Some((length, length.next_multiple_of(4))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A message with its padding.
    fn message() -> impl Strategy<Value = (Vec<u8>, Vec<u8>)> {
        let stun = (0_usize..50).prop_map(|words| {
            let mut message = vec![0; STUN_HEADER + words * 4];
            message[3] = (words * 4) as u8;
            (message.clone(), message)
        });
        let channel = proptest::collection::vec(any::<u8>(), 0..200).prop_map(|content| {
            let mut message = vec![0x40, 7, 0, content.len() as u8];
            message.extend(content);
            let mut padded = message.clone();
            padded.resize(message.len().next_multiple_of(4), 0xee);
            (message, padded)
        });
        prop_oneof![stun, channel]
    }

    fn decode(stream: &[u8], cut: usize) -> Result<Vec<Vec<u8>>, NotTurn> {
        let mut decoder = StreamDecoder::default();
        let mut found = Vec::new();
        let mut rest = stream;
        while !rest.is_empty() {
            let space = decoder.space();
            let count = cut.min(rest.len()).min(space.len());
            assert!(count > 0, "there is always space");
            let (now, later) = rest.split_at(count);
            space[..count].copy_from_slice(now);
            decoder.filled(count);
            rest = later;
            while let Some(message) = decoder.next()? {
                assert!(message.len() <= MAX_MESSAGE);
                found.push(message.to_vec());
            }
        }
        Ok(found)
    }

    proptest! {
        #[test]
        fn however_the_stream_is_cut_the_same_messages_come_out(
            messages in proptest::collection::vec(message(), 0..80),
            cut in 1_usize..3_000,
        ) {
            let stream: Vec<u8> = messages.iter().flat_map(|(_, padded)| padded.clone()).collect();
            let plain: Vec<Vec<u8>> = messages.into_iter().map(|(message, _)| message).collect();
            prop_assert_eq!(decode(&stream, cut), Ok(plain));
        }

        #[test]
        fn noise_ends_or_is_cut_but_never_overflows(
            noise in proptest::collection::vec(any::<u8>(), 0..20_000),
            cut in 1_usize..9_000,
        ) {
            let _ = decode(&noise, cut);
        }
    }

    #[test]
    fn other_protocols_and_long_messages_end_the_stream() {
        assert_eq!(decode(b"GET / HTTP/1.1\r\n", 3), Err(NotTurn));
        assert_eq!(decode(&[0x80; 30], 30), Err(NotTurn));
        assert_eq!(decode(&[0x40, 0, 0xff, 0xff], 4), Err(NotTurn));
        assert_eq!(decode(&[0x00, 1, 0, 3], 4), Err(NotTurn));
        let longest = [&[0x40, 0, 0x0f, 0xfc][..], &[9; 0x0ffc]].concat();
        assert_eq!(decode(&longest, 5_000), Ok(vec![longest.clone()]));
    }
}
