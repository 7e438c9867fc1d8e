//! Allocate (RFC 8656, section 7).

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use stun_types::attribute::{ErrorCode, XorMappedAddress};
use stun_types::prelude::*;
use turn_types::AddressFamily;
use turn_types::attribute::{
    AdditionalAddressFamily, AddressErrorCode, EvenPort, Lifetime, RequestedAddressFamily,
    RequestedTransport, ReservationToken, XorRelayedAddress,
};

use super::{DEFAULT_LIFETIME, MAX_LIFETIME, Output, Request, Server};
use crate::turn::allocation::Allocation;

/// What an Allocate asks for, as far as we can give it.
#[derive(Debug, Clone, Copy)]
struct Wish {
    even_port: bool,
    /// The client would like an IPv6 address besides and has to be told that there is none.
    additional: bool,
}

impl Server {
    pub(super) fn allocate(&mut self, request: &Request<'_>) {
        if let Some(allocation) = self.allocations.get(&request.client) {
            if allocation.request == request.message.transaction_id()
                && allocation.identity.username == request.identity.username
            {
                // The answer was lost; it is given again (RFC 8656, section 7.2).
                let (relayed, expires) = (allocation.relayed, allocation.expires);
                self.confirm(request, relayed, expires, false);
            } else {
                self.refuse(request, ErrorCode::ALLOCATION_MISMATCH);
            }
            return;
        }
        let made = Self::check(request).and_then(|wish| {
            let relayed = self.open(request, wish.even_port)?;
            Ok((relayed, wish))
        });
        match made {
            Ok(((relayed, expires), wish)) => {
                self.confirm(request, relayed, expires, wish.additional);
            }
            Err(code) => self.refuse(request, code),
        }
    }

    /// What is asked for, or why it cannot be.
    fn check(request: &Request<'_>) -> Result<Wish, u16> {
        let message = request.message;
        if request.identity.until <= request.now.unix {
            return Err(ErrorCode::UNAUTHORIZED);
        }
        let transport = message.attribute::<RequestedTransport>();
        let transport = transport.map_err(|_| ErrorCode::BAD_REQUEST)?;
        if transport.protocol() != RequestedTransport::UDP {
            return Err(ErrorCode::UNSUPPORTED_TRANSPORT_PROTOCOL);
        }
        let reserved = message.has_attribute(ReservationToken::TYPE);
        let even_port = message.attribute::<EvenPort>().ok();
        let reserve = even_port.as_ref().is_some_and(EvenPort::requested);
        let family = message.attribute::<RequestedAddressFamily>().ok();
        let additional = message.attribute::<AdditionalAddressFamily>().is_ok();
        let contradictory = reserved && (even_port.is_some() || family.is_some())
            || additional && (reserved || reserve || family.is_some());
        if contradictory {
            return Err(ErrorCode::BAD_REQUEST);
        }
        // No second port is ever set aside, as RTP and RTCP share one in WebRTC, so there is no
        // token to redeem either.
        if reserved || reserve {
            return Err(ErrorCode::INSUFFICIENT_CAPACITY);
        }
        if family.is_some_and(|family| family.family() == AddressFamily::IPV6) {
            return Err(ErrorCode::ADDRESS_FAMILY_NOT_SUPPORTED);
        }
        Ok(Wish {
            even_port: even_port.is_some(),
            additional,
        })
    }

    /// Opens an allocation: its address and its end.
    fn open(&mut self, request: &Request<'_>, even: bool) -> Result<(SocketAddr, Instant), u16> {
        let now = request.now.instant;
        let client = request.client;
        if self.allocations.len() >= self.max_allocations {
            return Err(ErrorCode::INSUFFICIENT_CAPACITY);
        }
        let user = Arc::clone(&request.identity.user);
        if !self.usage.begin(&user, now) {
            return Err(ErrorCode::ALLOCATION_QUOTA_REACHED);
        }
        let Some(port) = self.ports.take(even) else {
            self.usage.end(&user);
            return Err(ErrorCode::INSUFFICIENT_CAPACITY);
        };
        let relayed = SocketAddr::new(self.relayed_ip.into(), port);
        let expires = now + lifetime(request);
        let transaction = request.message.transaction_id();
        let identity = request.identity.clone();
        let allocation = Allocation::new(relayed, identity, transaction, expires);
        self.allocations.insert(client, allocation);
        self.clients.insert(relayed, client);
        self.deadlines.insert((expires, client));
        self.counters.allocated += 1;
        self.outputs.push_back(Output::Opened { relayed, client });
        Ok((relayed, expires))
    }

    fn confirm(
        &mut self,
        request: &Request<'_>,
        relayed: SocketAddr,
        expires: Instant,
        additional: bool,
    ) {
        let transaction = request.message.transaction_id();
        let left = expires.saturating_duration_since(request.now.instant);
        let relayed = XorRelayedAddress::new(relayed, transaction);
        let lifetime = Lifetime::new(seconds(left));
        let mapped = XorMappedAddress::new(request.client.remote, transaction);
        let mut attributes: Vec<&dyn AttributeWrite> = vec![&relayed, &lifetime, &mapped];
        let code = ErrorCode::ADDRESS_FAMILY_NOT_SUPPORTED;
        let reason = ErrorCode::default_reason_for_code(code);
        let none = ErrorCode::new(code, reason)
            .ok()
            .filter(|_| additional)
            .map(|error| AddressErrorCode::new(AddressFamily::IPV6, error));
        if let Some(none) = &none {
            attributes.push(none);
        }
        self.succeed(request, &attributes);
    }
}

/// The lifetime to give: what was asked for, within the bounds.
pub(super) fn lifetime(request: &Request<'_>) -> Duration {
    let asked = request.message.attribute::<Lifetime>();
    asked.map_or(DEFAULT_LIFETIME, |asked| {
        let asked = Duration::from_secs(asked.seconds().into());
        asked.clamp(DEFAULT_LIFETIME, MAX_LIFETIME)
    })
}

pub(super) fn seconds(duration: Duration) -> u32 {
    u32::try_from(duration.as_secs()).unwrap_or(u32::MAX)
}
