//! Datagrams between clients and our SFU (RFC 8656, sections 11 and 12).

use std::net::SocketAddr;

use stun_types::message::Message;
use turn_types::attribute::{Data, XorPeerAddress};
use turn_types::channel::ChannelData;

use super::{Client, MAX_MESSAGE, Now, Output, Server};
use crate::turn::message;
use crate::turn::peers::Verdict;
use crate::turn::usage::Direction;

/// Bytes of a Data indication besides its contents.
const INDICATION: usize = 36;

impl Server {
    /// Our SFU sent `contents` from its candidate `peer` to `relayed`.
    pub fn receive_from_peer(
        &mut self,
        now: Now,
        relayed: SocketAddr,
        peer: SocketAddr,
        contents: &[u8],
    ) {
        let Some(client) = self.clients.get(&relayed).copied() else {
            self.counters.dropped += 1;
            return;
        };
        match self.wrap(now, client, peer, contents) {
            Some(contents) => {
                self.counters.to_client += 1;
                self.reply(client, Some(contents));
            }
            None => self.counters.dropped += 1,
        }
    }

    fn wrap(
        &mut self,
        now: Now,
        client: Client,
        peer: SocketAddr,
        contents: &[u8],
    ) -> Option<Vec<u8>> {
        let allocation = self.allocations.get_mut(&client)?;
        let at = now.instant;
        let channel = allocation.channel_of(peer, at);
        let allowed = channel.is_some() || allocation.permits(peer.ip(), at);
        if !allowed || contents.len() + INDICATION > MAX_MESSAGE {
            return None;
        }
        allocation.heard(at);
        let user = &allocation.identity.user;
        if !self
            .usage
            .spend(user, Direction::ToClient, contents.len(), at)
        {
            self.counters.throttled += 1;
            return None;
        }
        match channel {
            Some(number) => {
                let padded = client.carrier.is_stream();
                Some(message::channel_data(number, contents, padded))
            }
            None => {
                self.indications = self.indications.wrapping_add(1);
                message::data_indication(peer, contents, self.indications)
            }
        }
    }

    /// A client's Send indication. False when it leads nowhere; indications are never answered.
    pub(super) fn send_indication(
        &mut self,
        now: Now,
        client: Client,
        message: &Message<'_>,
    ) -> bool {
        let peer = message.attribute::<XorPeerAddress>();
        let (Ok(peer), Ok(data)) = (peer, message.attribute::<Data<'_>>()) else {
            return false;
        };
        let peer = peer.addr(message.transaction_id());
        let allocation = self.allocations.get(&client);
        let permits = allocation.is_some_and(|own| own.permits(peer.ip(), now.instant));
        permits && self.relay(now, client, peer, data.data())
    }

    /// A client's ChannelData.
    pub(super) fn channel_data(&mut self, now: Now, client: Client, contents: &[u8]) -> bool {
        let Ok(message) = ChannelData::parse(contents) else {
            return false;
        };
        let allocation = self.allocations.get(&client);
        let peer = allocation.and_then(|own| own.peer_of(message.id(), now.instant));
        peer.is_some_and(|peer| self.relay(now, client, peer, message.data()))
    }

    fn relay(&mut self, now: Now, client: Client, peer: SocketAddr, contents: &[u8]) -> bool {
        let Some(allocation) = self.allocations.get(&client) else {
            return false;
        };
        if self.peers.judge(peer) != Verdict::Permitted {
            self.counters.forbidden += 1;
            return false;
        }
        let user = &allocation.identity.user;
        let (bytes, at) = (contents.len(), now.instant);
        if !self.usage.spend(user, Direction::ToPeer, bytes, at) {
            self.counters.throttled += 1;
            return false;
        }
        self.counters.to_peer += 1;
        self.outputs.push_back(Output::ToPeer {
            relayed: allocation.relayed,
            peer,
            contents: contents.to_vec(),
        });
        true
    }
}
