//! Refresh, CreatePermission and ChannelBind (RFC 8656, sections 8, 10 and 12).

use std::net::{IpAddr, SocketAddr};

use stun_types::attribute::ErrorCode;
use stun_types::message::Message;
use stun_types::prelude::*;
use turn_types::AddressFamily;
use turn_types::attribute::{ChannelNumber, Lifetime, RequestedAddressFamily, XorPeerAddress};

use super::allocate::{lifetime, seconds};
use super::{Request, Server};
use crate::turn::allocation::Allocation;
use crate::turn::peers::Verdict;

/// Numbers a client may bind: those of RFC 5766, section 11, as clients older than RFC 8656 choose
/// among all of them. The newer, smaller range is for clients that share a port with DTLS.
const CHANNELS: std::ops::RangeInclusive<u16> = 0x4000..=0x7fff;

/// Peers in one CreatePermission at most; a browser names one.
const MAX_PEERS: usize = 64;

impl Server {
    pub(super) fn refresh(&mut self, request: &Request<'_>) {
        match self.renew(request) {
            Ok(left) => self.succeed(request, &[&Lifetime::new(left)]),
            Err(code) => self.refuse(request, code),
        }
    }

    /// Renews the allocation, or ends it if no time is asked for.
    fn renew(&mut self, request: &Request<'_>) -> Result<u32, u16> {
        let (message, now) = (request.message, request.now.instant);
        let allocation = self.own(request)?;
        let family = message.attribute::<RequestedAddressFamily>();
        if family.is_ok_and(|family| family.family() == AddressFamily::IPV6) {
            return Err(ErrorCode::PEER_ADDRESS_FAMILY_MISMATCH);
        }
        let asked = message.attribute::<Lifetime>();
        if asked.is_ok_and(|asked| asked.seconds() == 0) {
            self.close(request.client);
            return Ok(0);
        }
        // A name lasts minutes and a client keeps the one it began with, so a visit on the relay
        // would end with the name. While our SFU talks to the client it is still admitted.
        if request.identity.until <= request.now.unix && !allocation.is_alive(now) {
            return Err(ErrorCode::UNAUTHORIZED);
        }
        let expires = now + lifetime(request);
        let before = std::mem::replace(&mut allocation.expires, expires);
        let left = allocation.remaining(now);
        self.deadlines.remove(&(before, request.client));
        self.deadlines.insert((expires, request.client));
        Ok(seconds(left))
    }

    pub(super) fn create_permission(&mut self, request: &Request<'_>) {
        match self.permit(request) {
            Ok(()) => self.succeed(request, &[]),
            Err(code) => self.refuse(request, code),
        }
    }

    /// Permits all the peers named, or none.
    fn permit(&mut self, request: &Request<'_>) -> Result<(), u16> {
        let named = peers(request.message)?;
        self.own(request)?;
        for ip in &named {
            permitted(self.peers.judge_ip(*ip))?;
        }
        let allocation = self.own(request)?;
        for ip in named {
            allocation.permit(ip, request.now.instant);
        }
        Ok(())
    }

    pub(super) fn channel_bind(&mut self, request: &Request<'_>) {
        match self.bind(request) {
            Ok(()) => self.succeed(request, &[]),
            Err(code) => self.refuse(request, code),
        }
    }

    fn bind(&mut self, request: &Request<'_>) -> Result<(), u16> {
        self.own(request)?;
        let message = request.message;
        let number = message.attribute::<ChannelNumber>();
        let number = number.map_err(|_| ErrorCode::BAD_REQUEST)?.channel();
        let peer = message.attribute::<XorPeerAddress>();
        let peer: SocketAddr = peer
            .map_err(|_| ErrorCode::BAD_REQUEST)?
            .addr(message.transaction_id());
        if !CHANNELS.contains(&number) {
            return Err(ErrorCode::BAD_REQUEST);
        }
        permitted(self.peers.judge(peer))?;
        let allocation = self.own(request)?;
        allocation
            .bind(number, peer, request.now.instant)
            .map_err(|_conflict| ErrorCode::BAD_REQUEST)
    }

    /// The allocation that `request` is about, if it is there and the user's own.
    fn own(&mut self, request: &Request<'_>) -> Result<&mut Allocation, u16> {
        let allocation = self.allocations.get_mut(&request.client);
        let allocation = allocation.ok_or(ErrorCode::ALLOCATION_MISMATCH)?;
        if allocation.identity.username != request.identity.username {
            return Err(ErrorCode::WRONG_CREDENTIALS);
        }
        Ok(allocation)
    }
}

/// Every peer named.
fn peers(message: &Message<'_>) -> Result<Vec<IpAddr>, u16> {
    let mut named = Vec::new();
    while let Ok(peer) = message.nth_attribute::<XorPeerAddress>(named.len()) {
        if named.len() == MAX_PEERS {
            return Err(ErrorCode::INSUFFICIENT_CAPACITY);
        }
        named.push(peer.addr(message.transaction_id()).ip());
    }
    let written = message
        .iter_attributes()
        .filter(|(_, attribute)| attribute.get_type() == XorPeerAddress::TYPE)
        .count();
    // One that cannot be read makes the request malformed, not shorter.
    if named.is_empty() || written != named.len() {
        return Err(ErrorCode::BAD_REQUEST);
    }
    Ok(named)
}

fn permitted(verdict: Verdict) -> Result<(), u16> {
    match verdict {
        Verdict::Permitted => Ok(()),
        Verdict::OtherFamily => Err(ErrorCode::PEER_ADDRESS_FAMILY_MISMATCH),
        Verdict::Forbidden => Err(ErrorCode::FORBIDDEN),
    }
}
