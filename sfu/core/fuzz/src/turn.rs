//! TURN messages of strangers and of a user who wants to break in: any bytes, requests signed with
//! the right key around any attributes, channel data, and what our own SFU sends back.
//!
//! Input: commands of a byte, a length and so many bytes.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use sfu_core::turn::{
    Account, Authority, Carrier, Client, Config, Limits, MAX_MESSAGE, Now, Output, Server,
    StreamDecoder,
};
use stun_types::attribute::{AttributeType, Nonce, RawAttribute, Realm, Username};
use stun_types::message::{
    IntegrityAlgorithm, LongTermKeyCredentials, Message, MessageClass, MessageIntegrityCredentials,
    MessageType, MessageWriteVec, Method,
};
use stun_types::prelude::*;

const OURS: Ipv4Addr = Ipv4Addr::new(203, 0, 113, 5);
const REALM: &str = "r";
const NAMES: [&str; 2] = ["4000000000:ada", "1000000000:gone"];

struct Anybody;

impl Authority for Anybody {
    fn account(&self, username: &str) -> Option<Account> {
        let (until, user) = username.split_once(':')?;
        Some(Account {
            password: "p".to_owned(),
            user: user.to_owned(),
            until: until.parse().ok()?,
        })
    }
}

fn credentials(name: &str) -> MessageIntegrityCredentials {
    LongTermKeyCredentials::new(name.to_owned(), "p".to_owned(), REALM.to_owned()).into()
}

/// A message of `method` with the attributes in `bytes`: kind, length, value.
fn request(class: MessageClass, method: u16, bytes: &[u8], sign: Option<(&str, &str)>) -> Vec<u8> {
    let kind = MessageType::from_class_method(class, Method::new(method));
    let mut message = Message::builder(kind, 7_u128.into(), MessageWriteVec::new());
    let mut rest = bytes;
    while let [high, low, length, more @ ..] = rest {
        let (value, later) = more.split_at(usize::from(*length).min(more.len()));
        rest = later;
        let kind = u16::from_be_bytes([*high, *low]);
        // Those the writer signs with by itself.
        if ![0x0006, 0x0008, 0x0014, 0x0015, 0x001c, 0x8028].contains(&kind) {
            let _ = message.add_attribute(&RawAttribute::new(AttributeType::new(kind), value));
        }
    }
    if let Some((name, nonce)) = sign
        && let (Ok(name_of), Ok(realm), Ok(nonce)) =
            (Username::new(name), Realm::new(REALM), Nonce::new(nonce))
    {
        let _ = message.add_attribute(&name_of);
        let _ = message.add_attribute(&realm);
        let _ = message.add_attribute(&nonce);
        let _ = message.add_message_integrity(&credentials(name), IntegrityAlgorithm::Sha1);
    }
    message.finish()
}

/// One input; time begins at the instant given.
pub(crate) fn run(input: &[u8], started: Instant) {
    let mut elapsed = Duration::ZERO;
    let candidate = SocketAddr::from((OURS, 7882));
    let mut server = Server::new(Config {
        realm: REALM.to_owned(),
        authority: Arc::new(Anybody),
        secret: [3; 32],
        started,
        relayed_ip: OURS,
        candidates: vec![candidate, "[2001:db8::5]:7882".parse().expect("an address")],
        limits: Limits {
            allocations: 3,
            allocations_per_user: 2,
            bytes_per_second: 10_000,
        },
    });
    let clients = [Carrier::Udp, Carrier::Tcp, Carrier::Tls].map(|carrier| Client {
        carrier,
        remote: ([198, 51, 100, carrier as u8], 40_000).into(),
        local: (OURS, 3478).into(),
    });
    let mut nonces = [const { String::new() }; 3];
    let mut relayed = Vec::new();
    let mut decoder = StreamDecoder::default();
    let mut rest = input;
    while let [command, length, more @ ..] = rest {
        let (bytes, later) = more.split_at(usize::from(*length).min(more.len()));
        rest = later;
        let who = usize::from(command >> 6) % 3;
        let client = clients[who];
        let now = Now {
            instant: started + elapsed,
            unix: 1_800_000_000 + elapsed.as_secs(),
        };
        let name = NAMES[usize::from(command >> 5 & 1)];
        match command & 0x0f {
            0 => server.receive(now, client, bytes),
            1..=4 => {
                let method = [3, 4, 8, 9][usize::from(command & 0x0f) - 1];
                let sign = Some((name, nonces[who].as_str()));
                let message = request(MessageClass::Request, method, bytes, sign);
                server.receive(now, client, &message);
            }
            5 => {
                let message = request(MessageClass::Indication, 6, bytes, None);
                server.receive(now, client, &message);
            }
            6 => server.receive(now, client, &request(MessageClass::Request, 3, bytes, None)),
            7 => {
                let mut message = vec![0x40, 0, 0, *length];
                message.extend(bytes);
                server.receive(now, client, &message);
            }
            8 => {
                if let Some(to) = relayed.last() {
                    server.receive_from_peer(now, *to, candidate, bytes);
                }
            }
            9 => {
                elapsed += Duration::from_secs(u64::from(*length));
                server.timeout(started + elapsed);
            }
            10 => server.disconnected(client),
            _ => {
                let space = decoder.space();
                let count = bytes.len().min(space.len());
                space[..count].copy_from_slice(&bytes[..count]);
                decoder.filled(count);
                while let Ok(Some(message)) = decoder.next() {
                    assert!(message.len() <= MAX_MESSAGE);
                }
            }
        }
        while let Some(output) = server.poll_output() {
            match output {
                Output::ToPeer { peer, .. } => assert_eq!(peer, candidate),
                Output::ToClient { client, contents } => {
                    assert!(contents.len() <= MAX_MESSAGE);
                    if let Ok(answer) = Message::from_bytes(&contents)
                        && let Ok(nonce) = answer.attribute::<Nonce>()
                    {
                        let index = clients.iter().position(|one| *one == client);
                        nonces[index.expect("one of them")] = nonce.nonce().to_owned();
                    }
                }
                Output::Opened {
                    relayed: address, ..
                } => {
                    assert!(!relayed.contains(&address));
                    relayed.push(address);
                }
                Output::Closed {
                    relayed: address, ..
                } => {
                    relayed.retain(|open| *open != address);
                }
            }
        }
        assert_eq!(relayed.len(), server.allocations());
        assert!(relayed.len() <= 3);
    }
    server.timeout(started + elapsed + Duration::from_secs(4_000));
    assert_eq!((server.allocations(), server.users()), (0, 0));
}
