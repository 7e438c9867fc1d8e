use stun_types::attribute::{AttributeType, RawAttribute, Realm};
use stun_types::attribute::{Fingerprint, UnknownAttributes, XorMappedAddress};
use stun_types::message::{BINDING, LongTermKeyCredentials};
use stun_types::prelude::*;
use turn_types::AddressFamily;
use turn_types::attribute::{
    AdditionalAddressFamily, AddressErrorCode, DontFragment, EvenPort, Lifetime,
    RequestedAddressFamily, RequestedTransport, ReservationToken,
};
use turn_types::message::{ALLOCATE, REFRESH};

use super::harness::*;
use crate::turn::*;

fn bench() -> Bench {
    Bench::new(Limits::default())
}

fn udp() -> RequestedTransport {
    RequestedTransport::new(RequestedTransport::UDP)
}

#[test]
fn a_binding_request_is_told_its_own_address() {
    let mut bench = bench();
    for carrier in [Carrier::Udp, Carrier::Tcp, Carrier::Tls] {
        let client = client(9, carrier);
        let request = bench.plain(BINDING, &[]);
        bench.server.receive(bench.now(), client, &request);
        let answer = bench.answer(client);
        let message = answer.message();
        let mapped = message.attribute::<XorMappedAddress>().expect("an address");
        assert_eq!(mapped.addr(message.transaction_id()), client.remote);
    }
}

#[test]
fn an_allocation_takes_a_challenge_and_a_password() {
    let mut bench = bench();
    let ada = client(1, Carrier::Udp);
    let request = bench.plain(ALLOCATE, &[&udp()]);
    bench.server.receive(bench.now(), ada, &request);
    let challenge = bench.answer(ada);
    assert_eq!(challenge.code(), Some(401));
    let realm = challenge
        .message()
        .attribute::<Realm>()
        .expect("a realm")
        .realm()
        .to_owned();
    assert_eq!(realm, REALM);

    let answer = bench.allocate(ada, &name("ada"));
    assert_eq!(answer.code(), None);
    assert_eq!(answer.lifetime(), 600);
    assert_eq!(answer.relayed().ip(), OURS);
    assert!(answer.is_signed_for(&name("ada")));
    assert!(
        answer.message().has_attribute(Fingerprint::TYPE),
        "as in the request"
    );
    assert_eq!((bench.server.allocations(), bench.server.users()), (1, 1));

    let bob = client(2, Carrier::Tls);
    let other = bench.allocate(bob, &name("bob"));
    assert_ne!(other.relayed(), answer.relayed());
}

#[test]
fn opening_and_closing_are_told_before_the_answer() {
    let mut bench = bench();
    let ada = client(1, Carrier::Udp);
    let nonce = bench.nonce(ada);
    let transaction = bench.transaction();
    let message = unsigned(ALLOCATE, transaction, &[&udp()]);
    let request = sign_as(message, &name("ada"), &nonce);
    bench.server.receive(bench.now(), ada, &request);
    let outputs = bench.outputs();
    let [Output::Opened { relayed, client }, Output::ToClient { .. }] = outputs[..] else {
        panic!("{outputs:?}");
    };
    assert_eq!(client, ada);
    bench.pass(600);
    assert_eq!(bench.outputs(), [Output::Closed { relayed, client }]);
    assert_eq!((bench.server.allocations(), bench.server.users()), (0, 0));
    assert_eq!(bench.server.deadline(), None);
}

#[test]
fn a_wrong_password_an_unknown_name_and_an_expired_name_are_refused() {
    let mut bench = bench();
    let ada = client(1, Carrier::Udp);
    let nonce = bench.nonce(ada);
    let wrong = LongTermKeyCredentials::new(name("ada"), "guess".into(), REALM.into()).into();
    let transaction = bench.transaction();
    let message = unsigned(ALLOCATE, transaction, &[&udp()]);
    let request = sign(message, &name("ada"), &nonce, &wrong);
    bench.server.receive(bench.now(), ada, &request);
    let answer = bench.answer(ada);
    assert_eq!(answer.code(), Some(401));
    assert!(!answer.nonce().is_empty(), "the next try needs one");

    assert_eq!(bench.allocate(ada, "nobody").code(), Some(401));
    assert_eq!(
        bench.allocate(ada, &format!("{BEGIN}:ada")).code(),
        Some(401)
    );
    assert_eq!(
        bench.allocate(ada, &format!("{}:ada", BEGIN + 1)).code(),
        None
    );
    assert_eq!(bench.server.counters().unauthorized, 3);
}

#[test]
fn a_signature_without_its_attributes_is_malformed() {
    let mut bench = bench();
    let ada = client(1, Carrier::Udp);
    let transaction = bench.transaction();
    let mut message = unsigned(ALLOCATE, transaction, &[&udp()]);
    let credentials = LongTermKeyCredentials::new(name("ada"), "x".into(), REALM.into()).into();
    let algorithm = stun_types::message::IntegrityAlgorithm::Sha1;
    message
        .add_message_integrity(&credentials, algorithm)
        .expect("signed");
    bench.server.receive(bench.now(), ada, &message.finish());
    assert_eq!(bench.answer(ada).code(), Some(400));
}

#[test]
fn a_nonce_is_good_for_an_hour_and_for_one_client() {
    let mut bench = bench();
    let (ada, eve) = (client(1, Carrier::Udp), client(2, Carrier::Udp));
    let nonce = bench.nonce(ada);
    let user = format!("{}:ada", BEGIN + 90_000);
    let code = |bench: &mut Bench, client, nonce: &str| {
        let transaction = bench.transaction();
        let message = unsigned(REFRESH, transaction, &[]);
        let request = sign_as(message, &user, nonce);
        bench.server.receive(bench.now(), client, &request);
        let answer = bench.answer(client);
        if answer.code() == Some(438) {
            assert_ne!(answer.nonce(), nonce);
        }
        answer.code()
    };
    assert_eq!(code(&mut bench, eve, &nonce), Some(438));
    assert_eq!(code(&mut bench, ada, "0000"), Some(438));
    assert_eq!(code(&mut bench, ada, &format!("{nonce}0")), Some(438));
    bench.pass(3_599);
    assert_eq!(code(&mut bench, ada, &nonce), Some(437));
    bench.pass(1);
    assert_eq!(code(&mut bench, ada, &nonce), Some(438));
}

#[test]
fn a_request_that_comes_twice_gets_the_same_address_and_another_is_refused() {
    let mut bench = bench();
    let ada = client(1, Carrier::Udp);
    let nonce = bench.nonce(ada);
    let transaction = bench.transaction();
    let message = unsigned(ALLOCATE, transaction, &[&udp()]);
    let request = sign_as(message, &name("ada"), &nonce);
    bench.server.receive(bench.now(), ada, &request);
    let first = bench.answer(ada);
    bench.pass(5);
    bench.server.receive(bench.now(), ada, &request);
    let again = bench.answer(ada);
    assert_eq!(again.relayed(), first.relayed());
    assert_eq!(again.lifetime(), 595);
    assert_eq!(bench.server.counters().allocated, 1);
    assert_eq!(bench.allocate(ada, &name("ada")).code(), Some(437));
    assert_eq!(bench.allocate(ada, &name("bob")).code(), Some(437));
}

#[test]
fn what_cannot_be_had_is_refused_as_the_rfc_says() {
    let mut bench = bench();
    let ada = client(1, Carrier::Udp);
    let tcp = RequestedTransport::new(RequestedTransport::TCP);
    let v6 = RequestedAddressFamily::new(AddressFamily::IPV6);
    let v4 = RequestedAddressFamily::new(AddressFamily::IPV4);
    let also_v6 = AdditionalAddressFamily::new(AddressFamily::IPV6);
    let pair = EvenPort::new(true);
    let token = ReservationToken::new(1);
    let cases: [(&[&dyn AttributeWrite], u16); 8] = [
        (&[], 400),
        (&[&tcp], 442),
        (&[&udp(), &v6], 440),
        (&[&udp(), &v4, &also_v6], 400),
        (&[&udp(), &token, &pair], 400),
        (&[&udp(), &also_v6, &pair], 400),
        (&[&udp(), &pair], 508),
        (&[&udp(), &token], 508),
    ];
    for (attributes, code) in cases {
        let answer = bench.ask(ada, &name("ada"), ALLOCATE, attributes);
        assert_eq!(answer.code(), Some(code), "{attributes:?}");
        assert!(answer.is_signed_for(&name("ada")));
    }
    assert_eq!((bench.server.allocations(), bench.server.users()), (0, 0));
}

#[test]
fn even_ports_and_unfragmented_datagrams_can_be_had() {
    let mut bench = bench();
    for host in 1..20 {
        let client = client(host, Carrier::Udp);
        let even = EvenPort::new(false);
        let attributes: [&dyn AttributeWrite; 3] = [&udp(), &even, &DontFragment::new()];
        let answer = bench.ask(client, &name("ada"), ALLOCATE, &attributes);
        assert_eq!(answer.relayed().port() % 2, 0);
    }
}

#[test]
fn a_second_family_is_refused_beside_the_first() {
    let mut bench = bench();
    let ada = client(1, Carrier::Udp);
    let also = AdditionalAddressFamily::new(AddressFamily::IPV6);
    let answer = bench.ask(ada, &name("ada"), ALLOCATE, &[&udp(), &also]);
    assert_eq!(answer.code(), None);
    let none = answer
        .message()
        .attribute::<AddressErrorCode>()
        .expect("told");
    assert_eq!(
        (none.family(), none.error().code()),
        (AddressFamily::IPV6, 440)
    );
}

#[test]
fn the_lifetime_has_bounds() {
    let mut bench = bench();
    for (host, (asked, given)) in [(1, 600), (900, 900), (u32::MAX, 3_600)]
        .into_iter()
        .enumerate()
    {
        let client = client(host as u8, Carrier::Udp);
        let lifetime = Lifetime::new(asked);
        let answer = bench.ask(client, &name("ada"), ALLOCATE, &[&udp(), &lifetime]);
        assert_eq!(answer.lifetime(), given);
    }
}

#[test]
fn unknown_attributes_are_named() {
    let mut bench = bench();
    let ada = client(1, Carrier::Udp);
    let strange = RawAttribute::new(AttributeType::new(0x7abc), &[1, 2, 3, 4]);
    let harmless = RawAttribute::new(AttributeType::new(0xfabc), &[1, 2, 3, 4]);
    for method in [ALLOCATE, BINDING] {
        let answer = bench.ask(ada, &name("ada"), method, &[&udp(), &strange, &harmless]);
        assert_eq!(answer.code(), Some(420));
        let unknown = answer
            .message()
            .attribute::<UnknownAttributes>()
            .expect("named");
        assert!(unknown.has_attribute(AttributeType::new(0x7abc)));
        assert!(!unknown.has_attribute(AttributeType::new(0xfabc)));
    }
}

#[test]
fn one_user_and_all_users_have_a_limit() {
    let mut bench = Bench::new(Limits {
        allocations: 3,
        allocations_per_user: 2,
        ..Limits::default()
    });
    let mut code = |host, user: &str| bench.allocate(client(host, Carrier::Udp), user).code();
    assert_eq!(code(1, &name("ada")), None);
    // Another name of the same user.
    assert_eq!(code(2, &format!("{}:ada", BEGIN + 700)), None);
    assert_eq!(code(3, &name("ada")), Some(486));
    assert_eq!(code(3, &name("bob")), None);
    assert_eq!(code(4, &name("eve")), Some(508));
    bench.server.disconnected(client(1, Carrier::Udp));
    bench.outputs();
    let eve = bench.allocate(client(4, Carrier::Udp), &name("eve"));
    assert_eq!(eve.code(), None);
    assert_eq!(bench.server.counters().full, 2);
}
