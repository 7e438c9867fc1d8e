//! What the SFU and core-api have to say meanwhile. They are ours and honest: the SFU speaks of
//! what it was told of.

use std::time::Duration;

use bus::command::{MediaToken, RoomStatus};
use bus::event::InvitationChange;
use bus::media::{
    FromSfu, LayerReason, MediaPath, MediaReport, ParticipantSid, Quality, RefusalReason, RoomName,
    Speaker, Target, TrackSid,
};
use bus::moderation::{MediaSource, RoomCommand, RoomLock};
use domain::{AccountId, VisitId, VisitState};

use crate::house::House;
use crate::room::{FreshToken, VisitChange};

/// One of two visits.
pub(crate) fn visit(number: u8) -> VisitId {
    let text = format!("01900000-0000-7000-8000-0000000000{:02x}", number & 1);
    text.parse().expect("an id")
}

/// One of six people.
pub(crate) fn account(number: u8) -> AccountId {
    let text = format!("01900000-0000-7000-8000-0000000001{:02x}", number % 6);
    text.parse().expect("an id")
}

pub(crate) fn at(bytes: &[u8], index: usize) -> u8 {
    bytes.get(index).copied().unwrap_or(0)
}

pub(crate) fn pick<T: Clone>(from: &[T], number: u8) -> Option<T> {
    let count = from.len().max(1);
    from.get(usize::from(number) % count).cloned()
}

/// The SFU met the media section of an announced track.
pub(crate) fn bind(house: &mut House, who: u8, bytes: &[u8]) {
    let waiting = house.sfu.tracks.iter().filter(|(_, track)| !track.bound);
    let waiting: Vec<TrackSid> = waiting.map(|(sid, _)| sid.clone()).collect();
    let Some(track) = pick(&waiting, who) else {
        return;
    };
    let Some(announced) = house.sfu.tracks.get_mut(&track) else {
        return;
    };
    announced.bound = true;
    let participant = announced.owner.clone();
    let room = house.sfu.people[&participant].clone();
    let rids = ["q", "h", "f"].into_iter().map(str::to_owned);
    let message = FromSfu::Published {
        room,
        participant,
        track,
        mid: at(bytes, 0).to_string(),
        mime: "video/VP8".to_owned(),
        rids: rids.take(usize::from(at(bytes, 1) % 4)).collect(),
    };
    house.act(|rooms, now| rooms.sfu(message, now));
}

/// Anything that the SFU may say of those who are there.
pub(crate) fn sfu(house: &mut House, who: u8, bytes: &[u8]) {
    let people: Vec<_> = house.sfu.people.clone().into_iter().collect();
    let Some((participant, room)) = pick(&people, who) else {
        return;
    };
    let value = at(bytes, 1);
    let received = house.sfu.received.iter();
    let received = received.filter(|(receiver, _)| *receiver == participant);
    let received: Vec<TrackSid> = received.map(|(_, track)| track.clone()).collect();
    let tracks = house.sfu.tracks.iter();
    let own = tracks.filter(|(_, track)| track.owner == participant && track.bound);
    let own: Vec<TrackSid> = own.map(|(sid, _)| sid.clone()).collect();
    let message = match at(bytes, 0) % 8 {
        0 => own_track(house, room, participant, pick(&own, value), value),
        1 => received_track(room, participant, pick(&received, value), value),
        2 => Some(description(room, participant, &received, value)),
        3 => match value % 4 {
            0 => Some(FromSfu::Failed {
                room,
                participant,
                reason: "no".to_owned(),
            }),
            1 => Some(FromSfu::Refused {
                room,
                participant,
                reason: RefusalReason::Cpu,
            }),
            2 => {
                house.act(|rooms, now| rooms.sfu_lost(now));
                house.act(|rooms, _| rooms.sfu_ready());
                None
            }
            _ => {
                // Its last words come after a session has ended, and often after its room has.
                let ever: Vec<_> = house.sfu.ever.clone().into_iter().collect();
                pick(&ever, value).map(|(participant, room)| FromSfu::Report {
                    room,
                    participant,
                    report: MediaReport::default(),
                })
            }
        },
        4 => Some(FromSfu::Quality {
            room,
            participant,
            loss: f32::from(value) / 100.0,
            rtt_ms: Some(u32::from(value) * 10),
            reason: None,
        }),
        5 => Some(FromSfu::Speakers {
            room,
            speakers: vec![Speaker {
                participant,
                level: f32::from(value) / 255.0,
            }],
        }),
        6 => Some(FromSfu::Connected {
            room,
            participant,
            target: Target::Publisher,
        }),
        _ => Some(FromSfu::Disconnected {
            room,
            participant,
            target: Target::Subscriber,
        }),
    };
    if let Some(message) = message {
        house.act(|rooms, now| rooms.sfu(message, now));
    }
}

fn own_track(
    house: &mut House,
    room: RoomName,
    participant: ParticipantSid,
    track: Option<TrackSid>,
    value: u8,
) -> Option<FromSfu> {
    let track = track?;
    if value & 0x80 == 0 {
        house.sfu.forget(&track);
        return Some(FromSfu::Unpublished {
            room,
            participant,
            track,
        });
    }
    Some(FromSfu::Wanted {
        room,
        participant,
        track,
        codec: "vp8".to_owned(),
        quality: [None, Some(Quality::Low), Some(Quality::High)][usize::from(value) % 3],
    })
}

fn received_track(
    room: RoomName,
    participant: ParticipantSid,
    track: Option<TrackSid>,
    value: u8,
) -> Option<FromSfu> {
    let track = track?;
    Some(match value >> 6 {
        0 => FromSfu::Subscribed {
            room,
            participant,
            track,
        },
        1 => FromSfu::Layer {
            room,
            participant,
            track,
            quality: Some(Quality::Low),
            reason: LayerReason::Viewer,
        },
        _ => FromSfu::StreamState {
            room,
            participant,
            track,
            paused: value & 0x40 == 0,
        },
    })
}

fn description(
    room: RoomName,
    participant: ParticipantSid,
    received: &[TrackSid],
    value: u8,
) -> FromSfu {
    let mids = received.iter().enumerate();
    let mids = mids.map(|(mid, track)| (mid.to_string(), track.clone()));
    let (id, sdp, mid_to_track) = (u32::from(value), "v=0".to_owned(), mids.collect());
    match value % 4 {
        0 => FromSfu::Answer {
            room,
            participant,
            id,
            sdp,
            mid_to_track,
        },
        1 => FromSfu::Offer {
            room,
            participant,
            id,
            sdp,
            mid_to_track,
        },
        2 => FromSfu::SectionsNeeded {
            room,
            participant,
            audios: id,
            videos: id,
        },
        _ => FromSfu::Path {
            room,
            participant,
            target: Target::Publisher,
            path: MediaPath::TurnTls,
        },
    }
}

/// Anything that core-api may decide.
pub(crate) fn core(house: &mut House, who: u8, bytes: &[u8]) {
    let (visit, account, value) = (visit(at(bytes, 1)), account(who), at(bytes, 2));
    let since = house.now.wall;
    let keep = vec![account];
    let lock = RoomLock { since, keep };
    let moved = |to| VisitChange {
        visit,
        patient: Some(account),
        from: VisitState::InProgress,
        to,
    };
    house.act(|rooms, now| match at(bytes, 0) % 8 {
        0 => {
            rooms.moderate(&RoomCommand::Lock { visit, lock }, now);
        }
        1 => {
            rooms.moderate(&RoomCommand::Unlock { visit }, now);
        }
        2 => {
            rooms.moderate(&RoomCommand::Remove { visit, account }, now);
        }
        3 => {
            let sources = [
                MediaSource::Microphone,
                MediaSource::Camera,
                MediaSource::Screen,
            ];
            let source = sources[usize::from(value) % 3];
            let command = RoomCommand::Mute {
                visit,
                account,
                source,
            };
            rooms.moderate(&command, now);
        }
        4 => {
            let states = [
                VisitState::Ready,
                VisitState::Admitted,
                VisitState::Completed,
            ];
            rooms.visit_changed(&moved(states[usize::from(value) % 3]), now);
        }
        5 => {
            let change = [InvitationChange::LetIn, InvitationChange::Removed];
            rooms.invitation_changed(visit, account, change[usize::from(value) % 2], now);
        }
        6 => {
            let (generation, _) = rooms.begin_sweep();
            let allowed = (0..6).filter(|number| value >> number & 1 == 0);
            let status = RoomStatus {
                visit,
                state: VisitState::InProgress,
                allowed: allowed.map(self::account).collect(),
                lock: (value & 0x80 != 0).then_some(lock),
            };
            rooms.end_sweep(generation, &[status], now);
        }
        _ => {}
    });
    for renewal in std::mem::take(&mut house.renewals) {
        let until = house.now.wall + Duration::from_secs(600);
        let fresh = (value & 1 == 0).then(|| FreshToken {
            token: MediaToken::new("token".to_owned()),
            until,
        });
        house.act(|rooms, _| rooms.renewed(&renewal, fresh));
    }
}
