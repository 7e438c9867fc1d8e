//! Which connection a datagram is for.
//!
//! Known senders are found by their address. An unknown one must first prove itself by a STUN
//! binding request: its user name begins with the ufrag of the connection, and the connection
//! checks the message's integrity before the address is trusted.

use std::collections::{HashMap, VecDeque};
use std::net::SocketAddr;

use crate::{Protocol, Target};

/// Names a connection within a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct ConnectionKey {
    pub(crate) room: usize,
    pub(crate) peer: usize,
    pub(crate) target: Target,
}

/// Addresses kept for one connection: interfaces × paths of a client, and some moves.
const MAX_ADDRESSES: usize = 16;

/// How and from where a client sends: the same address may be two clients over two protocols.
pub(crate) type Sender = (Protocol, SocketAddr);

/// The address map of a node.
#[derive(Debug, Default)]
pub(crate) struct Routes {
    by_address: HashMap<Sender, ConnectionKey>,
    by_ufrag: HashMap<String, ConnectionKey>,
    of_connection: HashMap<ConnectionKey, Entry>,
}

#[derive(Debug, Default)]
struct Entry {
    ufrag: String,
    /// Oldest first.
    addresses: VecDeque<Sender>,
}

impl Routes {
    /// The connection is known by `ufrag` from now on, and by no other.
    pub(crate) fn set_ufrag(&mut self, key: ConnectionKey, ufrag: String) {
        let entry = self.of_connection.entry(key).or_default();
        if entry.ufrag == ufrag {
            return;
        }
        self.by_ufrag.remove(&entry.ufrag);
        entry.ufrag.clone_from(&ufrag);
        self.by_ufrag.insert(ufrag, key);
    }

    /// `address` proved to be of the connection; it may have been another's before.
    pub(crate) fn set_address(&mut self, key: ConnectionKey, address: Sender) {
        match self.by_address.insert(address, key) {
            Some(before) if before == key => return,
            Some(before) => {
                if let Some(entry) = self.of_connection.get_mut(&before) {
                    entry.addresses.retain(|a| *a != address);
                }
            }
            None => {}
        }
        let entry = self.of_connection.entry(key).or_default();
        entry.addresses.push_back(address);
        if entry.addresses.len() > MAX_ADDRESSES
            && let Some(oldest) = entry.addresses.pop_front()
        {
            self.by_address.remove(&oldest);
        }
    }

    pub(crate) fn by_address(&self, address: Sender) -> Option<ConnectionKey> {
        self.by_address.get(&address).copied()
    }

    pub(crate) fn by_ufrag(&self, ufrag: &str) -> Option<ConnectionKey> {
        self.by_ufrag.get(ufrag).copied()
    }

    pub(crate) fn remove(&mut self, key: ConnectionKey) {
        if let Some(entry) = self.of_connection.remove(&key) {
            self.by_ufrag.remove(&entry.ufrag);
            for address in entry.addresses {
                self.by_address.remove(&address);
            }
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.by_address.is_empty() && self.by_ufrag.is_empty() && self.of_connection.is_empty()
    }
}

/// The receiver's ufrag in a STUN binding request (RFC 8489; RFC 8445, section 7.2.2). None for
/// anything else.
pub fn stun_ufrag(datagram: &[u8]) -> Option<&str> {
    const BINDING_REQUEST: [u8; 2] = [0x00, 0x01];
    const COOKIE: [u8; 4] = [0x21, 0x12, 0xa4, 0x42];
    const USERNAME: u16 = 0x0006;
    let (header, mut attributes) = datagram.split_at_checked(20)?;
    if header[..2] != BINDING_REQUEST || header[4..8] != COOKIE {
        return None;
    }
    loop {
        let (head, rest) = attributes.split_at_checked(4)?;
        let kind = u16::from_be_bytes([head[0], head[1]]);
        let len = usize::from(u16::from_be_bytes([head[2], head[3]]));
        let value = rest.get(..len)?;
        if kind == USERNAME {
            return std::str::from_utf8(value).ok()?.split(':').next();
        }
        attributes = rest.get(len.next_multiple_of(4)..)?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn key(peer: usize) -> ConnectionKey {
        ConnectionKey {
            room: 0,
            peer,
            target: Target::Publisher,
        }
    }

    fn address(port: u16) -> Sender {
        (Protocol::Udp, ([192, 0, 2, 1], port).into())
    }

    #[test]
    fn an_address_belongs_to_the_last_who_proved_it() {
        let mut routes = Routes::default();
        routes.set_ufrag(key(1), "one".into());
        routes.set_ufrag(key(2), "two".into());
        routes.set_address(key(1), address(1));
        routes.set_address(key(2), address(1));
        routes.remove(key(1));
        assert_eq!(routes.by_address(address(1)), Some(key(2)));
        assert_eq!(routes.by_ufrag("one"), None);
        routes.set_ufrag(key(2), "new".into());
        assert_eq!(routes.by_ufrag("two"), None);
        assert_eq!(routes.by_ufrag("new"), Some(key(2)));
        routes.remove(key(2));
        assert!(routes.is_empty());
    }

    #[test]
    fn an_address_is_another_over_tcp() {
        let mut routes = Routes::default();
        let (_, same) = address(1);
        routes.set_address(key(1), (Protocol::Udp, same));
        routes.set_address(key(2), (Protocol::Tcp, same));
        assert_eq!(routes.by_address((Protocol::Udp, same)), Some(key(1)));
        assert_eq!(routes.by_address((Protocol::Tcp, same)), Some(key(2)));
        routes.remove(key(1));
        routes.remove(key(2));
        assert!(routes.is_empty());
    }

    #[test]
    fn addresses_are_bounded() {
        let mut routes = Routes::default();
        for port in 0..100 {
            routes.set_address(key(1), address(port));
        }
        assert_eq!(routes.by_address.len(), MAX_ADDRESSES);
        assert_eq!(routes.by_address(address(99)), Some(key(1)));
        routes.remove(key(1));
        assert!(routes.is_empty());
    }

    #[test]
    fn reads_the_user_name() {
        let mut message = vec![0, 1, 0, 20, 0x21, 0x12, 0xa4, 0x42];
        message.extend([0; 12]);
        message.extend([0x80, 0x22, 0, 1, b'x', 0, 0, 0]);
        message.extend([0, 6, 0, 7]);
        message.extend(b"abc:def\0");
        assert_eq!(stun_ufrag(&message), Some("abc"));
        message[1] = 0x11;
        assert_eq!(stun_ufrag(&message), None);
    }

    proptest! {
        #[test]
        fn any_datagram(mut bytes in proptest::collection::vec(any::<u8>(), 0..80), stun: bool) {
            if stun && bytes.len() >= 8 {
                bytes[..8].copy_from_slice(&[0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42]);
            }
            let _ = stun_ufrag(&bytes);
        }
    }
}
