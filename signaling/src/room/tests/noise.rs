//! Clients that say anything at all, in any order, while the SFU says anything at all, also what
//! makes no sense. With an honest SFU the fuzz target of `signaling/fuzz` goes further.

use std::time::Duration;

use bus::media::{Connections, FromSfu, LayerReason, MediaPath, Quality, RefusalReason, Speaker};
use bus::media::{Target, TrackSid};
use bus::moderation::{MediaSource, RoomCommand, RoomLock};
use livekit_protocol as lk;

use super::harness::*;
use crate::room::{ConnectionId, Join, Request};

/// A linear congruential generator (Knuth's MMIX): the same noise for the same seed.
struct Noise(u64);

impl Noise {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).expect("31 bits") % end
    }

    fn flip(&mut self) -> bool {
        self.below(2) == 0
    }

    fn number(&mut self) -> u32 {
        u32::try_from([0, 1, 2, 3, 720, 0x7fff_ffff][self.below(6)]).expect("31 bits")
    }

    fn enumeration(&mut self) -> i32 {
        [-1, 0, 1, 2, 3, 4, 99][self.below(7)]
    }

    fn pick<T: Clone>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())].clone()
    }
}

/// The names that anybody may use, rightly or not.
struct Names {
    tracks: Vec<String>,
    people: Vec<String>,
}

fn request(noise: &mut Noise, names: &Names) -> Request {
    let sid = noise.pick(&names.tracks);
    let sids = vec![sid.clone(), noise.pick(&names.tracks)];
    let sdp = || lk::SessionDescription {
        r#type: "offer".into(),
        sdp: "v=0".into(),
        ..Default::default()
    };
    match noise.below(20) {
        0 => Request::Offer(sdp()),
        1 => Request::Answer(sdp()),
        2 => Request::Trickle(lk::TrickleRequest::default()),
        3..=6 => Request::AddTrack(lk::AddTrackRequest {
            r#type: noise.enumeration(),
            source: noise.enumeration(),
            muted: noise.flip(),
            ..camera(["a", "b", "c", ""][noise.below(4)])
        }),
        7 => Request::Mute(lk::MuteTrackRequest {
            sid,
            muted: noise.flip(),
        }),
        8 => Request::Subscription(lk::UpdateSubscription {
            track_sids: sids,
            subscribe: noise.flip(),
            ..Default::default()
        }),
        9 => Request::TrackSetting(lk::UpdateTrackSettings {
            track_sids: sids,
            disabled: noise.flip(),
            quality: noise.enumeration(),
            width: noise.number(),
            height: noise.number(),
            priority: noise.number(),
            ..Default::default()
        }),
        10 => Request::SubscriptionPermission(lk::SubscriptionPermission {
            all_participants: noise.flip(),
            track_permissions: vec![lk::TrackPermission {
                participant_sid: noise.pick(&names.people),
                all_tracks: noise.flip(),
                track_sids: sids,
                ..Default::default()
            }],
        }),
        11 => Request::SyncState(lk::SyncState {
            subscription: Some(lk::UpdateSubscription {
                track_sids: sids.clone(),
                subscribe: noise.flip(),
                ..Default::default()
            }),
            track_sids_disabled: sids,
            ..Default::default()
        }),
        12 => Request::UpdateMetadata(lk::UpdateParticipantMetadata {
            name: ["", "Ann", "x"][noise.below(3)].repeat(noise.below(200)),
            attributes: [(sid, "1".to_owned())].into(),
            ..Default::default()
        }),
        13 => Request::UpdateAudioTrack(lk::UpdateLocalAudioTrack {
            track_sid: sid,
            features: vec![noise.enumeration(); 20],
        }),
        14 => Request::UpdateVideoTrack(lk::UpdateLocalVideoTrack {
            track_sid: sid,
            width: noise.number(),
            height: noise.number(),
        }),
        #[expect(deprecated, reason = "clients still send it")]
        15 => Request::UpdateLayers(lk::UpdateVideoLayers {
            track_sid: sid,
            layers: vec![lk::VideoLayer::default(); 20],
        }),
        16 => Request::Ping(i64::MIN),
        17 => Request::PingReq(lk::Ping::default()),
        18 => Request::Simulate(lk::SimulateScenario::default()),
        _ => Request::PublishDataTrackRequest(lk::PublishDataTrackRequest::default()),
    }
}

fn from_sfu(noise: &mut Noise, names: &Names) -> FromSfu {
    let room = VISIT.into();
    let participant = noise.pick(&names.people).as_str().into();
    let track: TrackSid = noise.pick(&names.tracks).into();
    let target = noise.pick(&[Target::Publisher, Target::Subscriber]);
    match noise.below(13) {
        0..=3 => FromSfu::Published {
            room,
            participant,
            track,
            mid: "0".into(),
            mime: "video/VP8".into(),
            rids: vec![],
        },
        4 => FromSfu::Unpublished {
            room,
            participant,
            track,
        },
        5 => FromSfu::Subscribed {
            room,
            participant,
            track,
        },
        6 => FromSfu::Connected {
            room,
            participant,
            target,
        },
        7 => FromSfu::Disconnected {
            room,
            participant,
            target,
        },
        8 => FromSfu::Speakers {
            room,
            speakers: vec![Speaker {
                participant,
                level: f32::NAN,
            }],
        },
        9 => FromSfu::Quality {
            room,
            participant,
            loss: noise.pick(&[0.0, 0.5, f32::NAN, -1.0]),
            rtt_ms: Some(noise.number()),
            reason: None,
        },
        10 => FromSfu::StreamState {
            room,
            participant,
            track,
            paused: noise.flip(),
        },
        11 => FromSfu::Layer {
            room,
            participant,
            track,
            quality: Some(Quality::Low),
            reason: LayerReason::Viewer,
        },
        _ => FromSfu::Path {
            room,
            participant,
            target,
            path: MediaPath::Udp,
        },
    }
}

fn command(noise: &mut Noise, house: &House) -> RoomCommand {
    let (visit, account) = (visit(VISIT), account(&person(noise.below(20))));
    match noise.below(4) {
        0 => RoomCommand::Lock {
            visit,
            lock: RoomLock {
                since: house.now.wall,
                keep: vec![account],
            },
        },
        1 => RoomCommand::Remove { visit, account },
        2 => RoomCommand::Mute {
            visit,
            account,
            source: MediaSource::Camera,
        },
        _ => RoomCommand::Unlock { visit },
    }
}

fn seat(noise: &mut Noise, house: &mut House, names: &Names) -> ConnectionId {
    let identity = person(noise.below(20));
    house.connect(Join {
        resume: noise.flip().then(|| noise.pick(&names.people)),
        auto_subscribe: noise.flip(),
        ..joining(VISIT, &identity, Connections::Dual)
    })
}

/// Whatever is said, nothing panics, nobody is told anything after their close (the harness
/// looks), memory stays within the limits, and after the last leave nothing remains.
#[test]
fn no_noise_breaks_a_room_or_outlives_it() {
    for seed in 0..20 {
        let mut noise = Noise(seed);
        let mut house = House::new();
        let mut seats: Vec<ConnectionId> = Vec::new();
        for step in 0..1_500 {
            let names = names(&house);
            match noise.below(20) {
                0 => seats.push(seat(&mut noise, &mut house, &names)),
                1 if !seats.is_empty() => {
                    let gone = seats.swap_remove(noise.below(seats.len()));
                    house.act(|rooms, now| rooms.disconnected(gone, now));
                }
                2 => house.wait(Duration::from_millis(noise.below(3_000) as u64)),
                3 if noise.below(10) == 0 => {
                    let command = command(&mut noise, &house);
                    house.act(|rooms, now| {
                        rooms.moderate(&command, now);
                    });
                }
                4 if noise.below(50) == 0 => {
                    let participant = noise.pick(&names.people).into();
                    house.sfu(FromSfu::Refused {
                        room: VISIT.into(),
                        participant,
                        reason: RefusalReason::Cpu,
                    });
                }
                5..=9 => {
                    let message = from_sfu(&mut noise, &names);
                    house.sfu(message);
                }
                _ if !seats.is_empty() => {
                    let (from, message) = (noise.pick(&seats), request(&mut noise, &names));
                    house.act(|rooms, now| rooms.receive(from, message, now));
                }
                _ => {}
            }
            let census = house.rooms.census();
            assert!(
                census.participants <= 20,
                "seed {seed}, step {step}: {census:?}"
            );
            assert!(
                census.tracks <= 16 * 20,
                "seed {seed}, step {step}: {census:?}"
            );
            house.hush();
        }
        for seat in seats {
            house.act(|rooms, now| rooms.disconnected(seat, now));
        }
        house.wait(Duration::from_secs(600));
        house.assert_empty();
    }
}

/// The names in use, and some that mean nothing.
fn names(house: &House) -> Names {
    let (mut people, mut tracks) = house.names();
    people.push("PA_nobody".into());
    tracks.extend(["TR_none".into(), String::new()]);
    Names { tracks, people }
}
