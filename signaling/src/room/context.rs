//! What a handler of one message works with.

use bus::journal::Happening;
use bus::media::ParticipantSid;

use super::effects::Effects;
use super::members::Room;
use super::participant::Participant;
use super::{Now, Response};

/// One message of one participant.
pub(crate) struct Context<'a> {
    pub(crate) room: &'a mut Room,
    pub(crate) fx: &'a mut Effects,
    /// Whose message, or whom the SFU's message concerns. May have left already.
    pub(crate) who: ParticipantSid,
    pub(crate) now: Now,
}

impl Context<'_> {
    /// The participant, unless it has left.
    pub(crate) fn me(&self) -> Option<&Participant> {
        self.room.participants.get(&self.who)
    }

    /// The participant, unless it has left.
    pub(crate) fn me_mut(&mut self) -> Option<&mut Participant> {
        self.room.participants.get_mut(&self.who)
    }

    /// Enters in the journal what happened to the participant.
    pub(crate) fn fact(&mut self, what: Happening) {
        if let Some(account) = self.me().map(|me| me.grant.identity) {
            self.room
                .fact(self.fx, account, Some(&self.who), what, self.now);
        }
    }

    /// Queues `message` to the participant.
    pub(crate) fn reply(&mut self, message: Response) {
        self.room.tell(self.fx, &self.who, message);
    }
}
