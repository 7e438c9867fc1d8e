use std::io::Write as _;

use auth::{Key, SystemEntropy};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bus::command::{CoreReply, MediaToken, RoomStatus};
use bus::event::{Event, Positioned, Published};
use bus::journal::{Happening, LeaveCause};
use bus::media::{Connections, FromSfu, ToSfu};
use domain::{Clock as _, SystemClock, VisitState};
use flate2::write::GzEncoder;
use jiff::SignedDuration;
use livekit_protocol as lk;
use lk::leave_request::Action;
use lk::participant_info::State;
use lk::signal_request::Message as Request;
use lk::signal_response::Message as Response;
use prost::Message as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio_tungstenite::tungstenite::protocol::Message;

use crate::client::{Client, Heard};
use crate::node::{ANN, BOB, Core, Node, OTHER_VISIT, VISIT, mint, soon};

/// How the journal says that somebody said goodbye.
const LEFT: Happening = Happening::Left {
    cause: LeaveCause::Client,
};

/// A plain GET: status line, head and body.
pub(crate) async fn get(node: &Node, path: &str, header: &str) -> String {
    let mut stream = tokio::net::TcpStream::connect(node.address)
        .await
        .expect("connected");
    let request =
        format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n{header}\r\n");
    stream.write_all(request.as_bytes()).await.expect("sent");
    let mut answer = String::new();
    soon("the answer", stream.read_to_string(&mut answer))
        .await
        .expect("read");
    answer.to_lowercase()
}

pub(crate) async fn pong(client: &mut Client) {
    client.say(Request::Ping(1)).await;
    client
        .until(|message| matches!(message, Response::Pong(_)).then_some(()))
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_that_do_not_count_are_refused_readably() {
    let node = Node::start().await;
    let (now, hour) = (SystemClock.now(), SignedDuration::from_hours(1));
    let foreign = Key::generate(&SystemEntropy).expect("key");
    for (token, why) in [
        (String::new(), "an access token is required"),
        ("noise".to_owned(), "not valid"),
        (
            node.token_between(VISIT, ANN, now - hour, now - SignedDuration::from_secs(1)),
            "has expired",
        ),
        (
            node.token_between(VISIT, ANN, now + hour, now + hour * 2),
            "not valid yet",
        ),
        (
            mint(&foreign, VISIT, ANN, now - hour, now + hour),
            "not valid",
        ),
    ] {
        for path in ["/rtc", "/rtc/v1"] {
            let url = node.url(&format!("{path}?access_token={token}"));
            assert_eq!(
                Client::connect(&url)
                    .await
                    .err()
                    .map(|status| status.as_u16()),
                Some(401)
            );
            // A page cannot see that status, so it asks again here.
            let answer = get(&node, &format!("{path}/validate?access_token={token}"), "").await;
            assert!(answer.starts_with("http/1.1 401"), "{answer}");
            assert!(
                answer.contains("access-control-allow-origin: *"),
                "{answer}"
            );
            assert!(answer.contains(why), "{answer}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_good_token_validates_in_query_and_header() {
    let node = Node::start().await;
    let token = node.token(VISIT, ANN);
    let answer = get(&node, &format!("/rtc/validate?access_token={token}"), "").await;
    assert!(answer.starts_with("http/1.1 200"), "{answer}");
    let header = format!("authorization: Bearer {token}\r\n");
    let answer = get(&node, "/rtc/validate", &header).await;
    assert!(answer.starts_with("http/1.1 200"), "{answer}");
    // The other path needs its join request, and says so.
    let answer = get(&node, "/rtc/v1/validate?join_request=%25", &header).await;
    assert!(
        answer.starts_with("http/1.1 400") && answer.contains("base64url"),
        "{answer}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn two_people_meet_and_part() {
    let mut node = Node::start().await;
    let (mut ann, first) = Client::join(&node, VISIT, ANN).await;
    let me = first.participant.expect("participant");
    assert!(matches!(
        node.told_sfu().await,
        ToSfu::Open { connections: Connections::Dual, participant, .. } if *participant == *me.sid
    ));
    node.sfu_says(&FromSfu::Offer {
        room: VISIT.into(),
        participant: me.sid.as_str().into(),
        id: 1,
        sdp: "v=0".into(),
        mid_to_track: vec![],
    });
    let id = ann.until(|message| match message {
        Response::Offer(offer) => Some(offer.id),
        _ => None,
    });
    let id = id.await;
    let answer = lk::SessionDescription {
        r#type: "answer".into(),
        sdp: "v=0".into(),
        id,
        ..Default::default()
    };
    ann.say(Request::Answer(answer)).await;
    assert!(matches!(node.told_sfu().await, ToSfu::Answer { id: 1, .. }));

    let (mut bob, second) = Client::join(&node, VISIT, BOB).await;
    assert_eq!(second.other_participants[0].sid, me.sid);
    let bob_sid = second.participant.expect("participant").sid;
    let wanted = bob_sid.clone();
    ann.until(move |message| match message {
        Response::Update(update) => (update.participants[0].sid == wanted).then_some(()),
        _ => None,
    })
    .await;
    bob.say(Request::Leave(lk::LeaveRequest::default())).await;
    assert!(matches!(bob.hear().await, Heard::Close(1000)));
    ann.until(move |message| match message {
        Response::Update(update) => {
            let gone = &update.participants[0];
            (gone.sid == bob_sid && gone.state == State::Disconnected as i32).then_some(())
        }
        _ => None,
    })
    .await;
    let mut facts = Vec::new();
    for _ in 0..3 {
        facts.push(node.fact().await);
    }
    assert_eq!(
        facts,
        [(Happening::Joined, 1), (Happening::Joined, 2), (LEFT, 3)]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_of_another_visit_opens_that_visit_only() {
    let node = Node::start().await;
    let (_ann, join) = Client::join(&node, VISIT, ANN).await;
    let sid = join.participant.expect("participant").sid;
    let (_bob, join) = Client::join(&node, OTHER_VISIT, BOB).await;
    assert!(join.other_participants.is_empty());
    assert_eq!(join.room.expect("room").name, OTHER_VISIT);
    // Nor does it resume a session of the first one.
    let token = node.token(OTHER_VISIT, ANN);
    let url = node.url(&format!("/rtc?access_token={token}&reconnect=1&sid={sid}"));
    let mut astray = Client::connect(&url).await.expect("let in");
    let leave = astray.leave().await;
    assert_eq!(leave.action, Action::Reconnect as i32);
    assert_eq!(leave.reason, lk::DisconnectReason::StateMismatch as i32);
}

#[tokio::test(flavor = "multi_thread")]
async fn malformed_messages_end_one_session_and_no_other() {
    let node = Node::start().await;
    let (mut bob, _) = Client::join(&node, VISIT, BOB).await;
    for (message, code) in [
        (Message::Binary(vec![0xff; 64].into()), 4400),
        // A SignalRequest whose offer is cut off.
        (Message::Binary(vec![0x0a, 0x7f, 0x0a].into()), 4400),
        (Message::Text("{\"ping\":1}".into()), 1003),
        (Message::Binary(vec![0; 600 * 1024].into()), 1009),
    ] {
        let (mut ann, _) = Client::join(&node, VISIT, ANN).await;
        ann.send(message).await;
        let leave = ann.leave().await;
        assert_eq!(leave.action, Action::Disconnect as i32);
        let heard = ann.hear().await;
        assert!(
            matches!(heard, Heard::Close(found) if found == code),
            "{code}: {heard:?}"
        );
        pong(&mut bob).await;
    }
    // A message of a newer protocol is not an error: field 100, varint.
    let (mut ann, _) = Client::join(&node, VISIT, ANN).await;
    ann.send(Message::Binary(vec![0xa0, 0x06, 0x01].into()))
        .await;
    pong(&mut ann).await;
    let metrics = get(&node, "/metrics", "").await;
    assert!(
        metrics.contains("bedside_signaling_malformed_total 4"),
        "{metrics}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_second_tab_of_a_person_wins() {
    let node = Node::start().await;
    let (mut first, _) = Client::join(&node, VISIT, ANN).await;
    let (mut second, _) = Client::join(&node, VISIT, ANN).await;
    let leave = first.leave().await;
    assert_eq!(leave.reason, lk::DisconnectReason::DuplicateIdentity as i32);
    assert!(matches!(first.hear().await, Heard::Close(1000)));
    pong(&mut second).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cut_connection_resumes() {
    let mut node = Node::start().await;
    let (ann, join) = Client::join(&node, VISIT, ANN).await;
    let sid = join.participant.expect("participant").sid;
    ann.cut();
    let token = node.token(VISIT, ANN);
    let url = node.url(&format!("/rtc?access_token={token}&reconnect=1&sid={sid}"));
    let mut ann = Client::connect(&url).await.expect("let in");
    let first = ann.message().await;
    assert!(matches!(first, Response::Reconnect(_)), "{first:?}");
    pong(&mut ann).await;
    assert!(matches!(node.told_sfu().await, ToSfu::Open { .. }));
    assert!(matches!(node.told_sfu().await, ToSfu::Resume { .. }));
    assert_eq!(node.fact().await.0, Happening::Joined);
    assert_eq!(node.fact().await.0, Happening::Resumed);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_join_request_carries_the_first_offer() {
    let mut node = Node::start().await;
    let request = lk::JoinRequest {
        publisher_offer: Some(lk::SessionDescription {
            r#type: "offer".into(),
            sdp: "v=0".into(),
            id: 7,
            ..Default::default()
        }),
        ..Default::default()
    };
    let mut gzip = GzEncoder::new(Vec::new(), flate2::Compression::default());
    gzip.write_all(&request.encode_to_vec()).expect("written");
    let wrapped = lk::WrappedJoinRequest {
        compression: lk::wrapped_join_request::Compression::Gzip as i32,
        join_request: gzip.finish().expect("packed"),
    };
    let encoded = URL_SAFE_NO_PAD.encode(wrapped.encode_to_vec());
    let token = node.token(VISIT, ANN);
    let url = node.url(&format!(
        "/rtc/v1?access_token={token}&join_request={encoded}"
    ));
    let mut ann = Client::connect(&url).await.expect("let in");
    let first = ann.message().await;
    assert!(
        matches!(&first, Response::Join(join) if !join.subscriber_primary),
        "{first:?}"
    );
    assert!(matches!(
        node.told_sfu().await,
        ToSfu::Open {
            connections: Connections::Single,
            ..
        }
    ));
    assert!(matches!(node.told_sfu().await, ToSfu::Offer { id: 7, .. }));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_end_of_a_visit_closes_its_room_and_its_door() {
    let node = Node::start().await;
    let (mut ann, _) = Client::join(&node, VISIT, ANN).await;
    let completed = Event::VisitStateChanged {
        visit: VISIT.parse().expect("visit"),
        clinic: "01900000-0000-7000-8000-00000000000c"
            .parse()
            .expect("clinic"),
        patient: None,
        from: VisitState::InProgress,
        to: VisitState::Completed,
        at: SystemClock.now(),
        by: None,
        queue: vec![],
    };
    let event = Positioned {
        position: 1,
        event: completed,
    };
    node.events
        .publish(&Published::Event(event))
        .expect("published");
    let leave = ann.leave().await;
    assert_eq!(leave.reason, lk::DisconnectReason::RoomDeleted as i32);
    assert_eq!(leave.action, Action::Disconnect as i32);
    let url = format!("/rtc?access_token={}", node.token(VISIT, ANN));
    assert_eq!(
        Client::connect(&node.url(&url))
            .await
            .err()
            .map(|status| status.as_u16()),
        Some(403)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sweep_removes_whoever_core_api_does_not_allow() {
    let node = Node::start().await;
    node.core.send_replace(Core {
        rooms: vec![RoomStatus {
            visit: VISIT.parse().expect("visit"),
            state: VisitState::InProgress,
            allowed: vec![BOB.parse().expect("account")],
            lock: None,
        }],
        ..Core::default()
    });
    let (mut bob, _) = Client::join(&node, VISIT, BOB).await;
    let (mut ann, _) = Client::join(&node, VISIT, ANN).await;
    let leave = ann.leave().await;
    assert_eq!(
        leave.reason,
        lk::DisconnectReason::ParticipantRemoved as i32
    );
    pong(&mut bob).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn facts_are_repeated_in_order_until_they_are_stored() {
    let mut node = Node::start().await;
    node.core.send_replace(Core {
        fact: Some(CoreReply::Unavailable),
        ..Core::default()
    });
    let (mut ann, _) = Client::join(&node, VISIT, ANN).await;
    ann.say(Request::Leave(lk::LeaveRequest::default())).await;
    let mut joined = 0;
    while joined < 3 {
        joined += u32::from(node.fact().await == (Happening::Joined, 1));
    }
    node.core.send_replace(Core::default());
    while node.fact().await != (LEFT, 2) {}
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_connect_anew_when_the_sfu_went() {
    let mut node = Node::start().await;
    let (mut ann, _) = Client::join(&node, VISIT, ANN).await;
    node.stop_sfu().await;
    assert_eq!(ann.leave().await.action, Action::Reconnect as i32);
    let url = node.url(&format!("/rtc?access_token={}", node.token(VISIT, ANN)));
    assert_eq!(
        Client::connect(&url)
            .await
            .err()
            .map(|status| status.as_u16()),
        Some(503)
    );
    node.start_sfu().await;
    let (mut ann, _) = Client::join(&node, VISIT, ANN).await;
    pong(&mut ann).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_does_not_read_is_cut_and_can_resume() {
    let node = Node::start().await;
    let (slow, join) = Client::join(&node, VISIT, ANN).await;
    let sid = join.participant.expect("participant").sid;
    // Far more than the sockets' buffers and the queue hold.
    let offer = FromSfu::Offer {
        room: VISIT.into(),
        participant: sid.as_str().into(),
        id: 1,
        sdp: "x".repeat(50 * 1024),
        mid_to_track: vec![],
    };
    let cut = async {
        loop {
            node.sfu_says(&offer);
            let metrics = get(&node, "/metrics", "").await;
            if metrics.contains("bedside_signaling_slow_total 1") {
                break;
            }
        }
    };
    soon("the cut", cut).await;
    let token = node.token(VISIT, ANN);
    let url = node.url(&format!("/rtc?access_token={token}&reconnect=1&sid={sid}"));
    let mut ann = Client::connect(&url).await.expect("let in");
    assert!(matches!(ann.message().await, Response::Reconnect(_)));
    drop(slow);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_about_to_expire_is_renewed_when_core_api_gives_another() {
    let mut node = Node::start().await;
    let (visit, ann_id) = (VISIT.parse().expect("visit"), ANN.parse().expect("account"));
    node.core.send_modify(|core| {
        core.rooms = vec![RoomStatus {
            visit,
            state: VisitState::InProgress,
            allowed: vec![ann_id],
            lock: None,
        }];
    });
    let now = SystemClock.now();
    let minute = SignedDuration::from_mins(1);
    let old = node.token_between(VISIT, ANN, now - minute, now + minute);
    let url = node.url(&format!("/rtc?access_token={old}"));
    let mut ann = Client::connect(&url).await.expect("let in");
    // Refused: the client goes on with what it has, and core-api is asked again.
    assert_eq!(node.renewal().await, (visit, ann_id));
    let expires_at = now + minute * 10;
    let fresh = node.token_between(VISIT, ANN, now, expires_at);
    node.core.send_modify(|core| {
        core.token = Some(CoreReply::Token {
            token: MediaToken::new(fresh.clone()),
            expires_at,
        });
    });
    assert_eq!(node.renewal().await, (visit, ann_id));
    let heard = ann.until(|message| match message {
        Response::RefreshToken(token) => Some(token),
        _ => None,
    });
    assert_eq!(
        heard.await,
        fresh,
        "the first one, nothing came of the refusal"
    );
    let answer = get(&node, &format!("/rtc/validate?access_token={fresh}"), "").await;
    assert!(answer.starts_with("http/1.1 200"), "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_stop_of_the_server_tells_clients_and_leaves_no_task_behind() {
    let node = Node::start().await;
    let (mut ann, _) = Client::join(&node, VISIT, ANN).await;
    let (_silent, _) = Client::join(&node, VISIT, BOB).await;
    assert!(node.stop().await);
    let leave = ann.leave().await;
    assert_eq!(leave.action, Action::Reconnect as i32);
    assert_eq!(leave.reason, lk::DisconnectReason::ServerShutdown as i32);
}
