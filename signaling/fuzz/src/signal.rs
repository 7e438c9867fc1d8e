//! Signalling of hostile clients: what they say in the address they connect to, and every message
//! after, in rooms where others do the same, while the SFU and core-api do their work.
//!
//! Input: commands of a byte (four bits of what, four bits of who), a length of two bytes, and so
//! many bytes. In those, `PA_#` and `TR_#` with a byte and ten more stand for the name that the
//! byte counts to, so that messages can speak of those who are there.

use std::time::Duration;

use auth::media::Grant;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bus::media::Connections;
use domain::Role;
use livekit_protocol as lk;
use prost::Message as _;

use crate::house::{House, Reached};
use crate::others::{self, account, at, pick, visit};
use crate::room::{Join, Violation};
use crate::wire;

/// Commands of one input at most.
const COMMANDS: usize = 96;
/// Bytes of a name, and of what stands for one.
const NAME: usize = 15;

/// Puts the names in that the input can only count to.
fn name(house: &House, bytes: &[u8]) -> Vec<u8> {
    let people: Vec<_> = house.sfu.people.keys().cloned().collect();
    let tracks: Vec<_> = house.sfu.tracks.keys().cloned().collect();
    let mut bytes = bytes.to_vec();
    for start in 0..bytes.len().saturating_sub(NAME - 1) {
        let names = match &bytes[start..start + 4] {
            b"PA_#" => &people,
            b"TR_#" => &tracks,
            _ => continue,
        };
        if let Some(name) = pick(names, bytes[start + 4]) {
            bytes[start..start + NAME].copy_from_slice(name.as_bytes());
        }
    }
    bytes
}

/// One input.
pub(crate) fn run(input: &[u8]) -> Reached {
    let mut house = House::new();
    let mut input = input;
    for _ in 0..COMMANDS {
        let [command, low, high, rest @ ..] = input else {
            break;
        };
        let length = u16::from_le_bytes([*low, *high]);
        let (who, kind) = (command >> 4, command & 15);
        if kind == 1 {
            input = rest;
            house.wait(Duration::from_millis(u64::from(length)));
            continue;
        }
        let (bytes, rest) = rest.split_at(rest.len().min(usize::from(length)));
        input = rest;
        let seat = house.seat(who);
        match (kind, seat) {
            (0, _) => connect(&mut house, who, bytes),
            (2, Some(seat)) => house.disconnect(seat),
            (3, _) => others::bind(&mut house, who, bytes),
            (4, _) => others::sfu(&mut house, who, bytes),
            (5, _) => others::core(&mut house, who, bytes),
            (6, Some(seat)) => {
                let how = [Violation::Flood, Violation::TooBig, Violation::Unsupported];
                let how = how[usize::from(at(bytes, 0)) % 3];
                house.act(|rooms, now| rooms.violated(seat, how, now));
            }
            (_, Some(seat)) => match wire::request(&name(&house, bytes)) {
                Ok(Some(message)) => house.act(|rooms, now| rooms.receive(seat, message, now)),
                Ok(None) => {}
                Err(how) => house.act(|rooms, now| rooms.violated(seat, how, now)),
            },
            (_, None) => {}
        }
    }
    house.end()
}

/// The first byte tells the room, the way and what the token allows; the rest is the client's.
fn connect(house: &mut House, who: u8, bytes: &[u8]) {
    let flags = at(bytes, 0);
    let said = name(house, bytes.get(1..).unwrap_or_default());
    let grant = Grant {
        can_publish: flags & 2 == 0,
        can_subscribe: flags & 4 == 0,
        can_update_own_metadata: flags & 8 == 0,
        ..Grant::party(visit(flags), account(who), Role::Clinician)
    };
    // Short enough for a sweep to ask for the next one.
    let until = house.now.wall + Duration::from_secs(180);
    let packed = |compression, join_request| {
        let wrapped = lk::WrappedJoinRequest {
            compression,
            join_request,
        };
        URL_SAFE_NO_PAD.encode(wrapped.encode_to_vec())
    };
    let address = match flags >> 4 & 7 {
        0 => {
            let resume = (!said.is_empty()).then(|| String::from_utf8_lossy(&said).into_owned());
            return house.connect(Join {
                grant,
                until,
                connections: Connections::Dual,
                auto_subscribe: flags & 0x80 == 0,
                client_protocol: 0,
                resume,
                offer: None,
                tracks: Vec::new(),
                sync_state: None,
                ice_servers: Vec::new(),
            });
        }
        1 => packed(0, said),
        2 => packed(1, gzip(&said)),
        3 => packed(1, said),
        4 => URL_SAFE_NO_PAD.encode(said),
        _ => String::from_utf8_lossy(&said).into_owned(),
    };
    if let Ok(request) = wire::join_request(&address) {
        house.connect(wire::join(grant, until, request));
    }
}

/// Packed, at the cost of nothing: what libFuzzer changes is seen.
fn gzip(bytes: &[u8]) -> Vec<u8> {
    let level = flate2::Compression::none();
    let mut packed = Vec::new();
    let mut encoder = flate2::read::GzEncoder::new(bytes, level);
    // Reading from memory does not fail.
    let _ = std::io::Read::read_to_end(&mut encoder, &mut packed);
    packed
}
