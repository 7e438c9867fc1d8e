//! Packets from publishers to receivers, and the keyframes they need.

use std::time::Duration;

use super::Room;
use crate::Target;
use crate::ladder::{Cue, Passage, Rung};
use crate::node::Context;
use crate::packet::Packet;
use crate::peer::Peer;
use crate::run::Origin;
use crate::scalability::Ceiling;
use crate::stream::Stream;
use crate::subscription::Subscription;

impl Room {
    /// Takes a received packet, to be sent on with the others of its turn.
    pub(super) fn forward(
        &mut self,
        context: &mut Context<'_>,
        publisher: usize,
        target: Target,
        mut packet: Packet,
    ) {
        if target != Target::Publisher {
            return;
        }
        let mut own = self.peers[publisher].publications.iter().copied();
        let Some(key) = own.find(|p| self.publications[*p].mid() == Some(packet.mid)) else {
            return;
        };
        let publication = &mut self.publications[key];
        if publication.muted {
            return;
        }
        let Some(stream) = publication.stream_of(packet.rid) else {
            return;
        };
        let cue = publication.observe(stream, &mut packet);
        let steady = publication.is_steady();
        publication.watch.comes(context.now, steady);
        let waits = publication.is_video() && publication.streams[stream].keyframes.holds_back();
        if publication.unsent.is_empty() {
            context.out.unsent.push((self.index, key));
        }
        publication.unsent.push((cue, packet));
        if waits {
            self.request_held_back(context, key, stream);
        }
    }

    /// Sends what came of a publication on to everyone who receives its layer, receiver by
    /// receiver: what sealing for one needs is at hand for all of a picture.
    pub(crate) fn send_on(&mut self, context: &mut Context<'_>, publication: usize) {
        let Some(of) = self.publications.get_mut(publication) else {
            return;
        };
        let steady = of.is_steady();
        let mut switched = Vec::new();
        for key in &of.subscriptions {
            let subscription = &mut self.subscriptions[*key];
            let receiver = &mut self.peers[subscription.receiver];
            let before = subscription.ladder.current;
            let mut passed = 0;
            for (cue, packet) in &of.unsent {
                let stream = cue.stream;
                let replay = subscription.replay;
                if replay.is_some_and(|replay| replay.takes(stream, packet)) {
                    continue;
                }
                let origin = Origin {
                    publication,
                    stream,
                };
                passed += u64::from(pass(context, subscription, receiver, origin, cue, packet));
            }
            context.out.counters.forwarded += passed;
            if passed > 0 {
                subscription.watch.comes(context.now, steady);
            }
            if is_other_picture(before, subscription.ladder.current) {
                switched.push(*key);
            }
        }
        of.remember();
        for key in switched {
            self.report_layer(context, key);
        }
    }

    /// A receiver cannot decode what it gets under `ssrc`.
    pub(super) fn keyframe_wanted(&mut self, context: &mut Context<'_>, peer: usize, ssrc: u32) {
        let Some(section) = self.peers[peer].negotiator.sections().sending(ssrc) else {
            return;
        };
        let found = self.peers[peer].subscriptions.iter().find_map(|key| {
            let subscription = &self.subscriptions[*key];
            let stream = subscription.stream()?;
            let here = subscription.section == Some(section);
            here.then_some((subscription.publication, stream))
        });
        tracing::debug!(peer, ssrc, ?found, "A receiver cannot decode");
        if let Some((publication, stream)) = found {
            self.request_keyframe(context, publication, stream);
        }
    }

    /// Brings pictures to a participant whose connection is up, and to those who watch what it
    /// sends: what flowed meanwhile may have been lost.
    pub(super) fn refresh_pictures(&mut self, context: &mut Context<'_>, peer: usize) {
        let watched = self.peers[peer].subscriptions.clone();
        let sent = self.peers[peer].publications.iter();
        let watching = sent.flat_map(|p| self.publications[*p].subscriptions.clone());
        let all: Vec<usize> = watched.into_iter().chain(watching).collect();
        for key in all {
            let subscription = &self.subscriptions[key];
            let Some(stream) = subscription.stream() else {
                continue;
            };
            let publication = subscription.publication;
            if !self.begin_replay(context, key) {
                self.request_keyframe(context, publication, stream);
            }
        }
    }

    /// Asks for the keyframe a subscription waits for, unless it was asked for just now.
    pub(super) fn ask_if_waiting(&mut self, context: &mut Context<'_>, key: usize) {
        let subscription = &mut self.subscriptions[key];
        let publication = &self.publications[subscription.publication];
        let target = subscription.ladder.target;
        let target = target.and_then(|rung| publication.streams.get(rung.stream));
        if publication.muted || !target.is_some_and(Stream::has_begun) {
            return;
        }
        if let Some(stream) = subscription.asks(context.now) {
            let group = publication.streams[stream].group(context.now);
            let young = group.is_some_and(|group| group.is_young(context.now));
            let (publication, receiver) = (subscription.publication, subscription.receiver);
            let connecting = !self.peers[receiver].downlink().open;
            if !(self.begin_replay(context, key) || connecting && young) {
                self.request_keyframe(context, publication, stream);
            }
        }
    }

    /// Asks the publisher for a keyframe of one layer, as often as it helps.
    pub(super) fn request_keyframe(
        &mut self,
        context: &mut Context<'_>,
        publication: usize,
        stream: usize,
    ) {
        let round_trip = self.round_trip(publication);
        let state = &mut self.publications[publication];
        let video = state.is_video();
        let layer = state.streams.get_mut(stream);
        let layer = layer.filter(|layer| video && layer.has_begun());
        if layer.is_some_and(|layer| layer.keyframes.request(context.now, round_trip)) {
            self.send_keyframe_request(publication, stream);
        }
    }

    /// Asks for a keyframe that was held back, if that helps now.
    pub(super) fn request_held_back(
        &mut self,
        context: &mut Context<'_>,
        publication: usize,
        stream: usize,
    ) {
        let round_trip = self.round_trip(publication);
        let layer = &mut self.publications[publication].streams[stream];
        // `due` counts as the request itself, so the layer is asked for directly.
        if layer.keyframes.due(context.now, round_trip) {
            self.send_keyframe_request(publication, stream);
        }
    }

    /// The way to a publisher and back, as far as known: that of the connection it receives on
    /// will do.
    fn round_trip(&mut self, publication: usize) -> Duration {
        let publisher = &mut self.peers[self.publications[publication].publisher];
        let egress = &publisher.downlink().egress;
        egress.rtt().unwrap_or_default()
    }

    /// Sends the request that the layer's gate let through.
    pub(super) fn send_keyframe_request(&mut self, publication: usize, stream: usize) {
        let publication = &self.publications[publication];
        if let Some(mid) = publication.mid()
            && let Some(layer) = publication.streams.get(stream)
        {
            let publisher = publication.publisher;
            let transport = &mut self.peers[publisher].publisher.transport;
            let asked = transport.request_keyframe(mid, layer.rid);
            tracing::debug!(track = %publication.announced.sid, stream, asked, "Keyframe requested");
            self.touch(publisher, Target::Publisher);
        }
    }
}

/// Whether a receiver sees another layer than before, not only more or fewer frames of it.
fn is_other_picture(before: Option<Rung>, now: Option<Rung>) -> bool {
    match (before, now) {
        (Some(before), Some(now)) => !before.is_alike(now),
        (before, now) => before.is_some() != now.is_some(),
    }
}

/// Sends a packet on to one receiver, if its subscription takes it.
pub(super) fn pass(
    context: &mut Context<'_>,
    subscription: &mut Subscription,
    receiver: &mut Peer,
    origin: Origin,
    cue: &Cue,
    packet: &Packet,
) -> bool {
    if !receiver.downlink().open {
        // Nobody begins with what cannot be sent.
        return false;
    }
    let passage = subscription.admits(cue);
    let Some(Rung { ceiling, .. }) = subscription.ladder.current else {
        return false;
    };
    if passage == Passage::Closed {
        return false;
    }
    subscription.thinned |= ceiling != Ceiling::NONE;
    let Some(route) = subscription.route(packet.pt) else {
        return false;
    };
    let (connection, negotiator) = receiver.downlink_parts();
    let sections = negotiator.sections_mut();
    let Some(section) = subscription.section.and_then(|s| sections.get_mut(s)) else {
        return false;
    };
    let Some(outgoing) = &mut section.outgoing else {
        return false;
    };
    if passage == Passage::Anew {
        section.rewriter.detach();
    }
    let rewriter = &mut section.rewriter;
    let Some(numbers) = rewriter.rewrite(packet, route.codec, origin, ceiling) else {
        return false;
    };
    let Some((to, payload)) = route.payload(&packet.payload, subscription.bare) else {
        return false;
    };
    let (egress, wire) = (&mut connection.egress, &mut context.wire());
    if let Some(clock) = packet.clock
        && outgoing.is_news(clock.ntp)
        && let Some(run) = section.rewriter.run()
    {
        let timestamp = run.timestamp(clock.timestamp);
        egress.report_clock(wire, outgoing, clock.ntp, timestamp);
    }
    let retold = subscription.retold(packet, ceiling);
    let packet = retold.as_ref().unwrap_or(packet);
    egress.send(wire, outgoing, to, &numbers, packet, &payload)
}
