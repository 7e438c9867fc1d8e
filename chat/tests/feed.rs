//! The waiting room's feed, however the events of core-api arrive.

mod common;

use bus::event::{Event as CoreEvent, InvitationChange, Positioned, Published};
use common::client::Client;
use common::node::{World, commit, publish};
use common::{
    account, cast, changed, clinic, clinician, conv, coordinator, feed, moved, patient, scheduled,
    soon, stranger, visit,
};
use domain::{ErrorCode, Role, VisitState};
use jiff::Timestamp;
use protocol::{Body, ConversationKind, ServerMessage};
use store::outbox::Relay;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

fn shown(body: &Body) -> (u128, VisitState, Option<u32>) {
    match body {
        Body::WaitingRoom {
            visit_id,
            state,
            ahead,
        } => {
            let number = (1..10).find(|number| visit(*number) == *visit_id);
            (number.expect("a visit of the test"), *state, *ahead)
        }
        other => panic!("not of the waiting room: {other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn staff_see_each_step_and_patients_their_own_place() {
    use VisitState::{Admitted, CheckedIn, Ready};
    let world = World::new().await;
    let core = world.relay().await;
    core.tell(cast()).await;
    core.tell([scheduled(2, account(12)), scheduled(3, account(13))])
        .await;
    let node = world.start().await;
    node.ready().await;
    core.applied().await;
    let mut coordinator = Client::connect(&node, coordinator()).await;
    let mut clinician = Client::connect(&node, clinician()).await;
    let mut third = Client::connect(&node, account(13)).await;
    for client in [&mut coordinator, &mut clinician] {
        client.resume(feed(), 0).await.expect("resumed");
    }
    third.resume(conv(3), 0).await.expect("resumed");
    core.tell([
        moved(1, CheckedIn, &[1]),
        moved(2, CheckedIn, &[1, 2]),
        moved(3, Ready, &[1, 2, 3]),
        moved(1, Admitted, &[2, 3]),
    ])
    .await;
    let expected = [
        (1, CheckedIn, Some(0)),
        (2, CheckedIn, Some(1)),
        (3, Ready, Some(2)),
        (1, Admitted, None),
    ];
    for client in [&mut coordinator, &mut clinician] {
        for step in expected {
            assert_eq!(shown(&client.event().await.body), step);
        }
    }
    for step in [(3, Ready, Some(2)), (3, Ready, Some(1))] {
        assert_eq!(shown(&third.event().await.body), step);
    }
    // A patient has no business in the feed.
    let refused = third.resume(feed(), 0).await.expect_err("refused");
    assert!(matches!(
        refused,
        ServerMessage::Error {
            code: ErrorCode::NotAMember,
            ..
        }
    ));
}

/// Committed and positioned, but not published: what the bus then carries is the test's choice.
async fn position(world: &World, events: Vec<CoreEvent>) {
    let db = world.db().await;
    let stop = CancellationToken::new();
    let count = events.len();
    commit(&db, events).await;
    let (positioned, mut seen) = tokio::sync::mpsc::unbounded_channel();
    let relay = Relay::<CoreEvent>::new(db).run(
        move |relayed| {
            let _ = positioned.send(relayed);
            std::future::ready(())
        },
        stop.clone(),
    );
    let relay = tokio::spawn(relay);
    for _ in 0..count {
        soon("a position", seen.recv()).await.expect("positioned");
    }
    stop.cancel();
    relay.await.expect("ended");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn repeated_reordered_and_missing_events_are_applied_once_and_in_order() {
    let world = World::new().await;
    let publisher = world.publisher().await;
    let mut events = cast();
    let start = u64::try_from(events.len()).expect("small");
    let steps: Vec<_> = (0..12)
        .map(|step| {
            let to = if step % 2 == 0 {
                VisitState::CheckedIn
            } else {
                VisitState::Ready
            };
            moved(1, to, &[1])
        })
        .collect();
    position(&world, events.clone()).await;
    let node = world.start().await;
    node.ready().await;
    let mut coordinator = Client::connect(&node, coordinator()).await;
    coordinator.resume(feed(), 0).await.expect("resumed");
    position(&world, steps.clone()).await;
    events.extend(steps);
    // Position 6 is the first step. Repeated, out of order, with holes, and the last one never.
    for place in [6, 6, 8, 7, 7, 1, 12, 11, 16, 3, 15] {
        let event = Positioned {
            position: place,
            event: events[usize::try_from(place - 1).expect("small")].clone(),
        };
        publish(&publisher, &Published::Event(event)).await;
    }
    let head = start + 12;
    publish(&publisher, &Published::Digest { head }).await;
    for seq in 1..=12 {
        let event = coordinator.event().await;
        assert_eq!(event.seq, seq);
        let to = if seq % 2 == 1 {
            VisitState::CheckedIn
        } else {
            VisitState::Ready
        };
        assert_eq!(shown(&event.body), (1, to, Some(0)));
    }
    let applied = "select position from chat.cursor";
    assert_eq!(
        world.count(applied).await,
        i64::try_from(head).expect("small")
    );
    let stored = "select count(*) from chat.event where kind = 'waiting_room'";
    assert_eq!(world.count(stored).await, 24, "the feed's and the visit's");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_told_while_chat_was_away_is_applied_at_its_start() {
    let world = World::new().await;
    let core = world.relay().await;
    core.tell(cast()).await;
    let node = world.start().await;
    node.ready().await;
    core.applied().await;
    node.context.tasks.stop(common::PATIENCE).await;
    core.tell([moved(1, VisitState::CheckedIn, &[1])]).await;
    let node = world.start().await;
    node.ready().await;
    core.applied().await;
    let coordinator = Client::connect(&node, coordinator()).await;
    assert_eq!(coordinator.heads.len(), 1);
    assert_eq!(coordinator.heads[0].head, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn memberships_follow_roles_and_parties_while_connected() {
    let world = World::new().await;
    let core = world.relay().await;
    core.tell(cast()).await;
    let node = world.start().await;
    node.ready().await;
    core.applied().await;
    // The stranger becomes a coordinator, and is told.
    let mut promoted = Client::connect(&node, stranger()).await;
    core.tell([changed(stranger(), &[Role::Coordinator])]).await;
    let ServerMessage::Joined { head } = promoted.receive().await else {
        panic!("expected joined");
    };
    assert_eq!(
        (head.conv, head.kind),
        (feed(), ConversationKind::WaitingRoom)
    );
    promoted.resume(feed(), 0).await.expect("resumed");
    // A coordinator no more, the feed ends for this socket and stays shut.
    core.tell([changed(stranger(), &[Role::Patient])]).await;
    let mut patient = Client::connect(&node, patient()).await;
    patient.resume(conv(1), 0).await.expect("resumed");
    core.tell([moved(1, VisitState::CheckedIn, &[1])]).await;
    assert_eq!(patient.event().await.seq, 1, "applied by now");
    promoted
        .send(&protocol::ClientMessage::Ping { nonce: 1 })
        .await;
    assert_eq!(promoted.receive().await, ServerMessage::Pong { nonce: 1 });
    promoted.resume(feed(), 0).await.expect_err("not a member");
    // The visit gets another patient: the one before hears and says nothing more.
    core.tell([scheduled(1, stranger())]).await;
    let ServerMessage::Joined { head } = promoted.receive().await else {
        panic!("expected joined");
    };
    assert_eq!(head.conv, conv(1));
    let written = patient.write(conv(1), Uuid::from_u128(1), "x").await;
    assert_eq!(written, Err(ErrorCode::NotAMember));
    let written = promoted.write(conv(1), Uuid::from_u128(1), "x").await;
    assert_eq!(written, Ok((2, false)));
    let mut clinician = Client::connect(&node, clinician()).await;
    let events = clinician.resume(conv(1), 0).await.expect("resumed");
    assert_eq!(events.len(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_invited_is_news_for_the_parties_and_for_the_feed() {
    let world = World::new().await;
    let core = world.relay().await;
    core.tell(cast()).await;
    let node = world.start().await;
    node.ready().await;
    core.applied().await;
    let mut coordinator = Client::connect(&node, coordinator()).await;
    coordinator.resume(feed(), 0).await.expect("resumed");
    let mut patient = Client::connect(&node, patient()).await;
    patient.resume(conv(1), 0).await.expect("resumed");
    let knocked = CoreEvent::InvitationChanged {
        visit: visit(1),
        clinic: clinic(),
        identity: account(9),
        change: InvitationChange::Knocked,
        at: Timestamp::UNIX_EPOCH,
    };
    core.tell([knocked]).await;
    let visit_id = visit(1);
    for client in [&mut coordinator, &mut patient] {
        assert_eq!(client.event().await.body, Body::People { visit_id });
    }
}
