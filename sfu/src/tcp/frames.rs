//! Datagrams over a byte stream: each after its length in two bytes (RFC 4571, section 2).

use std::io;

use tokio::io::{AsyncRead, AsyncReadExt as _, BufReader};

/// The longest frame taken. Nothing that ICE, DTLS or SRTP sends comes near it.
const MAX_FRAME: usize = 4 * 1024;
/// Bytes read at once: some frames.
const READ: usize = 16 * 1024;

/// The frames of a stream.
pub(super) struct Frames<R>(BufReader<R>);

impl<R: AsyncRead + Unpin> Frames<R> {
    pub(super) fn new(reader: R) -> Self {
        Self(BufReader::with_capacity(READ, reader))
    }

    /// The next frame that is not empty. Not to be asked again once dropped half way.
    ///
    /// # Errors
    /// `UnexpectedEof` at the end of the stream, `InvalidData` for one that is too long.
    pub(super) async fn next(&mut self) -> io::Result<Vec<u8>> {
        loop {
            let length = usize::from(self.0.read_u16().await?);
            if length > MAX_FRAME {
                let message = "a frame of more than 4 KiB";
                return Err(io::Error::new(io::ErrorKind::InvalidData, message));
            }
            let mut frame = vec![0; length];
            self.0.read_exact(&mut frame).await?;
            if !frame.is_empty() {
                return Ok(frame);
            }
        }
    }
}

/// Appends `datagram` as a frame to `out`. One that no frame can hold is left out.
pub(super) fn write(datagram: &[u8], out: &mut Vec<u8>) {
    if let Ok(length) = u16::try_from(datagram.len()) {
        out.extend(length.to_be_bytes());
        out.extend(datagram);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn frames_are_found_however_the_bytes_come() {
        let datagrams = [vec![1], vec![2; 1_500], vec![3; MAX_FRAME]];
        let mut bytes = vec![0, 0];
        for datagram in &datagrams {
            write(datagram, &mut bytes);
        }
        for pieces in [1, 2, 1_000, bytes.len()] {
            let mut stream = tokio_test_stream(&bytes, pieces);
            let mut frames = Frames::new(&mut stream);
            for datagram in &datagrams {
                assert_eq!(&frames.next().await.expect("a frame"), datagram);
            }
            let end = frames.next().await.expect_err("the end");
            assert_eq!(end.kind(), io::ErrorKind::UnexpectedEof);
        }
        let long = [0x10, 0x01, 0, 0];
        let error = Frames::new(&long[..]).next().await.expect_err("too long");
        assert_eq!(error.kind(), io::ErrorKind::InvalidData);
    }

    /// A reader that gives `piece` bytes a time.
    fn tokio_test_stream(bytes: &[u8], piece: usize) -> impl AsyncRead + Unpin + use<> {
        let (mut writer, reader) = tokio::io::duplex(piece);
        let bytes = bytes.to_vec();
        tokio::spawn(async move {
            use tokio::io::AsyncWriteExt as _;
            writer.write_all(&bytes).await.expect("written");
        });
        reader
    }
}
