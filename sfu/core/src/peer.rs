//! A participant: connections, negotiation, what it sends and receives.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Instant;

use crate::connection::Connection;
use crate::data::Delivery;
use crate::negotiator::{Negotiator, Step, Uplink};
use crate::random::Random;
use crate::redundancy::Redundancy;
use crate::transport::Refusal;
use crate::{Connections, MediaReport, ParticipantSid, Target};

/// Reliable data held for a receiver that is slow or not connected yet, in bytes. What exceeds
/// it is lost to that receiver: holding more would let one slow page take the node's memory.
const MAX_BACKLOG: usize = 1024 * 1024;

/// What a participant may do.
#[derive(Debug, Clone, Copy)]
pub(crate) struct May {
    pub(crate) publish: bool,
    pub(crate) publish_data: bool,
}

/// One participant of a room.
pub(crate) struct Peer {
    pub(crate) sid: ParticipantSid,
    pub(crate) identity: Arc<str>,
    pub(crate) may: May,
    pub(crate) negotiator: Negotiator,
    /// The publisher connection, or the single one.
    pub(crate) publisher: Connection,
    pub(crate) subscriber: Option<Connection>,
    /// The sections the client sends in, as last offered.
    pub(crate) uplinks: Vec<Uplink>,
    /// Keys of its publications.
    pub(crate) publications: Vec<usize>,
    /// Keys of its subscriptions.
    pub(crate) subscriptions: Vec<usize>,
    pub(crate) redundancy: Redundancy,
    /// What its media did since `reported`, of what is already over.
    pub(crate) tally: MediaReport,
    /// The end of the last report's period.
    pub(crate) reported: Instant,
    backlog: VecDeque<Vec<u8>>,
    backlog_bytes: usize,
}

impl Peer {
    /// `connection` makes one.
    pub(crate) fn new(
        now: Instant,
        sid: ParticipantSid,
        identity: Arc<str>,
        connections: Connections,
        may: May,
        mut connection: impl FnMut() -> Connection,
    ) -> Self {
        let dual = connections == Connections::Dual;
        Self {
            sid,
            identity,
            may,
            negotiator: Negotiator::new(connections),
            publisher: connection(),
            subscriber: dual.then(connection),
            uplinks: Vec::new(),
            publications: Vec::new(),
            subscriptions: Vec::new(),
            redundancy: Redundancy::default(),
            tally: MediaReport::default(),
            reported: now,
            backlog: VecDeque::new(),
            backlog_bytes: 0,
        }
    }

    pub(crate) fn targets(&self) -> impl Iterator<Item = Target> + use<> {
        let subscriber = self.subscriber.is_some().then_some(Target::Subscriber);
        [Some(Target::Publisher), subscriber].into_iter().flatten()
    }

    pub(crate) fn connection(&mut self, target: Target) -> Option<&mut Connection> {
        match target {
            Target::Publisher => Some(&mut self.publisher),
            Target::Subscriber => self.subscriber.as_mut(),
        }
    }

    /// Which connection the client receives on.
    pub(crate) fn downlink_target(&self) -> Target {
        match self.subscriber {
            Some(_) => Target::Subscriber,
            None => Target::Publisher,
        }
    }

    /// The connection the client receives on.
    pub(crate) fn downlink(&mut self) -> &mut Connection {
        self.subscriber.as_mut().unwrap_or(&mut self.publisher)
    }

    /// The connection the client receives on, and the negotiation about it.
    pub(crate) fn downlink_parts(&mut self) -> (&mut Connection, &mut Negotiator) {
        let connection = self.subscriber.as_mut().unwrap_or(&mut self.publisher);
        (connection, &mut self.negotiator)
    }

    /// The next step of negotiation, if any.
    pub(crate) fn advance(&mut self, random: &mut Random) -> Result<Option<Step>, Refusal> {
        let (connection, negotiator) = self.downlink_parts();
        negotiator.advance(&mut connection.transport, random)
    }

    /// Sends on a data channel to the client. Lossy data is dropped when it cannot go at once,
    /// reliable data waits within bounds. False when it was lost.
    pub(crate) fn send_data(&mut self, delivery: Delivery, data: &[u8]) -> bool {
        let waits = delivery == Delivery::Reliable && !self.backlog.is_empty();
        let downlink = self.downlink();
        let sent = match downlink.channel(delivery) {
            Some(channel) if !waits => downlink.transport.send_data(channel, data),
            _ => false,
        };
        if sent || delivery == Delivery::Lossy {
            return sent;
        }
        if self.backlog_bytes + data.len() > MAX_BACKLOG {
            return false;
        }
        self.backlog_bytes += data.len();
        self.backlog.push_back(data.to_vec());
        true
    }

    /// Sends what waited, as far as it goes now. True when something went.
    pub(crate) fn flush_backlog(&mut self) -> bool {
        let mut went = false;
        while let Some(data) = self.backlog.front() {
            let connection = self.subscriber.as_mut().unwrap_or(&mut self.publisher);
            let Some(channel) = connection.channel(Delivery::Reliable) else {
                break;
            };
            if !connection.transport.send_data(channel, data) {
                break;
            }
            went = true;
            self.backlog_bytes -= data.len();
            self.backlog.pop_front();
        }
        went
    }
}
