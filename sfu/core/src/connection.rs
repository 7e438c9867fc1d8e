//! One peer connection of a participant, with what is known about it.

use std::time::{Duration, Instant};

use crate::data::Delivery;
use crate::transport::{ChannelId, Transport};

/// A transport and its surroundings.
pub(crate) struct Connection {
    pub(crate) transport: Transport,
    /// ICE and DTLS are up, as last told.
    pub(crate) up: bool,
    /// Open data channels by their labels; others are ignored.
    pub(crate) channels: Vec<(ChannelId, Delivery)>,
    /// Bits per second that can be sent; none before the first estimate.
    pub(crate) estimate: Option<u64>,
    /// Bits per second asked for last.
    pub(crate) desired: u64,
    pub(crate) loss: f32,
    pub(crate) rtt: Option<Duration>,
    /// The earliest entry in the node's timers.
    pub(crate) scheduled: Option<Instant>,
    /// Awaits its turn to be drained.
    pub(crate) touched: bool,
    /// Was changed otherwise than by a datagram: the engine acts on that when told the time.
    pub(crate) stirred: bool,
}

impl Connection {
    pub(crate) fn new(transport: Transport) -> Self {
        Self {
            transport,
            up: false,
            channels: Vec::new(),
            estimate: None,
            desired: 0,
            loss: 0.0,
            rtt: None,
            scheduled: None,
            touched: false,
            stirred: false,
        }
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
