//! What a connection carries, by its first bytes.

use tokio::io::{AsyncRead, AsyncReadExt as _};

use super::prefixed::Prefixed;

/// STUN's magic cookie (RFC 8489, section 5).
const COOKIE: [u8; 4] = [0x21, 0x12, 0xa4, 0x42];
/// Bytes that always suffice.
const ENOUGH: usize = 10;

/// What a connection carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A TLS handshake of any version in use (RFC 8446, section 5.1).
    Tls,
    /// A request that begins with a method (RFC 9110, section 9).
    Http,
    /// A STUN message: TURN.
    Turn,
    /// A STUN message behind two bytes of length (RFC 4571): ICE over TCP.
    IceTcp,
}

/// What is known so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Known(Kind),
    /// More bytes are needed.
    Open,
    Unknown,
}

fn judge(bytes: &[u8]) -> Verdict {
    let cookie_at = |offset: usize| bytes.get(offset..offset + COOKIE.len()) == Some(&COOKIE[..]);
    match bytes {
        [b'A'..=b'Z', ..] => Verdict::Known(Kind::Http),
        [0x16, 0x03, ..] => Verdict::Known(Kind::Tls),
        [0x16] | [] => Verdict::Open,
        // The two top bits of a STUN message are zero, and a first frame is never that long.
        [0x40..=0xff, ..] => Verdict::Unknown,
        _ if cookie_at(4) => Verdict::Known(Kind::Turn),
        _ if cookie_at(6) => Verdict::Known(Kind::IceTcp),
        _ if bytes.len() < ENOUGH => Verdict::Open,
        _ => Verdict::Unknown,
    }
}

/// Reads until the kind is known. None if it never is.
pub(super) async fn read<S>(mut stream: S) -> Option<(Kind, Prefixed<S>)>
where
    S: AsyncRead + Unpin,
{
    let mut bytes = [0; ENOUGH];
    let mut count = 0;
    loop {
        let read = stream.read(bytes.get_mut(count..)?).await.ok()?;
        if read == 0 {
            return None;
        }
        count += read;
        let so_far = bytes.get(..count)?;
        match judge(so_far) {
            Verdict::Known(kind) => return Some((kind, Prefixed::new(so_far, stream))),
            Verdict::Open => {}
            Verdict::Unknown => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::AsyncWriteExt as _;

    const STUN: [u8; 10] = [0, 1, 0, 8, 0x21, 0x12, 0xa4, 0x42, 9, 9];
    const FRAMED: [u8; 10] = [0, 0x54, 0, 1, 0, 0x40, 0x21, 0x12, 0xa4, 0x42];

    #[test]
    fn the_first_bytes_decide_and_no_fewer() {
        for (bytes, kind, needed) in [
            (&b"GET / HTTP/1.1"[..], Kind::Http, 1),
            (b"\x16\x03\x01\x02\x00", Kind::Tls, 2),
            (&STUN, Kind::Turn, 8),
            (&FRAMED, Kind::IceTcp, 10),
        ] {
            for count in 0..bytes.len() {
                let expected = if count < needed {
                    Verdict::Open
                } else {
                    Verdict::Known(kind)
                };
                assert_eq!(judge(&bytes[..count]), expected, "{kind:?} {count}");
            }
        }
        for noise in [
            &[0x80_u8][..],
            &[0x16, 0x02, 1, 1, 1, 1, 1, 1, 1, 1],
            &[0; 10],
            b"get",
        ] {
            assert_eq!(judge(noise), Verdict::Unknown, "{noise:?}");
        }
    }

    #[tokio::test]
    async fn what_was_read_is_read_again() {
        let (mut far, near) = tokio::io::duplex(4);
        let writing = tokio::spawn(async move {
            // By ones, so that the verdict takes several reads.
            for byte in STUN {
                far.write_all(&[byte]).await.expect("written");
            }
        });
        let (kind, mut stream) = read(near).await.expect("known");
        assert_eq!(kind, Kind::Turn);
        let mut all = Vec::new();
        stream.read_to_end(&mut all).await.expect("read");
        assert_eq!(all, STUN);
        writing.await.expect("done");
    }

    #[tokio::test]
    async fn a_connection_that_ends_too_soon_is_nothing() {
        let (mut far, near) = tokio::io::duplex(64);
        far.write_all(&STUN[..7]).await.expect("written");
        drop(far);
        assert!(read(near).await.is_none());
    }
}
