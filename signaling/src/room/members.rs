//! One room: its members and what they publish.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use bus::journal::Happening;
use bus::media::{ParticipantSid, RoomName, TrackSid};
use domain::{AccountId, VisitId};
use livekit_protocol as lk;

use super::effects::{ConnectionId, Effects};
use super::fact::Journal;
use super::news::News;
use super::participant::Participant;
use super::stage::Stage;
use super::track::Track;
use super::{Now, Response};

/// A room from its first join to its last leave.
#[derive(Debug)]
pub(crate) struct Room {
    pub(crate) name: RoomName,
    pub(crate) visit: VisitId,
    pub(crate) participants: BTreeMap<ParticipantSid, Participant>,
    /// Who publishes a track; exactly the tracks of all participants.
    pub(crate) owners: HashMap<TrackSid, ParticipantSid>,
    /// Who spoke at last, with level.
    pub(crate) speakers: BTreeMap<ParticipantSid, f32>,
    /// What everybody is about to be told.
    pub(crate) news: News,
    /// Whose cameras are received without asking.
    pub(crate) stage: Stage,
    /// Whether somebody shut the door; clients show it.
    pub(crate) locked: bool,
    sid: Arc<str>,
    made: Now,
    pub(crate) journal: Journal,
}

impl Room {
    pub(crate) fn new(visit: VisitId, sid: Arc<str>, journal: Journal, made: Now) -> Self {
        Self {
            name: visit.to_string().into(),
            visit,
            participants: BTreeMap::new(),
            owners: HashMap::new(),
            speakers: BTreeMap::new(),
            news: News::default(),
            stage: Stage::default(),
            locked: false,
            sid,
            made,
            journal,
        }
    }

    /// What clients see of the room.
    pub(crate) fn info(&self, fx: &Effects) -> lk::Room {
        let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        let publishes = |who: &&Participant| who.tracks.values().any(|track| track.bound);
        lk::Room {
            sid: self.sid.to_string(),
            name: self.name.to_string(),
            departure_timeout: u32::try_from(fx.limits.departure.as_secs()).unwrap_or(u32::MAX),
            max_participants: count(fx.limits.participants),
            creation_time: self.made.wall.as_second(),
            creation_time_ms: self.made.wall.as_millisecond(),
            num_participants: count(self.participants.len()),
            metadata: self.metadata(),
            num_publishers: count(self.participants.values().filter(publishes).count()),
            ..Default::default()
        }
    }

    /// The one fact about the room itself that clients cannot see from its people.
    fn metadata(&self) -> String {
        if self.locked {
            r#"{"locked":true}"#.to_owned()
        } else {
            String::new()
        }
    }

    /// The journal, of a room that is no more.
    pub(crate) fn into_journal(self) -> Journal {
        self.journal
    }

    /// Enters in the journal what happened to `account`, in the session `participant` if there
    /// is one.
    pub(crate) fn fact(
        &mut self,
        fx: &mut Effects,
        account: AccountId,
        participant: Option<&ParticipantSid>,
        what: Happening,
        now: Now,
    ) {
        fx.fact(self.journal.entry(account, participant, what, now));
    }

    /// Queues `message` to everybody who is connected.
    pub(crate) fn tell_all(&self, fx: &mut Effects, message: Response) {
        fx.send_all(self.connections().collect(), message);
    }

    /// Queues `message` to everybody who is connected, except `sid`.
    pub(crate) fn tell_others(&self, fx: &mut Effects, sid: &str, message: Response) {
        let others = self.participants.values().filter(|who| *who.sid != *sid);
        fx.send_all(others.filter_map(|who| who.connection).collect(), message);
    }

    /// Queues `message` to `sid`, if connected.
    pub(crate) fn tell(&self, fx: &mut Effects, sid: &str, message: Response) {
        if let Some(connection) = self.participants.get(sid).and_then(|who| who.connection) {
            fx.send(connection, message);
        }
    }

    /// The track and whose it is.
    pub(crate) fn track(&self, sid: &str) -> Option<(&Participant, &Track)> {
        let owner = self.participants.get(self.owners.get(sid)?)?;
        Some((owner, owner.tracks.get(sid)?))
    }

    /// The session of this person, if there is one.
    pub(crate) fn session_of(&self, account: AccountId) -> Option<&Participant> {
        let mut sessions = self.participants.values();
        sessions.find(|who| who.grant.identity == account)
    }

    fn connections(&self) -> impl Iterator<Item = ConnectionId> + '_ {
        self.participants.values().filter_map(|who| who.connection)
    }
}
