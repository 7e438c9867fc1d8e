//! What a client has with us.

use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use stun_types::message::TransactionId;

use super::authenticator::Identity;

/// How long a permission holds (RFC 8656, section 9).
const PERMISSION: Duration = Duration::from_secs(300);
/// How long a channel is bound (RFC 8656, section 12).
const CHANNEL: Duration = Duration::from_secs(600);
/// The SFU sends something to a living client at least this often: it answers its consent checks
/// (RFC 7675, every five seconds).
const ALIVE: Duration = Duration::from_secs(60);

/// One allocation. Permissions and channels are as many as our candidates at most, so they are
/// searched one by one.
pub(super) struct Allocation {
    pub(super) relayed: SocketAddr,
    pub(super) identity: Identity,
    /// The request that made it, which may come again over UDP.
    pub(super) request: TransactionId,
    pub(super) expires: Instant,
    /// When our SFU last sent something to the client.
    heard: Option<Instant>,
    permissions: Vec<(IpAddr, Instant)>,
    channels: Vec<Channel>,
}

struct Channel {
    number: u16,
    peer: SocketAddr,
    expires: Instant,
}

/// The number or the peer is bound otherwise (RFC 8656, section 12.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Conflict;

impl Allocation {
    pub(super) fn new(
        relayed: SocketAddr,
        identity: Identity,
        request: TransactionId,
        expires: Instant,
    ) -> Self {
        Self {
            relayed,
            identity,
            request,
            expires,
            heard: None,
            permissions: Vec::new(),
            channels: Vec::new(),
        }
    }

    /// What is left of it at `now`.
    pub(super) fn remaining(&self, now: Instant) -> Duration {
        self.expires.saturating_duration_since(now)
    }

    /// Our SFU sent something.
    pub(super) fn heard(&mut self, now: Instant) {
        self.heard = Some(now);
    }

    /// Whether our SFU still talks to the client.
    pub(super) fn is_alive(&self, now: Instant) -> bool {
        self.heard
            .is_some_and(|at| now.saturating_duration_since(at) < ALIVE)
    }

    /// Permits `ip`, or renews its permission.
    pub(super) fn permit(&mut self, ip: IpAddr, now: Instant) {
        self.permissions
            .retain(|(permitted, expires)| *permitted != ip && *expires > now);
        self.permissions.push((ip, now + PERMISSION));
    }

    pub(super) fn permits(&self, ip: IpAddr, now: Instant) -> bool {
        self.permissions
            .iter()
            .any(|(permitted, expires)| *permitted == ip && *expires > now)
    }

    /// Binds `number` to `peer`, or renews the binding; permits the peer.
    pub(super) fn bind(
        &mut self,
        number: u16,
        peer: SocketAddr,
        now: Instant,
    ) -> Result<(), Conflict> {
        self.channels.retain(|channel| channel.expires > now);
        let conflict = self
            .channels
            .iter()
            .any(|channel| (channel.number == number) != (channel.peer == peer));
        if conflict {
            return Err(Conflict);
        }
        self.channels.retain(|channel| channel.number != number);
        self.channels.push(Channel {
            number,
            peer,
            expires: now + CHANNEL,
        });
        self.permit(peer.ip(), now);
        Ok(())
    }

    /// The channel bound to `peer`.
    pub(super) fn channel_of(&self, peer: SocketAddr, now: Instant) -> Option<u16> {
        let mut bound = self.channels.iter();
        bound
            .find(|channel| channel.peer == peer && channel.expires > now)
            .map(|channel| channel.number)
    }

    /// The peer that `number` is bound to.
    pub(super) fn peer_of(&self, number: u16, now: Instant) -> Option<SocketAddr> {
        let mut bound = self.channels.iter();
        bound
            .find(|channel| channel.number == number && channel.expires > now)
            .map(|channel| channel.peer)
    }
}
