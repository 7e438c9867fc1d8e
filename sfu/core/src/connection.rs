//! One peer connection of a participant, with what is known about it.

use std::time::{Duration, Instant};

use crate::batch::Batch;
use crate::data::Delivery;
use crate::egress::Egress;
use crate::transport::{ChannelId, Signal, Transport};

/// How long a connection with media on it may say nothing before it is told as lost. Clients send
/// or report on media every second and check consent every 6 s at most (RFC 7675, section 5.1); the
/// engine, which looks at checks alone, waits for 15 s, and so do we where there are only checks:
/// one of them may be lost.
const SILENCE: Duration = Duration::from_millis(6_500);
/// Media or reports were under way when they came within this time before the last datagram.
const TALKING: Duration = Duration::from_secs(3);

/// A transport and its surroundings.
pub(crate) struct Connection {
    pub(crate) transport: Transport,
    /// What is sent past the engine.
    pub(crate) egress: Egress,
    /// ICE and DTLS are up, as last told.
    pub(crate) up: bool,
    /// When the client was heard last, and whether it was told as lost since.
    heard: Instant,
    silent: bool,
    /// When something other than a check came last.
    talked: Option<Instant>,
    /// Open data channels by their labels; others are ignored.
    pub(crate) channels: Vec<(ChannelId, Delivery)>,
    /// Share of packets lost on the way from the client.
    pub(crate) loss: f32,
    /// The earliest entry in the node's timers.
    pub(crate) scheduled: Option<Instant>,
    /// The same for its bandwidth.
    pub(crate) bandwidth_scheduled: Option<Instant>,
    /// Awaits its turn to be drained.
    pub(crate) touched: bool,
    /// Was changed otherwise than by a datagram: the engine acts on that when told the time.
    pub(crate) stirred: bool,
}

impl Connection {
    pub(crate) fn new(now: Instant, transport: Transport, egress: Egress) -> Self {
        Self {
            transport,
            egress,
            up: false,
            heard: now,
            silent: false,
            talked: None,
            channels: Vec::new(),
            loss: 0.0,
            scheduled: None,
            bandwidth_scheduled: None,
            touched: false,
            stirred: false,
        }
    }

    /// A datagram came. True when that ends a silence: checks alone do not, they may be of a path
    /// that is only tried.
    pub(crate) fn hear(&mut self, now: Instant, is_check: bool) -> bool {
        self.heard = now;
        if is_check {
            return false;
        }
        self.talked = Some(now);
        std::mem::take(&mut self.silent)
    }

    /// True once for each silence of a connection that is up.
    pub(crate) fn falls_silent(&mut self, now: Instant) -> bool {
        let talking = |at| self.heard.saturating_duration_since(at) <= TALKING;
        let falls = self.up
            && self.talked.is_some_and(talking)
            && now.saturating_duration_since(self.heard) >= SILENCE;
        self.silent |= falls;
        falls
    }

    /// The time passed without anybody reading datagrams: nobody's silence.
    pub(crate) fn excuse(&mut self, now: Instant) {
        self.heard = now;
    }

    /// Takes everything the engine has to send and to say.
    pub(crate) fn drain(&mut self, batch: &mut Batch, signals: &mut Vec<Signal>) {
        self.transport.drain(&mut self.egress, batch, signals);
    }

    pub(crate) fn channel(&self, delivery: Delivery) -> Option<ChannelId> {
        let mut channels = self.channels.iter();
        channels.find(|(_, d)| *d == delivery).map(|(id, _)| *id)
    }

    pub(crate) fn delivery(&self, channel: ChannelId) -> Option<Delivery> {
        let mut channels = self.channels.iter();
        channels.find(|(id, _)| *id == channel).map(|(_, d)| *d)
    }
}
