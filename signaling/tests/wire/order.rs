//! Order in a room, and what becomes of clients that break it or meet a full or fresh server.

use bus::media::{FromSfu, RefusalReason, ToSfu, TrackSid};
use bus::moderation::{MediaSource, RoomCommand, RoomLock, RoomReply};
use domain::{Clock as _, SystemClock};
use livekit_protocol as lk;
use lk::DisconnectReason as Reason;
use lk::leave_request::Action;
use lk::signal_request::Message as Request;
use lk::signal_response::Message as Response;
use tokio_tungstenite::tungstenite::protocol::Message;

use crate::client::{Client, Heard};
use crate::node::{ANN, BOB, Node, OTHER_VISIT, VISIT};
use crate::stories::{get, pong};

/// What the door says to somebody with a good token.
async fn knock(node: &Node, room: &str, identity: &str) -> String {
    let token = node.token(room, identity);
    get(node, &format!("/rtc/validate?access_token={token}"), "").await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lock_shuts_the_door_and_says_why() {
    let node = Node::start().await;
    let (mut ann, _) = Client::join(&node, VISIT, ANN).await;
    let visit = VISIT.parse().expect("visit");
    let lock = RoomLock {
        since: SystemClock.now(),
        keep: vec![],
    };
    let reply = node.moderate(&RoomCommand::Lock { visit, lock }).await;
    assert_eq!(reply, RoomReply::Done);
    let shown = ann.until(|message| match message {
        Response::RoomUpdate(update) => update.room.map(|room| room.metadata),
        _ => None,
    });
    assert_eq!(shown.await, "{\"locked\":true}");
    let answer = knock(&node, VISIT, BOB).await;
    assert!(answer.starts_with("http/1.1 403"), "{answer}");
    assert!(
        answer.ends_with("room_locked: the room is locked"),
        "{answer}"
    );
    let url = format!("/rtc?access_token={}", node.token(VISIT, BOB));
    let refused = Client::connect(&node.url(&url)).await.err();
    assert_eq!(refused.map(|status| status.as_u16()), Some(403));
    // Who is inside opens a second tab.
    let (mut ann, _) = Client::join(&node, VISIT, ANN).await;
    node.moderate(&RoomCommand::Unlock { visit }).await;
    let (mut bob, _) = Client::join(&node, VISIT, BOB).await;
    pong(&mut ann).await;
    pong(&mut bob).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_moderator_mutes_and_removes() {
    let mut node = Node::start().await;
    let (mut ann, join) = Client::join(&node, VISIT, ANN).await;
    let sid = join.participant.expect("participant").sid;
    assert!(matches!(node.told_sfu().await, ToSfu::Open { .. }));
    let microphone = lk::AddTrackRequest {
        cid: "mic".into(),
        r#type: lk::TrackType::Audio as i32,
        source: lk::TrackSource::Microphone as i32,
        ..Default::default()
    };
    ann.say(Request::AddTrack(microphone)).await;
    let track = ann.until(|message| match message {
        Response::TrackPublished(published) => published.track,
        _ => None,
    });
    let track: TrackSid = track.await.sid.into();
    assert!(matches!(node.told_sfu().await, ToSfu::Publish { .. }));
    let (visit, account) = (VISIT.parse().expect("visit"), ANN.parse().expect("account"));
    let mute = RoomCommand::Mute {
        visit,
        account,
        source: MediaSource::Microphone,
    };
    assert_eq!(node.moderate(&mute).await, RoomReply::Done);
    let muted = ann.until(|message| match message {
        Response::Mute(request) => Some(request),
        _ => None,
    });
    let muted = muted.await;
    assert_eq!((muted.sid.as_str(), muted.muted), (&*track, true));
    assert!(matches!(
        node.told_sfu().await,
        ToSfu::SetMuted { muted: true, participant, .. } if *participant == *sid
    ));
    let remove = RoomCommand::Remove { visit, account };
    assert_eq!(node.moderate(&remove).await, RoomReply::Done);
    let leave = ann.leave().await;
    assert_eq!(leave.reason, Reason::ParticipantRemoved as i32);
    assert_eq!(leave.action, Action::Disconnect as i32);
    assert!(matches!(ann.hear().await, Heard::Close(1000)));
    let answer = knock(&node, VISIT, ANN).await;
    assert!(answer.starts_with("http/1.1 403"), "{answer}");
    assert!(answer.contains("not_admitted: "), "{answer}");
    assert_eq!(node.moderate(&mute).await, RoomReply::NotThere);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_ends_the_session_that_makes_it_and_no_other() {
    let node = Node::start().await;
    let (mut bob, _) = Client::join(&node, VISIT, BOB).await;
    for frame in [
        // An empty SignalRequest, which decodes to nothing.
        Message::Binary(vec![].into()),
        // Control frames are answered below the rooms, and count as well.
        Message::Ping(vec![0; 100].into()),
    ] {
        let (mut ann, _) = Client::join(&node, VISIT, ANN).await;
        for _ in 0..2_000 {
            // The server stops reading in the middle of it.
            if !ann.try_send(frame.clone()).await {
                break;
            }
        }
        let leave = ann.leave().await;
        assert_eq!(leave.action, Action::Disconnect as i32);
        let heard = ann.hear().await;
        assert!(matches!(heard, Heard::Close(4429)), "{heard:?}");
        pong(&mut bob).await;
    }
    let metrics = get(&node, "/metrics", "").await;
    let counted = "bedside_signaling_floods_total 2";
    assert!(metrics.contains(counted), "{metrics}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_node_says_so_and_takes_no_new_visit() {
    let mut node = Node::start().await;
    let (mut bob, _) = Client::join(&node, OTHER_VISIT, BOB).await;
    let (mut ann, join) = Client::join(&node, VISIT, ANN).await;
    for _ in 0..2 {
        assert!(matches!(node.told_sfu().await, ToSfu::Open { .. }));
    }
    node.sfu_says(&FromSfu::Refused {
        room: VISIT.into(),
        participant: join.participant.expect("participant").sid.into(),
        reason: RefusalReason::Packets,
    });
    let leave = ann.leave().await;
    assert_eq!(leave.action, Action::Reconnect as i32);
    assert_eq!(leave.reason, Reason::JoinFailure as i32);
    assert!(matches!(ann.hear().await, Heard::Close(4503)));
    let answer = knock(&node, VISIT, ANN).await;
    assert!(answer.starts_with("http/1.1 503"), "{answer}");
    assert!(answer.contains("retry-after: 2"), "{answer}");
    assert!(
        answer.contains("overloaded: the server is full"),
        "{answer}"
    );
    // The visit under way is not touched, and takes its people.
    pong(&mut bob).await;
    let answer = knock(&node, OTHER_VISIT, ANN).await;
    assert!(answer.starts_with("http/1.1 200"), "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_crash_clients_are_sent_into_a_new_room() {
    let node = Node::start().await;
    let (ann, join) = Client::join(&node, VISIT, ANN).await;
    let sid = join.participant.expect("participant").sid;
    let node = node.successor().await;
    ann.cut();
    // Both paths: the client wants its session back, and hears that it is to begin afresh.
    let token = node.token(VISIT, ANN);
    let url = node.url(&format!("/rtc?access_token={token}&reconnect=1&sid={sid}"));
    let mut ann = Client::connect(&url).await.expect("let in");
    let first = ann.message().await;
    let Response::Leave(leave) = first else {
        panic!("Leave must be first: {first:?}");
    };
    assert_eq!(leave.action, Action::Reconnect as i32);
    assert_eq!(leave.reason, Reason::StateMismatch as i32);
    assert!(leave.can_reconnect, "for clients older than `action`");
    assert!(matches!(ann.hear().await, Heard::Close(1000)));
    let (_, again) = Client::join(&node, VISIT, ANN).await;
    assert_ne!(again.participant.expect("participant").sid, sid);
}
