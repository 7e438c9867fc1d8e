//! What the bytes of a client mean. No HTTP here: the fuzz target reads through it too.

use std::io::Read as _;

use auth::media::Grant;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bus::media::Connections;
use flate2::read::GzDecoder;
use jiff::Timestamp;
use livekit_protocol as lk;
use lk::wrapped_join_request::Compression;
use prost::Message as _;

use crate::room::{Join, Request, Violation};

/// Bytes of the encoded join request at most; a browser's has some 3,000.
const MAX_ENCODED: usize = 64 * 1024;
/// Bytes of the join request after decompression at most, whatever was sent.
const MAX_DECODED: usize = 512 * 1024;
/// Tracks announced along with the join at most.
const MAX_TRACKS: usize = 16;

/// A message as it comes over the WebSocket; none for a message of a newer protocol, which
/// decodes to nothing and is passed over.
pub(crate) fn request(bytes: &[u8]) -> Result<Option<Request>, Violation> {
    match lk::SignalRequest::decode(bytes) {
        Ok(request) => Ok(request.message),
        Err(_) => Err(Violation::Malformed),
    }
}

/// The join of whoever `grant` is for, as its join request wants it.
pub(crate) fn join(grant: Grant, until: Timestamp, request: lk::JoinRequest) -> Join {
    let settings = request.connection_settings.as_ref();
    let auto_subscribe = settings.is_none_or(|settings| settings.auto_subscribe);
    let client = request.client_info.unwrap_or_default();
    let wants_back = request.reconnect && !request.participant_sid.is_empty();
    let mut tracks = request.add_track_requests;
    tracks.truncate(MAX_TRACKS);
    Join {
        grant,
        until,
        connections: Connections::Single,
        auto_subscribe,
        client_protocol: client.client_protocol,
        resume: wants_back.then_some(request.participant_sid),
        offer: request.publisher_offer,
        tracks,
        sync_state: request.sync_state,
        ice_servers: Vec::new(),
    }
}

/// base64url(WrappedJoinRequest), with or without padding. Some clients use the other alphabet,
/// whose `+` a query turns into a space.
pub(crate) fn join_request(encoded: &str) -> Result<lk::JoinRequest, &'static str> {
    if encoded.is_empty() {
        return Err("join_request is missing");
    }
    if encoded.len() > MAX_ENCODED {
        return Err("join_request is too long");
    }
    let letters = encoded.trim_end_matches('=').bytes();
    let letters: Vec<u8> = letters
        .map(|letter| match letter {
            b'+' | b' ' => b'-',
            b'/' => b'_',
            other => other,
        })
        .collect();
    let bytes = URL_SAFE_NO_PAD.decode(letters);
    let bytes = bytes.map_err(|_| "join_request is not base64url")?;
    let wrapped = lk::WrappedJoinRequest::decode(bytes.as_slice());
    let wrapped = wrapped.map_err(|_| "not a WrappedJoinRequest")?;
    let plain = match Compression::try_from(wrapped.compression) {
        Ok(Compression::None) => wrapped.join_request,
        Ok(Compression::Gzip) => gunzip(&wrapped.join_request)?,
        Err(_) => return Err("unknown compression"),
    };
    lk::JoinRequest::decode(plain.as_slice()).map_err(|_| "not a JoinRequest")
}

fn gunzip(packed: &[u8]) -> Result<Vec<u8>, &'static str> {
    let mut plain = Vec::new();
    // One byte more than allowed tells an exact fit from an excess.
    let mut reader = GzDecoder::new(packed).take(MAX_DECODED as u64 + 1);
    reader
        .read_to_end(&mut plain)
        .map_err(|_| "join_request is not gzip")?;
    if plain.len() > MAX_DECODED {
        return Err("join_request is too long after decompression");
    }
    Ok(plain)
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::Compression as Level;
    use flate2::write::GzEncoder;
    use std::io::Write as _;

    fn encode(request: &[u8], gzip: bool) -> String {
        let join_request = if gzip {
            let mut encoder = GzEncoder::new(Vec::new(), Level::best());
            encoder.write_all(request).expect("written");
            encoder.finish().expect("packed")
        } else {
            request.to_vec()
        };
        let wrapped = lk::WrappedJoinRequest {
            compression: i32::from(gzip),
            join_request,
        };
        URL_SAFE_NO_PAD.encode(wrapped.encode_to_vec())
    }

    #[test]
    fn both_compressions_and_alphabets_are_read() {
        let request = lk::JoinRequest {
            participant_sid: "PA_?>?>".into(),
            ..Default::default()
        };
        let bytes = request.encode_to_vec();
        for gzip in [false, true] {
            let text = encode(&bytes, gzip);
            assert_eq!(join_request(&text).as_ref(), Ok(&request));
            let other = text.replace('-', " ").replace('_', "/");
            assert_eq!(join_request(&format!("{other}==")).as_ref(), Ok(&request));
        }
    }

    #[test]
    fn a_bomb_is_refused_at_its_bound() {
        let bomb = encode(&vec![0; 40 * MAX_DECODED], true);
        assert!(
            bomb.len() < MAX_ENCODED,
            "it looks harmless: {}",
            bomb.len()
        );
        assert_eq!(
            join_request(&bomb),
            Err("join_request is too long after decompression")
        );
    }

    #[test]
    fn noise_is_told_apart() {
        assert_eq!(join_request(""), Err("join_request is missing"));
        assert_eq!(join_request("%%%"), Err("join_request is not base64url"));
        assert_eq!(join_request("AAAA"), Err("not a WrappedJoinRequest"));
        assert_eq!(
            join_request(&encode(&[0xff; 9], false)),
            Err("not a JoinRequest")
        );
        let long = "A".repeat(MAX_ENCODED + 1);
        assert_eq!(join_request(&long), Err("join_request is too long"));
    }
}
