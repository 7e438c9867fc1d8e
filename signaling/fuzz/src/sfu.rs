//! What an SFU that takes signaling by its word would know. It finds fault with whatever makes no
//! sense to it: a track of nobody, a receiver who has left, a second goodbye.

use std::collections::{BTreeMap, BTreeSet};

use bus::media::{ParticipantSid, RoomName, ToSfu, TrackSid};

/// An announced track.
pub(crate) struct Announced {
    pub(crate) owner: ParticipantSid,
    /// Whether it met its media section.
    pub(crate) bound: bool,
}

#[derive(Default)]
pub(crate) struct Sfu {
    pub(crate) people: BTreeMap<ParticipantSid, RoomName>,
    pub(crate) tracks: BTreeMap<TrackSid, Announced>,
    /// Receiver and track.
    pub(crate) received: BTreeSet<(ParticipantSid, TrackSid)>,
    /// Everybody who was ever there.
    pub(crate) ever: BTreeMap<ParticipantSid, RoomName>,
}

impl Sfu {
    /// Does what signaling says.
    pub(crate) fn take(&mut self, message: ToSfu) {
        match message {
            ToSfu::Open {
                room, participant, ..
            } => {
                let before = self.ever.insert(participant.clone(), room.clone());
                assert!(before.is_none(), "a name is given twice");
                self.people.insert(participant, room);
            }
            ToSfu::Close { room, participant } => {
                self.present(&room, &participant);
                self.people.remove(&participant);
                self.received.retain(|(who, _)| *who != participant);
                let own = |(sid, track): (&TrackSid, &Announced)| {
                    (track.owner == participant).then(|| sid.clone())
                };
                let own: Vec<_> = self.tracks.iter().filter_map(own).collect();
                own.iter().for_each(|track| self.forget(track));
            }
            ToSfu::Publish {
                room,
                participant: owner,
                track,
            } => {
                self.present(&room, &owner);
                let bound = false;
                let before = self.tracks.insert(track.sid, Announced { owner, bound });
                assert!(before.is_none(), "a track is announced twice");
            }
            ToSfu::Unpublish {
                room,
                participant,
                track,
            } => {
                self.own(&room, &participant, &track);
                self.forget(&track);
            }
            ToSfu::SetMuted {
                room,
                participant,
                track,
                ..
            }
            | ToSfu::SetLayers {
                room,
                participant,
                track,
                ..
            } => self.own(&room, &participant, &track),
            ToSfu::Subscribe {
                room,
                participant,
                publisher,
                track,
            } => {
                self.present(&room, &participant);
                self.own(&room, &publisher, &track);
                assert!(self.tracks[&track].bound, "a track without media is wanted");
                assert_ne!(participant, publisher, "somebody wants their own track");
                let fresh = self.received.insert((participant, track));
                assert!(fresh, "a track is wanted twice");
            }
            ToSfu::Unsubscribe {
                room,
                participant,
                track,
            } => {
                self.present(&room, &participant);
                let had = self.received.remove(&(participant, track));
                assert!(had, "a track is unwanted that was not received");
            }
            ToSfu::TrackSettings {
                room,
                participant,
                track,
                ..
            } => {
                self.present(&room, &participant);
                let had = self.received.contains(&(participant, track));
                assert!(had, "settings of a track that is not received");
            }
            ToSfu::Offer {
                room, participant, ..
            }
            | ToSfu::Answer {
                room, participant, ..
            }
            | ToSfu::Resume { room, participant } => self.present(&room, &participant),
            ToSfu::Hello { .. } => panic!("the link is the shell's"),
        }
    }

    /// The track is gone, and with it whoever received it.
    pub(crate) fn forget(&mut self, track: &TrackSid) {
        self.tracks.remove(track);
        self.received.retain(|(_, received)| received != track);
    }

    fn present(&self, room: &RoomName, participant: &ParticipantSid) {
        let there = self.people.get(participant) == Some(room);
        assert!(there, "{participant} is not in {room}");
    }

    fn own(&self, room: &RoomName, participant: &ParticipantSid, track: &TrackSid) {
        self.present(room, participant);
        let owner = self.tracks.get(track).map(|track| &track.owner);
        assert_eq!(owner, Some(participant), "{track} is somebody else's");
    }
}
