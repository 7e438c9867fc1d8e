//! Fresh tokens for those who stay: a client comes back with the last token it was given.

use std::sync::Arc;

use bus::command::MediaToken;
use bus::media::ParticipantSid;
use domain::{AccountId, VisitId};
use jiff::Timestamp;

use super::effects::Effects;
use super::participant::Participant;
use super::rooms::Rooms;
use super::{Now, Response};

/// Whose token is to be renewed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Renewal {
    pub(crate) visit: VisitId,
    pub(crate) account: AccountId,
    pub(crate) participant: ParticipantSid,
}

/// A token from core-api.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FreshToken {
    pub(crate) token: MediaToken,
    pub(crate) until: Timestamp,
}

/// core-api has just said that `who` may be here: a token that is about to expire is asked for
/// anew, so that a long visit survives a change of network. One question at a time: until
/// [`Rooms::renewed`] brings its end, there is no other.
pub(crate) fn renew(fx: &mut Effects, visit: VisitId, who: &mut Participant, now: Now) {
    let Ok(soon) = now.wall.checked_add(fx.limits.renew) else {
        return;
    };
    if who.connection.is_some() && !who.renewing && who.token_until < soon {
        who.renewing = true;
        fx.renew(Renewal {
            visit,
            account: who.grant.identity,
            participant: Arc::clone(&who.sid),
        });
    }
}

impl Rooms {
    /// core-api gave a token, or none; then the next sweep asks again. A participant who has left
    /// meanwhile gets nothing, one who is away neither.
    pub(crate) fn renewed(&mut self, renewal: &Renewal, fresh: Option<FreshToken>) {
        let room = self.rooms.get_mut(renewal.visit.to_string().as_str());
        let Some(who) = room.and_then(|room| room.participants.get_mut(&renewal.participant))
        else {
            return;
        };
        who.renewing = false;
        if let (Some(fresh), Some(connection)) = (fresh, who.connection) {
            who.token_until = fresh.until;
            let token = fresh.token.into_inner();
            self.fx.send(connection, Response::RefreshToken(token));
        }
    }
}
