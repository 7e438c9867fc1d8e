//! One peer connection of a participant, with what is known about it.

use std::time::Instant;

use crate::batch::Batch;
use crate::data::Delivery;
use crate::egress::Egress;
use crate::hearing::Hearing;
use crate::repair::RepairBudget;
use crate::transport::{ChannelId, Signal, Transport};

/// A transport and its surroundings.
pub(crate) struct Connection {
    pub(crate) transport: Transport,
    /// What is sent past the engine.
    pub(crate) egress: Egress,
    /// ICE and DTLS are up, as last told.
    pub(crate) up: bool,
    /// It was up once: media can go.
    pub(crate) open: bool,
    pub(crate) hearing: Hearing,
    pub(crate) repairs: RepairBudget,
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
            open: false,
            hearing: Hearing::new(now),
            repairs: RepairBudget::default(),
            channels: Vec::new(),
            loss: 0.0,
            scheduled: None,
            bandwidth_scheduled: None,
            touched: false,
            stirred: false,
        }
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
