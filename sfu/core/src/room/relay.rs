//! Data packets between participants.

use super::Room;
use crate::Target;
use crate::data::{self, Delivery};
use crate::node::Context;
use crate::transport::ChannelId;

/// The longest data packet relayed, in bytes. LiveKit clients send 15 kB chunks; SCTP itself
/// bounds a message at 256 kB.
const MAX_DATA: usize = 64 * 1024;

/// A full channel tells when less than this waits on it, in bytes.
const LOW_WATER: usize = 64 * 1024;

impl Room {
    pub(super) fn channel_opened(
        &mut self,
        peer: usize,
        target: Target,
        channel: ChannelId,
        label: &str,
    ) {
        let Some(delivery) = Delivery::of_label(label) else {
            return;
        };
        if let Some(connection) = self.peers[peer].connection(target) {
            connection.channels.retain(|(_, of)| *of != delivery);
            connection.channels.push((channel, delivery));
            connection.transport.set_low_water(channel, LOW_WATER);
        }
        self.flush_backlog(peer);
        self.touch(peer, target);
    }

    pub(super) fn channel_closed(&mut self, peer: usize, target: Target, channel: ChannelId) {
        if let Some(connection) = self.peers[peer].connection(target) {
            connection.channels.retain(|(id, _)| *id != channel);
        }
    }

    /// Passes a packet of `sender` on to those it is for.
    pub(super) fn relay(
        &mut self,
        context: &mut Context<'_>,
        sender: usize,
        target: Target,
        channel: ChannelId,
        packet: &[u8],
    ) {
        let from = &mut self.peers[sender];
        let delivery = from.connection(target).and_then(|c| c.delivery(channel));
        let Some(delivery) = delivery.filter(|_| from.may.publish_data && packet.len() <= MAX_DATA)
        else {
            return;
        };
        let Some(envelope) = data::envelope(packet) else {
            return;
        };
        let stamped = data::stamp(packet, delivery, &from.identity, &from.sid);
        let receivers: Vec<usize> = self
            .peers
            .iter()
            .filter(|(key, peer)| {
                let named = |to: &String| **to == *peer.identity;
                let to = &envelope.destinations;
                *key != sender && (to.is_empty() || to.iter().any(named))
            })
            .map(|(key, _)| key)
            .collect();
        for receiver in receivers {
            let peer = &mut self.peers[receiver];
            if !peer.send_data(delivery, &stamped) && delivery == Delivery::Reliable {
                context.out.counters.data_lost += 1;
            }
            let target = peer.downlink_target();
            self.touch(receiver, target);
        }
    }

    /// Sends reliable data that waited for room in the channel.
    pub(super) fn flush_backlog(&mut self, peer: usize) {
        if self.peers[peer].flush_backlog() {
            let target = self.peers[peer].downlink_target();
            self.touch(peer, target);
        }
    }
}
