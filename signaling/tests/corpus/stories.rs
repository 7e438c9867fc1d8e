//! Inputs for the fuzz target, made of the messages that clients really send.

use livekit_protocol as lk;
use prost::Message as _;

use crate::room::Request;

/// The names that stand for the first, second and third who are there, and for tracks alike.
const ANN: &str = "PA_#\0..........";
const BOB: &str = "PA_#\u{1}..........";
const FIRST: &str = "TR_#\0..........";
const SECOND: &str = "TR_#\u{1}..........";

/// Ways to connect: the first byte of the command, without the bits of the grant.
const DUAL: u8 = 0x00;
const PLAIN: u8 = 0x10;
const PACKED: u8 = 0x20;

#[derive(Default)]
struct Story(Vec<u8>);

impl Story {
    fn command(mut self, kind: u8, who: u8, bytes: &[u8]) -> Self {
        let length = u16::try_from(bytes.len()).expect("short");
        self.0.push(who << 4 | kind);
        self.0.extend(length.to_le_bytes());
        self.0.extend(bytes);
        self
    }

    fn dual(self, who: u8, flags: u8, resume: &str) -> Self {
        let mut bytes = vec![DUAL | flags];
        bytes.extend(resume.as_bytes());
        self.command(0, who, &bytes)
    }

    fn single(self, who: u8, flags: u8, request: &lk::JoinRequest) -> Self {
        let mut bytes = vec![flags];
        bytes.extend(request.encode_to_vec());
        self.command(0, who, &bytes)
    }

    fn wait(mut self, millis: u16) -> Self {
        self.0.push(1);
        self.0.extend(millis.to_le_bytes());
        self
    }

    fn gone(self, who: u8) -> Self {
        self.command(2, who, &[])
    }

    fn bound(self) -> Self {
        self.command(3, 0, &[0, 3])
    }

    fn sfu(self, who: u8, what: u8, value: u8) -> Self {
        self.command(4, who, &[what, value])
    }

    fn core(self, who: u8, what: u8, value: u8) -> Self {
        self.command(5, who, &[what, 0, value])
    }

    fn say(self, who: u8, message: Request) -> Self {
        let message = Some(message);
        let bytes = lk::SignalRequest { message }.encode_to_vec();
        self.command(7, who, &bytes)
    }

    /// Two people on two connections each; the first shows a camera and speaks.
    fn visit() -> Self {
        Self::default()
            .dual(0, 0, "")
            .dual(1, 0, "")
            .sfu(0, 6, 0)
            .say(0, Request::Offer(sdp("offer")))
            .say(0, Request::AddTrack(track("cam", lk::TrackType::Video)))
            .say(0, Request::AddTrack(track("mic", lk::TrackType::Audio)))
            .bound()
            .bound()
    }
}

fn sdp(kind: &str) -> lk::SessionDescription {
    lk::SessionDescription {
        r#type: kind.into(),
        sdp: "v=0".into(),
        id: 1,
        ..Default::default()
    }
}

fn layer(quality: lk::VideoQuality, rid: &str) -> lk::VideoLayer {
    lk::VideoLayer {
        quality: quality as i32,
        width: 320,
        height: 180,
        bitrate: 150_000,
        rid: rid.into(),
        ..Default::default()
    }
}

fn track(cid: &str, kind: lk::TrackType) -> lk::AddTrackRequest {
    let layers = vec![
        layer(lk::VideoQuality::Low, "q"),
        layer(lk::VideoQuality::High, "f"),
    ];
    lk::AddTrackRequest {
        cid: cid.into(),
        name: cid.into(),
        r#type: kind as i32,
        source: lk::TrackSource::Camera as i32,
        width: 1280,
        height: 720,
        layers: layers.clone(),
        simulcast_codecs: vec![lk::SimulcastCodec {
            codec: "vp8".into(),
            cid: cid.into(),
            layers,
            ..Default::default()
        }],
        ..Default::default()
    }
}

fn subscription(track: &str, subscribe: bool) -> lk::UpdateSubscription {
    lk::UpdateSubscription {
        track_sids: vec![track.into()],
        subscribe,
        participant_tracks: vec![lk::ParticipantTracks {
            participant_sid: ANN.into(),
            track_sids: vec![track.into()],
        }],
    }
}

fn sync() -> lk::SyncState {
    lk::SyncState {
        answer: Some(sdp("answer")),
        subscription: Some(subscription(FIRST, false)),
        track_sids_disabled: vec![SECOND.into()],
        ..Default::default()
    }
}

/// At most one attribute: several are written in any order.
fn profile(name: &str, metadata: &str, attribute: Option<(&str, &str)>) -> Request {
    Request::UpdateMetadata(lk::UpdateParticipantMetadata {
        name: name.into(),
        metadata: metadata.into(),
        attributes: attribute
            .map(|(name, value)| (name.into(), value.into()))
            .into_iter()
            .collect(),
        request_id: 7,
    })
}

fn settings(track: &str) -> Request {
    Request::TrackSetting(lk::UpdateTrackSettings {
        track_sids: vec![track.into()],
        width: 640,
        height: 360,
        fps: 15,
        priority: 1,
        ..Default::default()
    })
}

/// Every story and its name.
pub(crate) fn all() -> Vec<(&'static str, Vec<u8>)> {
    let stories = [
        ("visit", receiving()),
        ("single", single()),
        ("resume", resume()),
        ("permission", permission()),
        ("profile", own_words()),
        ("moderated", moderated()),
        ("crowd", crowd()),
        ("layers", layers()),
        ("harm", harm()),
    ];
    stories.map(|(name, story)| (name, story.0)).into()
}

fn receiving() -> Story {
    Story::visit()
        .sfu(1, 2, 1)
        .say(1, Request::Answer(sdp("answer")))
        .say(1, settings(FIRST))
        .say(1, Request::Subscription(subscription(FIRST, false)))
        .say(1, Request::Subscription(subscription(FIRST, true)))
        .say(1, Request::Subscription(subscription("TR_none", true)))
        .sfu(1, 1, 0x80)
        .say(
            0,
            Request::Mute(lk::MuteTrackRequest {
                sid: SECOND.into(),
                muted: true,
            }),
        )
        .say(0, Request::PingReq(lk::Ping::default()))
        .say(0, Request::Ping(1))
        .sfu(0, 0, 0)
        .say(0, Request::Leave(lk::LeaveRequest::default()))
        .sfu(0, 3, 3)
}

fn single() -> Story {
    let request = lk::JoinRequest {
        client_info: Some(lk::ClientInfo::default()),
        connection_settings: Some(lk::ConnectionSettings {
            auto_subscribe: true,
            ..Default::default()
        }),
        add_track_requests: vec![track("cam", lk::TrackType::Video)],
        publisher_offer: Some(sdp("offer")),
        ..Default::default()
    };
    let back = lk::JoinRequest {
        reconnect: true,
        participant_sid: ANN.into(),
        sync_state: Some(sync()),
        ..request.clone()
    };
    Story::default()
        .single(0, PLAIN, &request)
        .single(1, PACKED, &request)
        .bound()
        .bound()
        .sfu(1, 2, 2)
        .say(1, Request::Answer(sdp("answer")))
        .gone(0)
        .wait(2_000)
        .single(0, PACKED, &back)
        .single(1, PLAIN, &back)
}

fn resume() -> Story {
    Story::visit()
        .gone(0)
        .sfu(0, 7, 0)
        .wait(5_000)
        .dual(0, 0, ANN)
        .say(0, Request::SyncState(sync()))
        .dual(1, 0, BOB)
        .say(1, Request::SyncState(sync()))
        .dual(2, 0, ANN)
        .gone(0)
        .wait(20_000)
}

fn permission() -> Story {
    let only = |track: &str| {
        Request::SubscriptionPermission(lk::SubscriptionPermission {
            all_participants: false,
            track_permissions: vec![lk::TrackPermission {
                participant_sid: BOB.into(),
                track_sids: vec![track.into()],
                ..Default::default()
            }],
        })
    };
    Story::visit()
        .say(0, only(FIRST))
        .say(1, Request::Subscription(subscription(SECOND, true)))
        .gone(1)
        .say(0, only(SECOND))
        .dual(1, 0, BOB)
        .say(
            0,
            Request::SubscriptionPermission(lk::SubscriptionPermission {
                all_participants: true,
                ..Default::default()
            }),
        )
}

fn own_words() -> Story {
    Story::visit()
        .say(0, profile("Ann", "{}", Some(("hand", "up"))))
        .say(0, profile("", "", Some(("role", "clinician"))))
        .say(0, profile("", "", Some(("hand", ""))))
        .say(0, profile(&"x".repeat(33), "", None))
        .say(0, profile("", &"x".repeat(65), None))
        .say(1, profile("", "", Some(("role", "super_admin"))))
        .dual(2, 8, "")
        .say(2, profile("Eve", "", None))
}

fn moderated() -> Story {
    Story::visit()
        .core(0, 3, 1)
        .core(0, 0, 0)
        .dual(2, 0, "")
        .core(2, 5, 0)
        .dual(2, 0, "")
        .core(1, 6, 0)
        .core(1, 2, 0)
        .core(0, 1, 0)
        .core(0, 4, 2)
        .dual(0, 0, "")
}

fn crowd() -> Story {
    let mut story = Story::default();
    for who in 0..6 {
        story = story
            .dual(who, 0, "")
            .say(who, Request::AddTrack(track("cam", lk::TrackType::Video)))
            .bound();
    }
    story
        .sfu(4, 5, 200)
        .sfu(3, 4, 30)
        .wait(2_000)
        .sfu(2, 5, 250)
        .say(3, settings(FIRST))
        .wait(200)
        .gone(0)
        .gone(1)
        .wait(20_000)
}

/// Names of layers that are far too long, at first and later.
#[expect(deprecated, reason = "clients still send UpdateLayers")]
fn layers() -> Story {
    let long = "f".repeat(1_500);
    let layers = vec![layer(lk::VideoQuality::High, &long); 3];
    let mut request = track("long", lk::TrackType::Video);
    request.layers.clone_from(&layers);
    let update = |track: &str, layers: &[lk::VideoLayer]| {
        Request::UpdateLayers(lk::UpdateVideoLayers {
            track_sid: track.into(),
            layers: layers.to_vec(),
        })
    };
    Story::visit()
        .say(0, update(FIRST, &[layer(lk::VideoQuality::Low, "q")]))
        .say(0, update(FIRST, &layers))
        .say(0, Request::AddTrack(request))
}

/// What no client of ours says.
fn harm() -> Story {
    let long = lk::SessionDescription {
        sdp: "v".repeat(300),
        ..sdp("offer")
    };
    Story::visit()
        .say(1, Request::Offer(long))
        .say(1, settings("TR_none"))
        .say(1, Request::Mute(lk::MuteTrackRequest::default()))
        .dual(2, 2, "")
        .say(2, Request::AddTrack(track("cam", lk::TrackType::Data)))
        .say(0, Request::AddTrack(track("cam", lk::TrackType::Data)))
        .say(0, Request::AddTrack(track("", lk::TrackType::Video)))
        .command(7, 2, &[0xff; 9])
        .command(6, 1, &[0])
        .say(0, Request::Offer(sdp("offer")))
        .command(0, 3, b"\x40\x08\x01\x12\x04junk")
        .command(0, 3, b"\x50####")
        .sfu(0, 3, 2)
        .dual(0, 0, "")
}
