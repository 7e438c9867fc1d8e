//! Whatever arrives, the server keeps its shape: no panic, no answer larger than a message, no
//! peer but ours, and nothing left behind.

use proptest::prelude::*;
use turn_types::message::{ALLOCATE, CHANNEL_BIND, CREATE_PERMISSION, REFRESH};

use super::harness::*;
use crate::turn::*;

/// A stroke against a valid message.
#[derive(Debug, Clone)]
enum Damage {
    Set(usize, u8),
    Cut(usize),
    Insert(usize, Vec<u8>),
    None,
}

fn damage() -> impl Strategy<Value = Damage> {
    prop_oneof![
        (0_usize..300, any::<u8>()).prop_map(|(at, byte)| Damage::Set(at, byte)),
        (0_usize..300).prop_map(Damage::Cut),
        (0_usize..300, proptest::collection::vec(any::<u8>(), 0..40))
            .prop_map(|(at, bytes)| Damage::Insert(at, bytes)),
        Just(Damage::None),
    ]
}

impl Damage {
    fn apply(&self, message: &mut Vec<u8>) {
        match self {
            Self::Set(at, byte) => {
                let at = at % message.len().max(1);
                if let Some(place) = message.get_mut(at) {
                    *place = *byte;
                }
            }
            Self::Cut(at) => message.truncate(*at),
            Self::Insert(at, bytes) => {
                let at = at % (message.len() + 1);
                message.splice(at..at, bytes.iter().copied());
            }
            Self::None => {}
        }
        // Half of the damage keeps the length honest, so that it gets past the first check.
        if let Some(length) = message.len().checked_sub(20)
            && message.len().is_multiple_of(8)
        {
            message[2..4].copy_from_slice(&(length as u16).to_be_bytes());
        }
    }
}

fn check(outputs: Vec<Output>) {
    for output in outputs {
        match output {
            Output::ToPeer { peer, contents, .. } => {
                assert_eq!(peer, candidate());
                assert!(contents.len() <= MAX_MESSAGE);
            }
            Output::ToClient { contents, .. } => assert!(contents.len() <= MAX_MESSAGE),
            Output::Opened { relayed, .. } | Output::Closed { relayed, .. } => {
                assert_eq!(relayed.ip(), OURS);
                assert!(relayed.port() >= 49_152);
            }
        }
    }
}

/// A client with an allocation, a permission and a channel.
fn settled() -> (Bench, Client, String) {
    let mut bench = Bench::new(Limits::default());
    let ada = client(1, Carrier::Udp);
    bench.allocate(ada, &name("ada"));
    bench.bind(ada, &name("ada"), 0x4000, candidate());
    let nonce = bench.nonce(ada);
    (bench, ada, nonce)
}

/// Valid signed requests of the settled client.
fn requests(bench: &mut Bench, nonce: &str) -> Vec<Vec<u8>> {
    use turn_types::attribute::{ChannelNumber, Lifetime, RequestedTransport, XorPeerAddress};
    let mut made = Vec::new();
    for method in [ALLOCATE, REFRESH, CREATE_PERMISSION, CHANNEL_BIND] {
        let transaction = bench.transaction();
        let transport = RequestedTransport::new(RequestedTransport::UDP);
        let lifetime = Lifetime::new(600);
        let number = ChannelNumber::new(0x4000);
        let peer = XorPeerAddress::new(candidate(), transaction);
        let message = unsigned(
            method,
            transaction,
            &[&transport, &lifetime, &number, &peer],
        );
        made.push(sign_as(message, &name("ada"), nonce));
    }
    made
}

proptest! {
    #[test]
    fn noise_of_strangers(messages in proptest::collection::vec(
        proptest::collection::vec(any::<u8>(), 0..400), 0..40,
    )) {
        let mut bench = Bench::new(Limits::default());
        for (index, message) in messages.iter().enumerate() {
            let stranger = client(index as u8, Carrier::Udp);
            bench.server.receive(bench.now(), stranger, message);
            let outputs = bench.outputs();
            prop_assert!(outputs.len() <= 1);
            check(outputs);
        }
        prop_assert_eq!(bench.server.allocations(), 0);
        prop_assert_eq!(bench.server.users(), 0);
    }

    #[test]
    fn damaged_requests_of_a_user(
        damages in proptest::collection::vec((0_usize..4, damage(), damage()), 1..30),
    ) {
        let (mut bench, ada, nonce) = settled();
        let valid = requests(&mut bench, &nonce);
        for (which, first, second) in damages {
            let mut message = valid[which].clone();
            first.apply(&mut message);
            second.apply(&mut message);
            bench.server.receive(bench.now(), ada, &message);
            check(bench.outputs());
        }
        prop_assert!(bench.server.allocations() <= 1);
    }

    /// Attributes of every kind and length behind a right signature: a user who wants to break in.
    #[test]
    fn strange_attributes_of_a_user(
        which in 0_usize..4,
        attributes in proptest::collection::vec(
            (prop_oneof![0_u16..0x30, 0x8000_u16..0x8010, any::<u16>()],
             proptest::collection::vec(any::<u8>(), 0..24)), 0..12,
        ),
    ) {
        use stun_types::attribute::{AttributeType, RawAttribute};
        use stun_types::prelude::*;
        // Those that the writer signs with by itself.
        let reserved = [0x0006, 0x0008, 0x0014, 0x0015, 0x001c, 0x8028];
        let (mut bench, ada, nonce) = settled();
        let method = [ALLOCATE, REFRESH, CREATE_PERMISSION, CHANNEL_BIND][which];
        let made: Vec<RawAttribute<'_>> = attributes
            .iter()
            .filter(|(kind, _)| !reserved.contains(kind))
            .map(|(kind, value)| RawAttribute::new(AttributeType::new(*kind), value))
            .collect();
        let made: Vec<&dyn AttributeWrite> = made.iter().map(|raw| raw as _).collect();
        let transaction = bench.transaction();
        let message = unsigned(method, transaction, &made);
        let request = sign_as(message, &name("ada"), &nonce);
        bench.server.receive(bench.now(), ada, &request);
        check(bench.outputs());
        prop_assert!(bench.server.allocations() <= 1);
    }

    #[test]
    fn everything_ends(steps in proptest::collection::vec((0_u8..6, 0_u8..5, 0_u64..400), 0..60)) {
        let mut bench = Bench::new(Limits { allocations: 3, ..Limits::default() });
        let mut open = std::collections::BTreeSet::new();
        let mut follow = |outputs: Vec<Output>| {
            for output in &outputs {
                match output {
                    Output::Opened { relayed, .. } => assert!(open.insert(*relayed)),
                    Output::Closed { relayed, .. } => assert!(open.remove(relayed)),
                    Output::ToClient { .. } | Output::ToPeer { .. } => {}
                }
            }
            check(outputs);
            open.len()
        };
        for (host, step, seconds) in steps {
            let client = client(host, Carrier::Tcp);
            let user = format!("{}:{}", BEGIN + 100_000, host / 2);
            let transaction = bench.transaction();
            let nonce = bench.nonce(client);
            use turn_types::attribute::{Lifetime, RequestedTransport};
            let transport = RequestedTransport::new(RequestedTransport::UDP);
            let message = match step {
                0 => unsigned(ALLOCATE, transaction, &[&transport]),
                1 => unsigned(REFRESH, transaction, &[&Lifetime::new(0)]),
                _ => unsigned(REFRESH, transaction, &[&Lifetime::new(800)]),
            };
            let request = sign_as(message, &user, &nonce);
            bench.server.receive(bench.now(), client, &request);
            if step == 3 {
                bench.server.disconnected(client);
            }
            bench.pass(seconds);
            let outputs = bench.outputs();
            prop_assert_eq!(follow(outputs), bench.server.allocations());
        }
        bench.pass(4_000);
        let outputs = bench.outputs();
        prop_assert_eq!(follow(outputs), 0);
        prop_assert_eq!(bench.server.users(), 0);
        prop_assert_eq!(bench.server.deadline(), None);
    }
}
