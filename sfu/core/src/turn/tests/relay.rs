use std::net::SocketAddr;

use stun_types::message::{Message, MessageClass, MessageType, MessageWriteVec};
use stun_types::prelude::*;
use turn_types::attribute::{Data, DontFragment, XorPeerAddress};
use turn_types::message::{DATA, SEND};

use super::harness::*;
use crate::turn::*;

fn allocated(carrier: Carrier, limits: Limits) -> (Bench, Client, SocketAddr) {
    let mut bench = Bench::new(limits);
    let ada = client(1, carrier);
    let relayed = bench.allocate(ada, &name("ada")).relayed();
    (bench, ada, relayed)
}

fn send(peer: SocketAddr, contents: &[u8]) -> Vec<u8> {
    let kind = MessageType::from_class_method(MessageClass::Indication, SEND);
    let transaction = 77.into();
    let mut message = Message::builder(kind, transaction, MessageWriteVec::new());
    let peer = XorPeerAddress::new(peer, transaction);
    message.add_attribute(&peer).expect("it fits");
    message
        .add_attribute(&DontFragment::new())
        .expect("it fits");
    message
        .add_attribute(&Data::new(contents))
        .expect("it fits");
    message.finish()
}

fn channel(number: u16, contents: &[u8]) -> Vec<u8> {
    let mut message = number.to_be_bytes().to_vec();
    message.extend((contents.len() as u16).to_be_bytes());
    message.extend(contents);
    message
}

#[test]
fn datagrams_travel_in_indications() {
    let (mut bench, ada, relayed) = allocated(Carrier::Udp, Limits::default());
    bench.permit(ada, &name("ada"), &[candidate()]);
    let now = bench.now();
    bench.server.receive(now, ada, &send(candidate(), b"hello"));
    let peer = candidate();
    let contents = b"hello".to_vec();
    assert_eq!(
        bench.outputs(),
        [Output::ToPeer {
            relayed,
            peer,
            contents
        }]
    );

    bench
        .server
        .receive_from_peer(now, relayed, candidate(), b"world");
    let answer = bench.answer(ada);
    let message = answer.message();
    assert_eq!(
        (message.class(), message.method()),
        (MessageClass::Indication, DATA)
    );
    let data = message.attribute::<Data<'_>>().expect("data");
    assert_eq!(data.data(), b"world");
    let from = message.attribute::<XorPeerAddress>().expect("a peer");
    assert_eq!(from.addr(message.transaction_id()), candidate());
}

#[test]
fn datagrams_travel_in_channels_padded_in_streams() {
    for carrier in [Carrier::Udp, Carrier::Tcp, Carrier::Tls] {
        let (mut bench, ada, relayed) = allocated(carrier, Limits::default());
        bench.bind(ada, &name("ada"), 0x4001, candidate());
        let now = bench.now();
        bench.server.receive(now, ada, &channel(0x4001, b"hello"));
        let peer = candidate();
        let contents = b"hello".to_vec();
        assert_eq!(
            bench.outputs(),
            [Output::ToPeer {
                relayed,
                peer,
                contents
            }]
        );

        bench
            .server
            .receive_from_peer(now, relayed, candidate(), b"world");
        let mut contents = channel(0x4001, b"world");
        if carrier != Carrier::Udp {
            contents.resize(12, 0);
        }
        assert_eq!(
            bench.outputs(),
            [Output::ToClient {
                client: ada,
                contents
            }]
        );
    }
}

#[test]
fn nothing_passes_without_permission_or_after_it() {
    let (mut bench, ada, relayed) = allocated(Carrier::Udp, Limits::default());
    let exchange = |bench: &mut Bench, number| {
        let now = bench.now();
        bench.server.receive(now, ada, &send(candidate(), b"x"));
        bench.server.receive(now, ada, &channel(number, b"x"));
        bench
            .server
            .receive_from_peer(now, relayed, candidate(), b"x");
        bench.outputs().len()
    };
    assert_eq!(exchange(&mut bench, 0x4000), 0);
    bench.refresh(ada, &name("ada"), 3_600);
    bench.permit(ada, &name("ada"), &[candidate()]);
    assert_eq!(exchange(&mut bench, 0x4000), 2);
    bench.pass(299);
    assert_eq!(exchange(&mut bench, 0x4000), 2);
    bench.pass(1);
    assert_eq!(exchange(&mut bench, 0x4000), 0);
    bench.bind(ada, &name("ada"), 0x4000, candidate());
    assert_eq!(exchange(&mut bench, 0x4000), 3);
    bench.pass(300);
    assert_eq!(
        exchange(&mut bench, 0x4000),
        2,
        "a bound channel needs no permission"
    );
    bench.pass(300);
    assert_eq!(exchange(&mut bench, 0x4000), 0);
}

#[test]
fn a_permitted_address_is_not_a_permitted_port() {
    let (mut bench, ada, _) = allocated(Carrier::Udp, Limits::default());
    bench.permit(ada, &name("ada"), &[SocketAddr::new(OURS.into(), 0)]);
    let ssh = SocketAddr::new(OURS.into(), 22);
    bench.server.receive(bench.now(), ada, &send(ssh, b"x"));
    assert_eq!(bench.outputs(), []);
    bench
        .server
        .receive(bench.now(), ada, &send(candidate(), b"x"));
    assert_eq!(bench.outputs().len(), 1);
}

#[test]
fn a_client_sends_for_itself_only() {
    let (mut bench, ada, relayed) = allocated(Carrier::Udp, Limits::default());
    bench.bind(ada, &name("ada"), 0x4000, candidate());
    for other in [client(2, Carrier::Udp), client(1, Carrier::Tcp)] {
        bench
            .server
            .receive(bench.now(), other, &channel(0x4000, b"x"));
        bench
            .server
            .receive(bench.now(), other, &send(candidate(), b"x"));
    }
    assert_eq!(bench.outputs(), []);
    bench.server.disconnected(ada);
    assert_eq!(
        bench.outputs(),
        [Output::Closed {
            relayed,
            client: ada
        }]
    );
    bench
        .server
        .receive(bench.now(), ada, &channel(0x4000, b"x"));
    assert_eq!(bench.outputs(), []);
}

#[test]
fn a_relayed_address_can_be_taken_back() {
    let (mut bench, ada, relayed) = allocated(Carrier::Udp, Limits::default());
    bench.server.revoke(SocketAddr::new(OURS.into(), 1));
    assert_eq!(bench.outputs(), []);
    bench.server.revoke(relayed);
    assert_eq!(
        bench.outputs(),
        [Output::Closed {
            relayed,
            client: ada
        }]
    );
}

#[test]
fn a_user_has_a_bandwidth_across_allocations_each_way() {
    let limits = Limits {
        bytes_per_second: 10_000,
        ..Limits::default()
    };
    let (mut bench, ada, relayed) = allocated(Carrier::Udp, limits);
    bench.bind(ada, &name("ada"), 0x4000, candidate());
    let second = client(2, Carrier::Udp);
    bench.allocate(second, &name("ada"));
    bench.bind(second, &name("ada"), 0x4000, candidate());
    let eve = client(3, Carrier::Udp);
    bench.allocate(eve, &name("eve"));
    bench.bind(eve, &name("eve"), 0x4000, candidate());
    let now = bench.now();
    for _ in 0..30 {
        bench
            .server
            .receive(now, ada, &channel(0x4000, &[0; 1_000]));
        bench
            .server
            .receive(now, second, &channel(0x4000, &[0; 1_000]));
    }
    assert_eq!(bench.outputs().len(), 20, "two seconds' worth at once");
    bench
        .server
        .receive(now, eve, &channel(0x4000, &[0; 1_000]));
    bench
        .server
        .receive_from_peer(now, relayed, candidate(), &[0; 1_000]);
    assert_eq!(
        bench.outputs().len(),
        2,
        "nobody else and no other way is affected"
    );
    assert_eq!(bench.server.counters().throttled, 40);
    bench.pass(1);
    let now = bench.now();
    for _ in 0..30 {
        bench
            .server
            .receive(now, ada, &channel(0x4000, &[0; 1_000]));
    }
    assert_eq!(bench.outputs().len(), 10);
}
