//! Who is connected, who follows what, and the passing on of what was committed.
//!
//! A subscriber gets each sequence once and in order. Commits of one conversation may be
//! reported out of order, or a report may be lost with a crashing task; therefore a subscription
//! knows the last sequence it passed on, and a jump turns it into *catching up*: its connection
//! reads from the database until nothing is missing, and nothing is pushed meanwhile.

mod outbox;
mod state;

use std::sync::{Mutex, MutexGuard, PoisonError};

use uuid::Uuid;

use crate::metrics::Metrics;

pub(crate) use outbox::{Full, Outbox, Outgoing, to_text};
pub(crate) use state::Core;

/// One socket.
pub(crate) type ConnectionId = Uuid;

/// The hub of this process.
#[derive(Debug)]
pub(crate) struct Hub {
    epoch: Uuid,
    /// Held for look-ups and queueing only, never across an await.
    core: Mutex<Core>,
}

impl Hub {
    /// A hub without connections, which allows each account `per_account` of them.
    pub(crate) fn new(epoch: Uuid, per_account: usize, metrics: Metrics) -> Self {
        Self {
            epoch,
            core: Mutex::new(Core::new(per_account, metrics)),
        }
    }

    /// One value per life of the hub.
    pub(crate) const fn epoch(&self) -> Uuid {
        self.epoch
    }

    /// Everything the hub does, one at a time. No step of [`Core`] can panic half-way, so a
    /// poisoned lock still guards a whole state.
    pub(crate) fn core(&self) -> MutexGuard<'_, Core> {
        self.core.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
