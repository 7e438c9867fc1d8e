//! Sending, acknowledging, resuming, reading back.

mod common;

use common::client::{Client, seqs, text};
use common::node::{World, token};
use common::{cast, clinician, conv, coordinator, feed, moved, patient, session, soon, stranger};
use domain::{ErrorCode, VisitState};
use jiff::SignedDuration;
use protocol::{Body, ClientMessage, ConversationKind, Event, MAX_TEXT, ServerMessage};
use serde_json::Value;
use uuid::Uuid;

fn name(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_is_stored_once_acknowledged_and_passed_on() {
    let world = World::new().await;
    let core = world.relay().await;
    core.tell(cast()).await;
    let node = world.start().await;
    node.ready().await;
    core.applied().await;
    let mut patient = Client::connect(&node, patient()).await;
    let mut clinician = Client::connect(&node, clinician()).await;
    assert_eq!(patient.heads.len(), 1);
    let head = &patient.heads[0];
    assert_eq!((head.conv, head.kind), (conv(1), ConversationKind::Visit));
    assert_eq!(clinician.heads.len(), 2, "the visit and the waiting room");
    for client in [&mut patient, &mut clinician] {
        assert_eq!(client.resume(conv(1), 0).await, Ok(vec![]));
    }
    let words = "It hurts here — since Tuesday";
    assert_eq!(patient.write(conv(1), name(1), words).await, Ok((1, false)));
    let event = clinician.event().await;
    assert_eq!((event.conv, event.seq, text(&event)), (conv(1), 1, words));
    // Repeated, also with other words: the first storage counts.
    assert_eq!(patient.write(conv(1), name(1), "x").await, Ok((1, true)));
    // Another sender's name for a message is another message.
    assert_eq!(
        clinician.write(conv(1), name(1), "ok").await,
        Ok((2, false))
    );
    let mut again = Client::connect(&node, patient.account).await;
    let events = again.resume(conv(1), 0).await.expect("resumed");
    assert_eq!(events.iter().map(text).collect::<Vec<_>>(), [words, "ok"]);
    let sent = "select count(*) from audit.event where action = 'send' and outcome = 'success'";
    assert_eq!(world.count(sent).await, 2);
    let sealed =
        "select count(*) from chat.event where position(convert_to('Tuesday', 'UTF8') in body) > 0";
    assert_eq!(world.count(sealed).await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn concurrent_senders_are_put_in_one_order_that_all_see() {
    const EACH: u64 = 40;
    let world = World::new().await;
    let core = world.relay().await;
    core.tell(cast()).await;
    let node = world.start().await;
    node.ready().await;
    core.applied().await;
    let mut readers = Vec::new();
    for account in [patient(), clinician(), clinician()] {
        let mut reader = Client::connect(&node, account).await;
        reader.resume(conv(1), 0).await.expect("resumed");
        readers.push(reader);
    }
    let mut writers = tokio::task::JoinSet::new();
    for (index, account) in [patient(), clinician(), patient(), clinician()]
        .into_iter()
        .enumerate()
    {
        let mut writer = Client::connect(&node, account).await;
        writers.spawn(async move {
            let mut last = 0;
            for number in 0..EACH {
                let name = name((index as u128) << 32 | u128::from(number));
                let (seq, duplicate) = writer.write(conv(1), name, "x").await.expect("stored");
                assert!(seq > last && !duplicate);
                last = seq;
            }
        });
    }
    for mut reader in readers {
        for expected in 1..=4 * EACH {
            assert_eq!(reader.event().await.seq, expected);
        }
    }
    while let Some(writer) = writers.join_next().await {
        writer.expect("wrote");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_resume_gets_exactly_what_followed_and_then_goes_on() {
    let world = World::new().await;
    let core = world.relay().await;
    core.tell(cast()).await;
    let node = world.start().await;
    node.ready().await;
    core.applied().await;
    let mut writer = Client::connect(&node, clinician()).await;
    for number in 1..=230 {
        let stored = writer
            .write(conv(1), name(number), &number.to_string())
            .await;
        assert_eq!(stored, Ok((u64::try_from(number).expect("small"), false)));
    }
    let mut reader = Client::connect(&node, patient()).await;
    assert_eq!(reader.heads[0].head, 230);
    let events = reader.resume(conv(1), 7).await.expect("resumed");
    assert_eq!(seqs(&events), (8..=230).collect::<Vec<_>>());
    writer
        .write(conv(1), name(231), "live")
        .await
        .expect("stored");
    assert_eq!(reader.event().await.seq, 231);
    // Asking again from an earlier place, on the same socket.
    let events = reader.resume(conv(1), 229).await.expect("resumed");
    assert_eq!(seqs(&events), [230, 231]);
    // A client ahead of the server must read the history.
    assert_eq!(
        reader.resume(conv(1), 999).await,
        Err(ServerMessage::Resync {
            conv: conv(1),
            head: 231
        })
    );
}

/// `GET` of the history: status and body.
async fn history(node: &common::node::Node, path: &str, token: Option<&str>) -> (u16, Value) {
    let mut request =
        reqwest::Client::new().get(format!("http://{}/chat/conversations/{path}", node.address));
    if let Some(token) = token {
        request = request.bearer_auth(token);
    }
    let response = soon("the history", request.send()).await.expect("answered");
    let status = response.status().as_u16();
    (status, response.json().await.expect("JSON"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_gap_too_long_for_the_socket_is_read_from_the_history() {
    let world = World::new().await;
    let core = world.relay().await;
    core.tell(cast()).await;
    let node = world.start().await;
    node.ready().await;
    core.applied().await;
    let mut writer = Client::connect(&node, clinician()).await;
    for number in 1..=510 {
        writer
            .write(conv(1), name(number), "x")
            .await
            .expect("stored");
    }
    let mut reader = Client::connect(&node, patient()).await;
    let resync = ServerMessage::Resync {
        conv: conv(1),
        head: 510,
    };
    assert_eq!(reader.resume(conv(1), 0).await, Err(resync));
    let bearer = token(patient(), session(1), SignedDuration::from_mins(4));
    let reads = "select count(*) from audit.event where action = 'read' and outcome = 'success'";
    let before = world.count(reads).await;
    let mut found: Vec<u64> = Vec::new();
    let mut cursor = Value::Null;
    loop {
        let query = match &cursor {
            Value::Null => "?limit=200".to_owned(),
            before => format!("?limit=200&before={before}"),
        };
        let path = format!("{}/events{query}", conv(1));
        let (status, page) = history(&node, &path, Some(&bearer)).await;
        assert_eq!(status, 200, "{page}");
        let items: Vec<Event> = serde_json::from_value(page["items"].clone()).expect("events");
        found.splice(0..0, seqs(&items));
        cursor = page["next_cursor"].clone();
        if cursor.is_null() {
            break;
        }
    }
    assert_eq!(found, (1..=510).collect::<Vec<_>>());
    assert_eq!(world.count(reads).await - before, 3, "one row a page");
    assert_eq!(reader.resume(conv(1), 510).await, Ok(vec![]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_history_needs_a_token_a_membership_and_sound_parameters() {
    let world = World::new().await;
    let core = world.relay().await;
    core.tell(cast()).await;
    let node = world.start().await;
    node.ready().await;
    core.applied().await;
    let minutes = SignedDuration::from_mins(4);
    let mine = token(patient(), session(1), minutes);
    let foreign = token(stranger(), session(2), minutes);
    let expired = token(patient(), session(1), SignedDuration::from_secs(-1));
    let path = format!("{}/events", conv(1));
    for (path, token, status, code) in [
        (path.as_str(), None, 401, "unauthenticated"),
        (path.as_str(), Some(&expired), 401, "unauthenticated"),
        (path.as_str(), Some(&foreign), 404, "not_a_member"),
        ("nonsense/events", Some(&mine), 404, "not_a_member"),
        (
            &format!("{}/events", conv(9)),
            Some(&mine),
            404,
            "not_a_member",
        ),
        (
            &format!("{path}?limit=0"),
            Some(&mine),
            400,
            "invalid_request",
        ),
        (
            &format!("{path}?limit=201"),
            Some(&mine),
            400,
            "invalid_request",
        ),
        (
            &format!("{path}?after=1"),
            Some(&mine),
            400,
            "invalid_request",
        ),
    ] {
        let (answered, problem) = history(&node, path, token.map(String::as_str)).await;
        assert_eq!(
            (answered, problem["code"].as_str()),
            (status, Some(code)),
            "{path}"
        );
    }
    let denied =
        "select count(*) from audit.event where outcome = 'denied' and code = 'not_a_member'";
    assert_eq!(world.count(denied).await, 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stranger_gets_nothing_and_every_try_is_on_record() {
    let world = World::new().await;
    let core = world.relay().await;
    core.tell(cast()).await;
    let node = world.start().await;
    node.ready().await;
    core.applied().await;
    let mut stranger = Client::connect(&node, stranger()).await;
    assert!(stranger.heads.is_empty());
    let written = stranger.write(conv(1), name(1), "x").await;
    assert_eq!(written, Err(ErrorCode::NotAMember));
    let not_a_member = |message: &ServerMessage| {
        matches!(message, ServerMessage::Error { code: ErrorCode::NotAMember, conv: Some(id), .. }
            if *id == conv(1))
    };
    let refused = stranger.resume(conv(1), 0).await.expect_err("refused");
    assert!(not_a_member(&refused));
    for message in [
        ClientMessage::Read {
            conv: conv(1),
            upto: 1,
        },
        ClientMessage::Typing { conv: conv(1) },
    ] {
        stranger.send(&message).await;
        assert!(not_a_member(&stranger.receive().await));
    }
    // Send, resume and read reach the database; typing never does.
    let denied = "select count(*) from audit.event where outcome = 'denied'";
    assert_eq!(world.count(denied).await, 3);
    assert_eq!(world.count("select count(*) from chat.event").await, 0);
    // Nobody writes to the waiting room's feed, members neither.
    let mut coordinator = Client::connect(&node, coordinator()).await;
    let written = coordinator.write(feed(), name(1), "x").await;
    assert_eq!(written, Err(ErrorCode::Forbidden));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn text_has_its_limits_and_the_socket_survives_them() {
    let world = World::new().await;
    let core = world.relay().await;
    core.tell(cast()).await;
    let node = world.start().await;
    node.ready().await;
    core.applied().await;
    let mut patient = Client::connect(&node, patient()).await;
    patient.resume(conv(1), 0).await.expect("resumed");
    let too_long = "x".repeat(MAX_TEXT + 1);
    let written = patient.write(conv(1), name(1), &too_long).await;
    assert_eq!(written, Err(ErrorCode::TooLarge));
    let written = patient.write(conv(1), name(2), " \n ").await;
    assert_eq!(written, Err(ErrorCode::InvalidField));
    // The longest text, of characters that JSON spells with six.
    let longest = "\u{1}".repeat(MAX_TEXT / 6);
    assert_eq!(
        patient.write(conv(1), name(3), &longest).await,
        Ok((1, false))
    );
    let events = patient.resume(conv(1), 0).await.expect("resumed");
    assert_eq!(events.iter().map(text).collect::<Vec<_>>(), [longest]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_finished_visit_is_closed_for_writing_and_open_for_reading() {
    let world = World::new().await;
    let core = world.relay().await;
    core.tell(cast()).await;
    let node = world.start().await;
    node.ready().await;
    core.applied().await;
    let mut patient = Client::connect(&node, patient()).await;
    patient.resume(conv(1), 0).await.expect("resumed");
    assert_eq!(patient.write(conv(1), name(1), "bye").await, Ok((1, false)));
    core.tell([moved(1, VisitState::Completed, &[])]).await;
    while patient.event().await.body != Body::Closed {}
    let written = patient.write(conv(1), name(2), "wait").await;
    assert_eq!(written, Err(ErrorCode::ConversationClosed));
    assert_eq!(patient.write(conv(1), name(1), "bye").await, Ok((1, true)));
    let events = patient.resume(conv(1), 0).await.expect("resumed");
    assert_eq!(seqs(&events), [1, 2, 3]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn markers_and_typing_are_passed_on() {
    let world = World::new().await;
    let core = world.relay().await;
    core.tell(cast()).await;
    let node = world.start().await;
    node.ready().await;
    core.applied().await;
    let mut patient = Client::connect(&node, patient()).await;
    let mut clinician = Client::connect(&node, clinician()).await;
    for client in [&mut patient, &mut clinician] {
        client.resume(conv(1), 0).await.expect("resumed");
    }
    patient.send(&ClientMessage::Typing { conv: conv(1) }).await;
    let typing = ServerMessage::Typing {
        conv: conv(1),
        account: patient.account,
    };
    assert_eq!(clinician.receive().await, typing);
    patient.write(conv(1), name(1), "x").await.expect("stored");
    clinician.event().await;
    // Beyond the head is as far as the head.
    let read = ClientMessage::Read {
        conv: conv(1),
        upto: 77,
    };
    clinician.send(&read).await;
    let marker = ServerMessage::Read {
        conv: conv(1),
        account: clinician.account,
        upto: 1,
    };
    soon("the marker", async {
        while patient.receive().await != marker {}
    })
    .await;
    let again = Client::connect(&node, clinician.account).await;
    let head = again.heads.iter().find(|head| head.conv == conv(1));
    assert_eq!(head.map(|head| (head.head, head.read)), Some((1, 1)));
    patient.send(&ClientMessage::Ping { nonce: 9 }).await;
    assert_eq!(patient.receive().await, ServerMessage::Pong { nonce: 9 });
}
