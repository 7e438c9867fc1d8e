//! One person's session in a room.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use auth::media::Grant;
use bus::media::{Connections, ParticipantSid, TrackSid};
use jiff::Timestamp;
use livekit_protocol as lk;

use super::effects::ConnectionId;
use super::permission::Audience;
use super::profile::Profile;
use super::quality::Verdict;
use super::track::Track;

/// The attribute that shows the part played in the visit; it comes from the token alone.
pub(crate) const ROLE: &str = "role";

/// A participant from join to departure; survives the loss of its signal connection for a while.
#[derive(Debug)]
pub(crate) struct Participant {
    pub(crate) sid: ParticipantSid,
    /// The account id as clients write it.
    pub(crate) identity: Arc<str>,
    pub(crate) grant: Grant,
    pub(crate) connections: Connections,
    /// The present signal connection; none while the client is away.
    pub(crate) connection: Option<ConnectionId>,
    /// Media has flowed: `ACTIVE`.
    pub(crate) active: bool,
    pub(crate) joined_at: Timestamp,
    /// Until when the client's token counts.
    pub(crate) token_until: Timestamp,
    /// core-api is being asked for the next token.
    pub(crate) renewing: bool,
    /// The sweep in whose time the participant joined; an older answer does not concern it.
    pub(crate) generation: u64,
    /// Own announced tracks.
    pub(crate) tracks: BTreeMap<TrackSid, Track>,
    /// Whom own tracks are meant for.
    pub(crate) audience: Audience,
    /// Whether others' tracks are received without asking.
    pub(crate) auto_subscribe: bool,
    /// Explicit wishes about others' tracks; only tracks that exist are kept.
    pub(crate) wishes: BTreeMap<TrackSid, bool>,
    /// What the SFU was told to forward.
    pub(crate) subscribed: BTreeSet<TrackSid>,
    /// Others' tracks the client was told it may not have.
    pub(crate) barred: BTreeSet<TrackSid>,
    /// Subscribed videos that are stopped for want of bandwidth.
    pub(crate) paused: BTreeSet<TrackSid>,
    /// How good the connection is, as the room was told.
    pub(crate) quality: Verdict,
    /// What the client says of itself.
    pub(crate) profile: Profile,
    /// When it is given up, while it is away.
    pub(crate) depart_at: Option<Duration>,
    /// When it is given up, while its media path is dead.
    pub(crate) media_at: Option<Duration>,
    /// Who left while it was away: a client learns of a leave from an `Update` only.
    pub(crate) missed: Vec<lk::ParticipantInfo>,
    client_protocol: i32,
    version: u32,
}

impl Participant {
    pub(crate) fn new(sid: ParticipantSid, grant: Grant, joined_at: Timestamp) -> Self {
        Self {
            sid,
            identity: grant.identity.to_string().into(),
            grant,
            connections: Connections::Dual,
            connection: None,
            active: false,
            joined_at,
            token_until: joined_at,
            renewing: false,
            generation: 0,
            tracks: BTreeMap::new(),
            audience: Audience::default(),
            auto_subscribe: true,
            wishes: BTreeMap::new(),
            subscribed: BTreeSet::new(),
            barred: BTreeSet::new(),
            paused: BTreeSet::new(),
            quality: Verdict::default(),
            profile: Profile::default(),
            depart_at: None,
            media_at: None,
            missed: Vec::new(),
            client_protocol: 0,
            version: 0,
        }
    }

    /// Notes what the client said of itself.
    pub(crate) fn set_client(&mut self, connections: Connections, protocol: i32, auto: bool) {
        self.connections = connections;
        self.client_protocol = protocol;
        self.auto_subscribe = auto;
    }

    /// What others see changed; a client ignores an info whose version is not newer.
    pub(crate) fn touch(&mut self) {
        self.version = self.version.wrapping_add(1);
    }

    /// What others see.
    pub(crate) fn info(&self) -> lk::ParticipantInfo {
        let state = if self.active {
            lk::participant_info::State::Active
        } else {
            lk::participant_info::State::Joined
        };
        let bound = self.tracks.values().filter(|track| track.bound);
        let tracks: Vec<_> = bound.map(|track| track.info.clone()).collect();
        lk::ParticipantInfo {
            sid: self.sid.to_string(),
            identity: self.identity.to_string(),
            name: self.profile.name.clone(),
            metadata: self.profile.metadata.clone(),
            state: state as i32,
            joined_at: self.joined_at.as_second(),
            joined_at_ms: self.joined_at.as_millisecond(),
            version: self.version,
            permission: Some(self.permission()),
            is_publisher: !tracks.is_empty(),
            attributes: self.attributes(),
            client_protocol: self.client_protocol,
            tracks,
            ..Default::default()
        }
    }

    /// What others see after the departure.
    pub(crate) fn farewell(&self, reason: lk::DisconnectReason) -> lk::ParticipantInfo {
        lk::ParticipantInfo {
            state: lk::participant_info::State::Disconnected as i32,
            version: self.version.wrapping_add(1),
            tracks: Vec::new(),
            is_publisher: false,
            disconnect_reason: reason as i32,
            ..self.info()
        }
    }

    fn permission(&self) -> lk::ParticipantPermission {
        lk::ParticipantPermission {
            can_subscribe: self.grant.can_subscribe,
            can_publish: self.grant.can_publish,
            can_publish_data: self.grant.can_publish_data,
            can_update_metadata: self.grant.can_update_own_metadata,
            ..Default::default()
        }
    }

    /// The client's own and those of its token, which nobody can choose.
    fn attributes(&self) -> HashMap<String, String> {
        let mut attributes: HashMap<_, _> = self.profile.attributes.clone().into_iter().collect();
        if let Some(role) = self.grant.role {
            attributes.insert(ROLE.to_owned(), role.name().to_owned());
        }
        attributes
    }

    /// The track is gone, whoever published it.
    pub(crate) fn forget_track(&mut self, track: &str) {
        self.subscribed.remove(track);
        self.wishes.remove(track);
        self.barred.remove(track);
        self.paused.remove(track);
    }
}
