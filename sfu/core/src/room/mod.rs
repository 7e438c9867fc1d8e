//! A room: who is in it, what is published, who receives what.
//!
//! One file per concern: `commands` (what signalling orders), `media` (packets from publishers to
//! receivers), `reports` (what receivers say of them), `allocation` (who receives what within the
//! bandwidth), `replay` (who begins with what is in the cache), `sections` (offers, answers and what
//! they bind), `tick` (what happens on its own with time), `relay` (data channels).

mod allocation;
mod commands;
mod media;
mod relay;
mod replay;
mod reports;
mod sections;
mod tick;

use std::collections::{HashMap, VecDeque};
use std::time::Instant;

use slab::Slab;

use crate::connection::Connection;
use crate::datagram::Datagram;
use crate::event::{Event, PeerEvent};
use crate::node::{Context, Wake};
use crate::peer::Peer;
use crate::publication::Publication;
use crate::routes::ConnectionKey;
use crate::speakers::Cadence;
use crate::subscription::Subscription;
use crate::transport::{self, Signal};
use crate::{ParticipantSid, RoomName, Target, TrackSid};

/// A room with its participants. Parts refer to each other by their keys in the slabs.
pub(crate) struct Room {
    index: usize,
    name: RoomName,
    peers: Slab<Peer>,
    by_sid: HashMap<ParticipantSid, usize>,
    publications: Slab<Publication>,
    by_track: HashMap<TrackSid, usize>,
    subscriptions: Slab<Subscription>,
    /// Connections that were changed and await their turn to be drained.
    touched: VecDeque<(usize, Target)>,
    /// Kept to spare an allocation per datagram.
    signals: Vec<Signal>,
    /// The last tick and the next; none before somebody is here.
    ticks: Option<Ticks>,
    /// The speakers last told, with their steps of loudness.
    told_speakers: Vec<(ParticipantSid, u8)>,
}

#[derive(Debug, Clone, Copy)]
struct Ticks {
    last: Instant,
    next: Instant,
    speakers: Cadence,
}

impl Room {
    pub(crate) fn new(index: usize, name: RoomName) -> Self {
        Self {
            index,
            name,
            peers: Slab::new(),
            by_sid: HashMap::new(),
            publications: Slab::new(),
            by_track: HashMap::new(),
            subscriptions: Slab::new(),
            touched: VecDeque::new(),
            signals: Vec::new(),
            ticks: None,
            told_speakers: Vec::new(),
        }
    }

    pub(crate) fn name(&self) -> &RoomName {
        &self.name
    }

    pub(crate) fn len(&self) -> usize {
        self.peers.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.peers.is_empty()
    }

    pub(crate) fn connection(&mut self, key: ConnectionKey) -> Option<&mut Connection> {
        self.peers.get_mut(key.peer)?.connection(key.target)
    }

    /// A datagram of a known connection.
    pub(crate) fn datagram(
        &mut self,
        context: &mut Context<'_>,
        key: ConnectionKey,
        datagram: &Datagram<'_>,
    ) {
        let is_check = transport::is_stun(datagram.contents);
        let heard = |connection: &mut Connection| connection.hearing.hear(context.now, is_check);
        if self.connection(key).is_some_and(heard) {
            self.connected(context, key.peer, key.target);
        }
        if is_rtcp(datagram.contents) && !self.receive_report(context, key, datagram) {
            return;
        }
        if let Some(connection) = self.connection(key) {
            connection.transport.feed(context.now, datagram);
            if !std::mem::replace(&mut connection.touched, true) {
                self.touched.push_back((key.peer, key.target));
            }
        }
    }

    /// The timer entry `at` of a connection came up.
    pub(crate) fn wake(&mut self, context: &mut Context<'_>, key: ConnectionKey, at: Instant) {
        let Some(connection) = self.connection(key) else {
            return;
        };
        if connection.scheduled != Some(at) {
            return;
        }
        connection.scheduled = None;
        let deadline = connection.transport.deadline();
        if deadline.is_some_and(|due| due <= context.now) {
            self.touch(key.peer, key.target);
        } else {
            // The deadline moved on since the entry was made.
            schedule(connection, context, key);
        }
    }

    /// Drains every connection that was changed, and what that changes.
    pub(crate) fn settle(&mut self, context: &mut Context<'_>) {
        while let Some((peer, target)) = self.touched.pop_front() {
            let mut signals = std::mem::take(&mut self.signals);
            if let Some(connection) = self
                .peers
                .get_mut(peer)
                .and_then(|peer| peer.connection(target))
            {
                connection.touched = false;
                if std::mem::take(&mut connection.stirred) {
                    connection.transport.timeout(context.now);
                }
                connection.drain(&mut context.out.batch, &mut signals);
                schedule(
                    connection,
                    context,
                    ConnectionKey {
                        room: self.index,
                        peer,
                        target,
                    },
                );
            }
            for signal in signals.drain(..) {
                self.signal(context, peer, target, signal);
            }
            self.signals = signals;
        }
    }

    /// Ends the room for everybody after a defect in it.
    pub(crate) fn give_up(&self, context: &mut Context<'_>) {
        for (key, peer) in &self.peers {
            for target in peer.targets() {
                context.routes.remove(ConnectionKey {
                    room: self.index,
                    peer: key,
                    target,
                });
            }
            let reason = "a defect ended the room".to_owned();
            self.report(context, key, PeerEvent::Failed { reason });
        }
    }

    fn signal(&mut self, context: &mut Context<'_>, peer: usize, target: Target, signal: Signal) {
        match signal {
            Signal::Rtp(packet) => self.forward(context, peer, target, packet),
            Signal::Connected => self.connected(context, peer, target),
            Signal::Lost => self.lost(context, peer, target),
            Signal::ChannelOpened(id, label) => self.channel_opened(peer, target, id, &label),
            Signal::ChannelClosed(id) => self.channel_closed(peer, target, id),
            Signal::Data(id, data) => self.relay(context, peer, target, id, &data),
            Signal::Writable => self.flush_backlog(peer),
            Signal::Health { loss } => {
                if let Some(connection) = self.peers[peer].connection(target) {
                    connection.loss = loss;
                }
                self.report_quality(context, peer, target);
            }
        }
    }

    fn connected(&mut self, context: &mut Context<'_>, peer: usize, target: Target) {
        let Some(connection) = self.peers[peer].connection(target) else {
            return;
        };
        if std::mem::replace(&mut connection.up, true) {
            return;
        }
        connection.open = true;
        let path = connection.egress.path();
        self.report(context, peer, PeerEvent::Connected { target });
        if let Some(path) = path {
            self.report(context, peer, PeerEvent::Path { target, path });
        }
        if target == self.peers[peer].downlink_target() {
            self.refresh_pictures(context, peer);
        }
    }

    fn lost(&mut self, context: &mut Context<'_>, peer: usize, target: Target) {
        let Some(connection) = self.peers[peer].connection(target) else {
            return;
        };
        connection.up = false;
        self.report(context, peer, PeerEvent::Disconnected { target });
    }

    fn report(&self, context: &mut Context<'_>, peer: usize, event: PeerEvent) {
        context.out.events.push_back(Event::Peer {
            room: self.name.clone(),
            participant: self.peers[peer].sid.clone(),
            event,
        });
    }

    /// Notes that a connection was changed and is to be drained.
    fn touch(&mut self, peer: usize, target: Target) {
        if let Some(connection) = self
            .peers
            .get_mut(peer)
            .and_then(|peer| peer.connection(target))
        {
            connection.stirred = true;
            if !std::mem::replace(&mut connection.touched, true) {
                self.touched.push_back((peer, target));
            }
        }
    }
}

/// RFC 5761, section 4: the packet types of RTCP, where RTP would have marker and payload type.
fn is_rtcp(datagram: &[u8]) -> bool {
    matches!(datagram, [128..=191, 192..=223, ..])
}

/// Keeps an entry in the timers at or before the connection's deadline.
fn schedule(connection: &mut Connection, context: &mut Context<'_>, key: ConnectionKey) {
    let Some(deadline) = connection.transport.deadline() else {
        return;
    };
    if connection.scheduled.is_none_or(|at| deadline < at) {
        connection.scheduled = Some(deadline);
        context.timers.add(deadline, Wake::Connection(key));
    }
}
