//! What comes out of a change, and the parts that all rooms share.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use bus::journal::Entry;
use bus::media::{ParticipantSid, RoomName, ToSfu};
use domain::Entropy;

use super::attempt::Knocks;
use super::last_words::LastWords;
use super::limits::Limits;
use super::renewal::Renewal;
use super::sid::Sids;
use super::timer::Timers;
use super::{CloseCode, Response};

/// One signal connection; never used twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct ConnectionId(pub(crate) u64);

/// What the shell has to do.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Output {
    /// Queue a message to each of these connections.
    Send {
        to: Vec<ConnectionId>,
        message: Box<Response>,
    },
    /// Close a connection after everything queued for it is sent.
    Close {
        connection: ConnectionId,
        code: CloseCode,
    },
    /// Ask core-api for a fresh token; its end comes back by `Rooms::renewed`.
    Renew(Renewal),
    /// Tell the SFU.
    Sfu(ToSfu),
    /// Enter in the journal, in this order.
    Fact(Box<Entry>),
}

/// Where a connection sits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Seat {
    pub(crate) room: RoomName,
    pub(crate) participant: ParticipantSid,
}

/// Outputs in the making, and what all rooms share.
pub(crate) struct Effects {
    outputs: VecDeque<Output>,
    pub(crate) seats: HashMap<ConnectionId, Seat>,
    pub(crate) timers: Timers,
    pub(crate) sids: Sids,
    pub(crate) limits: Limits,
    pub(crate) knocks: Knocks,
    pub(crate) last_words: LastWords,
}

impl Effects {
    pub(crate) fn new(limits: Limits, entropy: Arc<dyn Entropy>) -> Self {
        Self {
            outputs: VecDeque::new(),
            seats: HashMap::new(),
            timers: Timers::default(),
            sids: Sids::new(entropy),
            limits,
            knocks: Knocks::default(),
            last_words: LastWords::default(),
        }
    }

    /// Queues `message` to one connection.
    pub(crate) fn send(&mut self, to: ConnectionId, message: Response) {
        self.send_all(vec![to], message);
    }

    /// Queues `message` to each of `to`.
    pub(crate) fn send_all(&mut self, to: Vec<ConnectionId>, message: Response) {
        if !to.is_empty() {
            let message = Box::new(message);
            self.outputs.push_back(Output::Send { to, message });
        }
    }

    /// Closes `connection` and frees its seat.
    pub(crate) fn close(&mut self, connection: ConnectionId, code: CloseCode) {
        self.seats.remove(&connection);
        self.outputs.push_back(Output::Close { connection, code });
    }

    pub(crate) fn renew(&mut self, renewal: Renewal) {
        self.outputs.push_back(Output::Renew(renewal));
    }

    pub(crate) fn sfu(&mut self, message: ToSfu) {
        self.outputs.push_back(Output::Sfu(message));
    }

    pub(crate) fn fact(&mut self, entry: Option<Entry>) {
        let entry = entry.map(|entry| Output::Fact(Box::new(entry)));
        self.outputs.extend(entry);
    }

    pub(crate) fn poll(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }
}
