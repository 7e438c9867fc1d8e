//! The server: every client's messages in, answers and relayed datagrams out.

mod allocate;
mod control;
mod relay;

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::net::{Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use stun_types::attribute::{AttributeType, ErrorCode, MessageIntegrity, XorMappedAddress};
use stun_types::message::{BINDING, IntegrityKey, Message, MessageClass};
use stun_types::prelude::*;
use turn_types::message::{ALLOCATE, CHANNEL_BIND, CREATE_PERMISSION, REFRESH, SEND};

use super::allocation::Allocation;
use super::authenticator::{Authenticator, Denial, Identity};
use super::nonces::Nonces;
use super::peers::Peers;
use super::ports::VirtualPorts;
use super::usage::Usage;
use super::{Client, Config, Counters, MAX_MESSAGE, Now, Output, message};

/// The lifetime of an allocation that asks for none, and the longest (RFC 8656, section 7.2).
const DEFAULT_LIFETIME: Duration = Duration::from_secs(600);
const MAX_LIFETIME: Duration = Duration::from_secs(3_600);

/// A TURN server. See the module for the contract.
pub struct Server {
    authenticator: Authenticator,
    peers: Peers,
    relayed_ip: Ipv4Addr,
    max_allocations: usize,
    ports: VirtualPorts,
    usage: Usage,
    allocations: HashMap<Client, Allocation>,
    /// Whose a relayed address is. As long as `allocations`.
    clients: HashMap<SocketAddr, Client>,
    /// When allocations end. As long as `allocations`.
    deadlines: BTreeSet<(Instant, Client)>,
    outputs: VecDeque<Output>,
    /// Numbers Data indications.
    indications: u64,
    counters: Counters,
}

/// A signed request of a known user, and how to answer it.
struct Request<'a> {
    message: &'a Message<'a>,
    client: Client,
    identity: Identity,
    now: Now,
}

impl Server {
    /// A server with no allocation.
    pub fn new(config: Config) -> Self {
        let bound = config.candidates.iter().map(SocketAddr::port).collect();
        let nonces = Nonces::new(&config.secret, config.started);
        Self {
            authenticator: Authenticator::new(config.authority, nonces, config.realm),
            peers: Peers::new(config.candidates),
            relayed_ip: config.relayed_ip,
            max_allocations: config.limits.allocations,
            ports: VirtualPorts::new(bound),
            usage: Usage::new(
                config.limits.allocations_per_user,
                config.limits.bytes_per_second,
            ),
            allocations: HashMap::new(),
            clients: HashMap::new(),
            deadlines: BTreeSet::new(),
            outputs: VecDeque::new(),
            indications: 0,
            counters: Counters::default(),
        }
    }

    /// Takes one message of `client`: a datagram, or what [`super::StreamDecoder`] cut out of its
    /// stream. Anything may be in it.
    pub fn receive(&mut self, now: Now, client: Client, contents: &[u8]) {
        if contents.len() > MAX_MESSAGE || !self.dispatch(now, client, contents) {
            self.counters.dropped += 1;
        }
    }

    /// The client's stream has ended, and with it its allocation.
    pub fn disconnected(&mut self, client: Client) {
        self.close(client);
    }

    /// Ends the allocation of `relayed`, because the address cannot be used.
    pub fn revoke(&mut self, relayed: SocketAddr) {
        if let Some(client) = self.clients.get(&relayed).copied() {
            self.close(client);
        }
    }

    /// Ends the allocations whose time is over.
    pub fn timeout(&mut self, now: Instant) {
        while let Some(&(expires, client)) = self.deadlines.first()
            && expires <= now
        {
            self.close(client);
        }
    }

    /// When [`Self::timeout`] is due.
    pub fn deadline(&self) -> Option<Instant> {
        self.deadlines.first().map(|(expires, _)| *expires)
    }

    /// What to do next; none when all is done.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// What happened so far.
    pub fn counters(&self) -> Counters {
        self.counters
    }

    /// How many allocations there are.
    pub fn allocations(&self) -> usize {
        self.allocations.len()
    }

    /// How many users have an allocation.
    pub fn users(&self) -> usize {
        self.usage.users()
    }

    /// False when the message makes no sense.
    fn dispatch(&mut self, now: Now, client: Client, contents: &[u8]) -> bool {
        match contents {
            [0x40..=0x7f, ..] => self.channel_data(now, client, contents),
            [0x00..=0x3f, _, high, low, ..] => {
                let length = usize::from(u16::from_be_bytes([*high, *low]));
                // The parser reads what it is given, so it is given one message exactly.
                if contents.len() != length + 20 || length % 4 != 0 {
                    return false;
                }
                let Ok(message) = Message::from_bytes(contents) else {
                    return false;
                };
                match message.class() {
                    MessageClass::Request => self.request(now, client, &message),
                    MessageClass::Indication => self.indication(now, client, &message),
                    MessageClass::Success | MessageClass::Error => false,
                }
            }
            _ => false,
        }
    }

    fn indication(&mut self, now: Now, client: Client, message: &Message<'_>) -> bool {
        match message.method() {
            SEND => self.send_indication(now, client, message),
            // Keeps a NAT binding open.
            BINDING => true,
            _ => false,
        }
    }

    fn request(&mut self, now: Now, client: Client, message: &Message<'_>) -> bool {
        let method = message.method();
        if method == BINDING {
            self.binding(client, message);
            return true;
        }
        let handler: fn(&mut Self, &Request<'_>) = match method {
            ALLOCATE => Self::allocate,
            REFRESH => Self::refresh,
            CREATE_PERMISSION => Self::create_permission,
            CHANNEL_BIND => Self::channel_bind,
            _ => return false,
        };
        let known = self.allocations.get(&client).map(|known| &known.identity);
        let identity = match self.authenticator.identify(message, client, known, now) {
            Ok(identity) => identity,
            Err(denial) => {
                self.deny(message, client, denial, now);
                return true;
            }
        };
        let request = Request {
            message,
            client,
            identity,
            now,
        };
        let unknown = unknown_attributes(message);
        if unknown.is_empty() {
            handler(self, &request);
        } else {
            let key = Some(&request.identity.key);
            self.reply(client, message::unknown_attributes(message, &unknown, key));
        }
        true
    }

    /// Tells the client its own address (RFC 8489, section 12), not ours.
    fn binding(&mut self, client: Client, message: &Message<'_>) {
        let unknown = unknown_attributes(message);
        let answer = if unknown.is_empty() {
            let mapped = XorMappedAddress::new(client.remote, message.transaction_id());
            message::answer(message, None, &[&mapped], None)
        } else {
            message::unknown_attributes(message, &unknown, None)
        };
        self.reply(client, answer);
    }

    fn reply(&mut self, client: Client, answer: Option<Vec<u8>>) {
        if let Some(contents) = answer {
            self.outputs
                .push_back(Output::ToClient { client, contents });
        }
    }

    fn succeed(&mut self, request: &Request<'_>, attributes: &[&dyn AttributeWrite]) {
        let key: &IntegrityKey = &request.identity.key;
        let answer = message::answer(request.message, None, attributes, Some(key));
        self.reply(request.client, answer);
    }

    fn deny(&mut self, message: &Message<'_>, client: Client, denial: Denial, now: Now) {
        // A nonce that is too old is no sign of a wrong user.
        if denial != Denial::StaleNonce && message.has_attribute(MessageIntegrity::TYPE) {
            self.counters.unauthorized += 1;
        }
        let refusal = self.authenticator.refuse(message, client, denial, now);
        self.reply(client, refusal);
    }

    fn refuse(&mut self, request: &Request<'_>, code: u16) {
        match code {
            ErrorCode::UNAUTHORIZED => {
                let denial = Denial::Unauthorized;
                return self.deny(request.message, request.client, denial, request.now);
            }
            ErrorCode::FORBIDDEN => self.counters.forbidden += 1,
            ErrorCode::ALLOCATION_QUOTA_REACHED | ErrorCode::INSUFFICIENT_CAPACITY => {
                self.counters.full += 1;
            }
            _ => {}
        }
        let key: &IntegrityKey = &request.identity.key;
        let answer = message::answer(request.message, Some(code), &[], Some(key));
        self.reply(request.client, answer);
    }

    /// Ends the allocation of `client`, if it has one.
    fn close(&mut self, client: Client) {
        let Some(allocation) = self.allocations.remove(&client) else {
            return;
        };
        let relayed = allocation.relayed;
        self.clients.remove(&relayed);
        self.deadlines.remove(&(allocation.expires, client));
        self.ports.release(relayed.port());
        self.usage.end(&allocation.identity.user);
        self.outputs.push_back(Output::Closed { relayed, client });
    }
}

/// Attributes that must be understood (RFC 8489, section 14) and are not.
fn unknown_attributes(message: &Message<'_>) -> Vec<AttributeType> {
    /// MAPPED-ADDRESS to MESSAGE-INTEGRITY-SHA256, PASSWORD-ALGORITHM and USERHASH of STUN, what
    /// TURN uses of its own, and what ICE may put into a Binding request.
    const KNOWN: [u16; 23] = [
        0x0001, 0x0006, 0x0008, 0x0009, 0x000a, 0x000c, 0x000d, 0x0012, 0x0013, 0x0014, 0x0015,
        0x0016, 0x0017, 0x0018, 0x0019, 0x001a, 0x001c, 0x001d, 0x001e, 0x0020, 0x0022, 0x0024,
        0x0025,
    ];
    /// Named in an answer at most.
    const NAMED: usize = 8;
    message
        .iter_attributes()
        .map(|(_, attribute)| attribute.get_type())
        .filter(|kind| kind.comprehension_required() && !KNOWN.contains(&kind.value()))
        .take(NAMED)
        .collect()
}
