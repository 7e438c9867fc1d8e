//! Datagrams of a hostile client, before anything is encrypted: STUN, DTLS, and what looks like
//! RTP or RTCP, from an address that ICE has accepted and from strangers.
//!
//! Input: commands of a byte, a length and so many bytes.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use sfu_core::{Action, Command, Config, Connections, Datagram, Event, Node, PeerEvent, Protocol};
use stun_types::attribute::{AttributeType, RawAttribute, Username};
use stun_types::message::{
    BINDING, IntegrityAlgorithm, Message, MessageWriteVec, ShortTermCredentials,
};
use stun_types::prelude::*;

const OFFER: &str = include_str!("offer.sdp");

/// The value of `a=<name>:` in an SDP.
fn attribute<'a>(sdp: &'a str, name: &str) -> &'a str {
    let value = |line: &'a str| {
        line.strip_prefix("a=")?
            .strip_prefix(name)?
            .strip_prefix(':')
    };
    sdp.lines().find_map(value).unwrap_or_default()
}

/// A connectivity check as ICE wants it (RFC 8445, section 7.1), with one more attribute.
fn check(ufrag: &str, password: &str, nominate: bool, extra: &[u8]) -> Option<Vec<u8>> {
    let mut message = Message::builder_request(BINDING, MessageWriteVec::new());
    let username = Username::new(&format!("{ufrag}:user")).ok()?;
    message.add_attribute(&username).ok()?;
    let raw = |kind, bytes| RawAttribute::new(AttributeType::new(kind), bytes);
    message
        .add_attribute(&raw(0x0024, &[0x6e, 0, 0x1e, 0xff]))
        .ok()?;
    message.add_attribute(&raw(0x802a, &[7; 8])).ok()?;
    if nominate {
        message.add_attribute(&raw(0x0025, &[])).ok()?;
    }
    if let [high, low, value @ ..] = extra {
        let kind = match u16::from_be_bytes([*high, *low]) {
            // The writer keeps these for itself: integrity, and the fingerprint.
            0x0008 | 0x001c | 0x8028 => return None,
            kind => kind,
        };
        let value = &value[..value.len().min(500)];
        message.add_attribute(&raw(kind, value)).ok()?;
    }
    let credentials = ShortTermCredentials::new(password.to_owned()).into();
    message
        .add_message_integrity(&credentials, IntegrityAlgorithm::Sha1)
        .ok()?;
    message.add_fingerprint().ok()?;
    Some(message.finish())
}

/// One input; time begins at the instant given.
pub(crate) fn run(input: &[u8], mut now: Instant) {
    let server: SocketAddr = ([192, 0, 2, 1], 7882).into();
    let client: SocketAddr = ([192, 0, 2, 9], 5000).into();
    let mut node = Node::new(Config {
        candidates: vec![server],
        tcp_candidates: vec![([192, 0, 2, 1], 443).into()],
        ..Config::default()
    });
    let order = |node: &mut Node, now, action| {
        let (room, participant) = ("room".into(), "PA_a".into());
        let command = Command {
            room,
            participant,
            action,
        };
        node.command(now, command);
    };
    let open = Action::Open {
        identity: "a".into(),
        connections: Connections::Single,
        publish: true,
        publish_data: true,
    };
    order(&mut node, now, open);
    let sdp = OFFER.to_owned();
    order(&mut node, now, Action::Offer { id: 1, sdp });
    let mut answer = String::new();
    while let Some(event) = node.poll_event() {
        if let Event::Peer {
            event: PeerEvent::Answer { sdp, .. },
            ..
        } = event
        {
            answer = sdp;
        }
    }
    let (ufrag, password) = (
        attribute(&answer, "ice-ufrag"),
        attribute(&answer, "ice-pwd"),
    );
    assert!(!ufrag.is_empty(), "the offer is refused");

    let mut input = input;
    let mut commands = 0;
    while let [command, length, rest @ ..] = input
        && commands < 64
    {
        commands += 1;
        let (bytes, rest) = rest.split_at(rest.len().min(usize::from(*length) * 4));
        input = rest;
        let (source, protocol) = match command >> 6 {
            0 | 1 => (client, Protocol::Udp),
            2 => (([198, 51, 100, 7], 9).into(), Protocol::Udp),
            _ => (client, Protocol::Tcp),
        };
        let contents = match command % 8 {
            // As it is.
            0 | 1 => Some(bytes.to_vec()),
            2 => check(ufrag, password, command & 8 != 0, bytes),
            // A DTLS record of the length it has (RFC 6347, section 4.1), handshake or other.
            3 | 4 => {
                let kind = if command % 8 == 3 {
                    22
                } else {
                    20 + (command >> 3) % 8
                };
                let mut record = vec![kind, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 0];
                record.extend((bytes.len() as u16).to_be_bytes());
                record.extend(bytes);
                Some(record)
            }
            // STUN that names us, of any kind and with any attributes.
            5 => {
                let mut message = vec![0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42];
                message.extend([command & 0xf8; 12]);
                let name = format!("{ufrag}:user");
                message.extend([0, 6, 0, name.len() as u8]);
                message.extend(name.as_bytes());
                message.resize(message.len().next_multiple_of(4), 0);
                message.extend(bytes);
                message.resize(message.len().next_multiple_of(4), 0);
                let length = (message.len() - 20) as u16;
                message[2..4].copy_from_slice(&length.to_be_bytes());
                Some(message)
            }
            // RTP or RTCP.
            6 => {
                let mut packet = vec![0x80 | (command >> 3) & 1, 96 + (command >> 4)];
                packet.extend(bytes);
                Some(packet)
            }
            _ => None,
        };
        match contents {
            Some(contents) => {
                let destination = server;
                let contents = &contents[..contents.len().min(2_000)];
                let datagram = Datagram {
                    protocol,
                    source,
                    destination,
                    contents,
                };
                node.datagram(now, datagram);
            }
            None => {
                now += Duration::from_millis(u64::from(*length) * 10);
                node.timeout(now);
            }
        }
        node.batch().clear();
        while node.poll_event().is_some() {}
        let due = node.deadline();
        assert!(
            due.is_none_or(|due| due + Duration::from_secs(60) > now),
            "a timer is stuck"
        );
    }
    order(&mut node, now, Action::Close);
    assert!(node.is_empty(), "something of the room remains");
}
