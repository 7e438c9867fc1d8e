//! A server and clients that speak to it.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use stun_types::attribute::{ErrorCode, Nonce, Realm, Username};
use stun_types::message::{
    IntegrityAlgorithm, LongTermKeyCredentials, Message, MessageClass, MessageIntegrityCredentials,
    MessageWriteVec, Method, TransactionId,
};
use stun_types::prelude::*;
use turn_types::attribute::{
    ChannelNumber, Lifetime, RequestedTransport, XorPeerAddress, XorRelayedAddress,
};
use turn_types::message::{ALLOCATE, CHANNEL_BIND, CREATE_PERMISSION, REFRESH};

use crate::turn::*;

pub(super) const REALM: &str = "bedside.test";
/// The wall's clock at the beginning.
pub(super) const BEGIN: u64 = 1_800_000_000;
pub(super) const OURS: Ipv4Addr = Ipv4Addr::new(203, 0, 113, 5);

/// Names are `expiry:user`; the password is the name backwards.
struct Backwards;

impl Authority for Backwards {
    fn account(&self, username: &str) -> Option<Account> {
        let (until, user) = username.split_once(':')?;
        Some(Account {
            password: username.chars().rev().collect(),
            user: user.to_owned(),
            until: until.parse().ok()?,
        })
    }
}

pub(super) fn candidate() -> SocketAddr {
    (OURS, 7882).into()
}

pub(super) fn candidate_v6() -> SocketAddr {
    "[2001:db8::5]:7882".parse().expect("an address")
}

/// Someone at the other end of the network, number `host`.
pub(super) fn client(host: u8, carrier: Carrier) -> Client {
    Client {
        carrier,
        remote: ([198, 51, 100, host], 40_000).into(),
        local: (OURS, 3478).into(),
    }
}

/// A user name that is good for ten minutes from the beginning.
pub(super) fn name(user: &str) -> String {
    format!("{}:{user}", BEGIN + 600)
}

pub(super) struct Bench {
    pub(super) server: Server,
    started: Instant,
    elapsed: Duration,
    transactions: u128,
}

/// What a client got for a request.
pub(super) struct Answer(Vec<u8>);

impl Answer {
    pub(super) fn message(&self) -> Message<'_> {
        Message::from_bytes(&self.0).expect("a STUN message")
    }

    /// The error, none for success.
    pub(super) fn code(&self) -> Option<u16> {
        let message = self.message();
        match message.class() {
            MessageClass::Success => None,
            _ => Some(message.attribute::<ErrorCode>().expect("a code").code()),
        }
    }

    pub(super) fn lifetime(&self) -> u32 {
        let lifetime = self.message().attribute::<Lifetime>();
        lifetime.expect("a lifetime").seconds()
    }

    pub(super) fn relayed(&self) -> SocketAddr {
        let message = self.message();
        let relayed = message.attribute::<XorRelayedAddress>();
        relayed.expect("an address").addr(message.transaction_id())
    }

    pub(super) fn nonce(&self) -> String {
        let nonce = self.message().attribute::<Nonce>();
        nonce.expect("a nonce").nonce().to_owned()
    }

    /// Whether it is signed for the user.
    pub(super) fn is_signed_for(&self, username: &str) -> bool {
        self.message()
            .validate_integrity(&credentials(username))
            .is_ok()
    }
}

fn credentials(username: &str) -> MessageIntegrityCredentials {
    let password = username.chars().rev().collect();
    LongTermKeyCredentials::new(username.to_owned(), password, REALM.to_owned()).into()
}

impl Bench {
    pub(super) fn new(limits: Limits) -> Self {
        #[expect(
            clippy::disallowed_methods,
            reason = "an arbitrary origin of a hand-moved clock"
        )]
        let started = Instant::now();
        let server = Server::new(Config {
            realm: REALM.to_owned(),
            authority: Arc::new(Backwards),
            secret: [7; 32],
            started,
            relayed_ip: OURS,
            candidates: vec![candidate(), candidate_v6()],
            limits,
        });
        Self {
            server,
            started,
            elapsed: Duration::ZERO,
            transactions: 1,
        }
    }

    pub(super) fn now(&self) -> Now {
        Now {
            instant: self.started + self.elapsed,
            unix: BEGIN + self.elapsed.as_secs(),
        }
    }

    /// Moves the clock, ending what ends meanwhile.
    pub(super) fn pass(&mut self, seconds: u64) {
        self.elapsed += Duration::from_secs(seconds);
        let now = self.now().instant;
        if self.server.deadline().is_some_and(|at| at <= now) {
            self.server.timeout(now);
        }
    }

    pub(super) fn outputs(&mut self) -> Vec<Output> {
        std::iter::from_fn(|| self.server.poll_output()).collect()
    }

    /// The one message to `client` among the outputs.
    pub(super) fn answer(&mut self, client: Client) -> Answer {
        let mut answers = Vec::new();
        for output in self.outputs() {
            if let Output::ToClient {
                client: to,
                contents,
            } = output
            {
                assert_eq!(to, client);
                answers.push(contents);
            }
        }
        assert_eq!(answers.len(), 1, "one answer");
        Answer(answers.remove(0))
    }

    pub(super) fn transaction(&mut self) -> TransactionId {
        self.transactions += 1;
        self.transactions.into()
    }

    /// A request with these attributes, unsigned.
    pub(super) fn plain(&mut self, method: Method, attributes: &[&dyn AttributeWrite]) -> Vec<u8> {
        let transaction = self.transaction();
        unsigned(method, transaction, attributes).finish()
    }

    /// The nonce the server gives `client`.
    pub(super) fn nonce(&mut self, client: Client) -> String {
        let request = self.plain(ALLOCATE, &[]);
        self.server.receive(self.now(), client, &request);
        self.answer(client).nonce()
    }

    /// Asks with a fresh nonce, signed by `username`.
    pub(super) fn ask(
        &mut self,
        client: Client,
        username: &str,
        method: Method,
        attributes: &[&dyn AttributeWrite],
    ) -> Answer {
        let transaction = self.transaction();
        let nonce = self.nonce(client);
        let message = unsigned(method, transaction, attributes);
        let request = sign(message, username, &nonce, &credentials(username));
        self.server.receive(self.now(), client, &request);
        self.answer(client)
    }

    pub(super) fn allocate(&mut self, client: Client, username: &str) -> Answer {
        let transport = RequestedTransport::new(RequestedTransport::UDP);
        self.ask(client, username, ALLOCATE, &[&transport])
    }

    pub(super) fn refresh(&mut self, client: Client, username: &str, seconds: u32) -> Answer {
        self.ask(client, username, REFRESH, &[&Lifetime::new(seconds)])
    }

    pub(super) fn permit(
        &mut self,
        client: Client,
        username: &str,
        peers: &[SocketAddr],
    ) -> Answer {
        let transaction = self.transaction();
        let nonce = self.nonce(client);
        let peers: Vec<_> = peers
            .iter()
            .map(|peer| XorPeerAddress::new(*peer, transaction))
            .collect();
        let attributes: Vec<&dyn AttributeWrite> = peers.iter().map(|peer| peer as _).collect();
        let message = unsigned(CREATE_PERMISSION, transaction, &attributes);
        let request = sign(message, username, &nonce, &credentials(username));
        self.server.receive(self.now(), client, &request);
        self.answer(client)
    }

    pub(super) fn bind(
        &mut self,
        client: Client,
        username: &str,
        number: u16,
        peer: SocketAddr,
    ) -> Answer {
        let transaction = self.transaction();
        let nonce = self.nonce(client);
        let peer = XorPeerAddress::new(peer, transaction);
        let number = ChannelNumber::new(number);
        let message = unsigned(CHANNEL_BIND, transaction, &[&number, &peer]);
        let request = sign(message, username, &nonce, &credentials(username));
        self.server.receive(self.now(), client, &request);
        self.answer(client)
    }
}

pub(super) fn unsigned(
    method: Method,
    transaction: TransactionId,
    attributes: &[&dyn AttributeWrite],
) -> MessageWriteVec {
    use stun_types::message::MessageType;
    let kind = MessageType::from_class_method(MessageClass::Request, method);
    let mut message = Message::builder(kind, transaction, MessageWriteVec::new());
    for attribute in attributes {
        message.add_attribute(*attribute).expect("it fits");
    }
    message
}

pub(super) fn sign(
    mut message: MessageWriteVec,
    username: &str,
    nonce: &str,
    credentials: &MessageIntegrityCredentials,
) -> Vec<u8> {
    let name = Username::new(username).expect("a name");
    message.add_attribute(&name).expect("it fits");
    let realm = Realm::new(REALM).expect("a realm");
    message.add_attribute(&realm).expect("it fits");
    let nonce = Nonce::new(nonce).expect("a nonce");
    message.add_attribute(&nonce).expect("it fits");
    let algorithm = IntegrityAlgorithm::Sha1;
    message
        .add_message_integrity(credentials, algorithm)
        .expect("signed");
    message.add_fingerprint().expect("it fits");
    message.finish()
}

/// [`sign`] with the password of `username`.
pub(super) fn sign_as(message: MessageWriteVec, username: &str, nonce: &str) -> Vec<u8> {
    sign(message, username, nonce, &credentials(username))
}
