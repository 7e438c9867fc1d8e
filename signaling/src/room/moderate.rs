//! What whoever is in charge asks of a room. core-api has decided and stored it; here it happens.

use std::sync::Arc;

use bus::event::InvitationChange;
use bus::journal::Happening;
use bus::media::{ToSfu, TrackSid};
use bus::moderation::{MediaSource, RoomCommand, RoomReply};
use domain::{AccountId, VisitId};
use livekit_protocol as lk;

use super::context::Context;
use super::leave::Departure;
use super::rooms::Rooms;
use super::{Now, Response, depart, fact};

impl Rooms {
    /// Carries `command` out.
    pub(crate) fn moderate(&mut self, command: &RoomCommand, now: Now) -> RoomReply {
        match command {
            RoomCommand::Mute {
                visit,
                account,
                source,
            } => self.mute(*visit, *account, *source, now),
            RoomCommand::Remove { visit, account } => {
                self.gate.bar(*visit, *account, self.generation);
                self.end_session(*visit, *account, Departure::REMOVED, now)
            }
            RoomCommand::Lock { visit, lock } => {
                let room = self.rooms.get(visit.to_string().as_str());
                let inside = room.into_iter().flat_map(|room| room.participants.values());
                let inside = inside.map(|who| who.grant.identity);
                // Whoever is inside counts, even if core-api has not heard of it yet.
                let keep: Vec<AccountId> = inside.chain(lock.keep.iter().copied()).collect();
                self.gate.lock(*visit, keep, self.generation);
                self.show_lock(*visit, now);
                RoomReply::Done
            }
            RoomCommand::Unlock { visit } => {
                self.gate.unlock(*visit, self.generation);
                self.show_lock(*visit, now);
                RoomReply::Done
            }
        }
    }

    /// What core-api decided of a third party. Whoever has to stay out goes at once; who is let in
    /// passes, also if put out before or the door is shut.
    pub(crate) fn invitation_changed(
        &mut self,
        visit: VisitId,
        identity: AccountId,
        change: InvitationChange,
        now: Now,
    ) {
        match change {
            InvitationChange::Removed | InvitationChange::Revoked => {
                self.gate.bar(visit, identity, self.generation);
                self.end_session(visit, identity, Departure::REMOVED, now);
            }
            InvitationChange::LetIn => self.gate.let_in(visit, identity),
            InvitationChange::Made | InvitationChange::Knocked => {}
        }
    }

    /// Shows everybody in the room of `visit` whether the door is shut.
    pub(super) fn show_lock(&mut self, visit: VisitId, now: Now) {
        let locked = self.gate.is_locked(visit);
        if let Some(room) = self.rooms.get_mut(visit.to_string().as_str())
            && room.locked != locked
        {
            room.locked = locked;
            room.announce_room(&mut self.fx, now);
        }
    }

    fn mute(
        &mut self,
        visit: VisitId,
        account: AccountId,
        source: MediaSource,
        now: Now,
    ) -> RoomReply {
        let name = visit.to_string();
        let room = self.rooms.get(name.as_str());
        let Some(who) = room.and_then(|room| room.session_of(account)) else {
            return RoomReply::NotThere;
        };
        let of_source = who
            .tracks
            .values()
            .filter(|track| comes_from(&track.info, source));
        let tracks: Vec<TrackSid> = of_source.map(|track| Arc::clone(&track.sid)).collect();
        if tracks.is_empty() {
            return RoomReply::NothingToMute;
        }
        let who = Arc::clone(&who.sid);
        self.in_room(&name, who, now, |cx| {
            for track in &tracks {
                mute_track(cx, track);
            }
        });
        RoomReply::Done
    }

    /// Ends the session of `account`, if there is one.
    pub(super) fn end_session(
        &mut self,
        visit: VisitId,
        account: AccountId,
        how: Departure,
        now: Now,
    ) -> RoomReply {
        let name = visit.to_string();
        let room = self.rooms.get(name.as_str());
        let Some(who) = room.and_then(|room| room.session_of(account)) else {
            return RoomReply::NotThere;
        };
        let who = Arc::clone(&who.sid);
        self.in_room(&name, who, now, |cx| {
            depart::depart(cx.room, cx.fx, &cx.who, how, cx.now);
        });
        RoomReply::Done
    }
}

/// Stops forwarding at once, and tells the client, which mutes its device and says so.
fn mute_track(cx: &mut Context<'_>, sid: &TrackSid) {
    let Some(track) = cx.me_mut().and_then(|me| me.tracks.get_mut(sid)) else {
        return;
    };
    if std::mem::replace(&mut track.info.muted, true) {
        return;
    }
    let source = fact::source(&track.info);
    let track = Arc::clone(sid);
    cx.fact(Happening::Muted { track, source });
    cx.fx.sfu(ToSfu::SetMuted {
        room: Arc::clone(&cx.room.name),
        participant: Arc::clone(&cx.who),
        track: Arc::clone(sid),
        muted: true,
    });
    cx.reply(Response::Mute(lk::MuteTrackRequest {
        sid: sid.to_string(),
        muted: true,
    }));
    cx.room.announce(cx.fx, &cx.who, cx.now);
}

/// Clients that say nothing of the source are taken by the kind of the track.
fn comes_from(track: &lk::TrackInfo, source: MediaSource) -> bool {
    use lk::TrackSource as Source;
    let found = match Source::try_from(track.source) {
        Ok(Source::Microphone) => MediaSource::Microphone,
        Ok(Source::Camera) => MediaSource::Camera,
        Ok(Source::ScreenShare | Source::ScreenShareAudio) => MediaSource::Screen,
        Ok(Source::Unknown) | Err(_) if track.r#type == lk::TrackType::Audio as i32 => {
            MediaSource::Microphone
        }
        Ok(Source::Unknown) | Err(_) => MediaSource::Camera,
    };
    found == source
}
