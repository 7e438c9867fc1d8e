//! What core-api is told of a room, numbered within the room's life.

use bus::command::{CoreRequest, RoomEventKind};
use domain::{AccountId, VisitId};

use super::Now;

/// The room's part of the visit's journal.
#[derive(Debug)]
pub(crate) struct Journal {
    visit: VisitId,
    epoch: u64,
    last: u64,
}

impl Journal {
    pub(crate) const fn new(visit: VisitId, epoch: u64) -> Self {
        let last = 0;
        Self { visit, epoch, last }
    }

    /// The next entry.
    pub(crate) fn entry(
        &mut self,
        account: AccountId,
        what: RoomEventKind,
        now: Now,
    ) -> CoreRequest {
        self.last += 1;
        CoreRequest::RoomEvent {
            visit: self.visit,
            room_epoch: self.epoch,
            number: self.last,
            at: now.wall,
            account,
            what,
        }
    }
}
