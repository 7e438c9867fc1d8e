//! The hub without sockets.

use super::super::Outgoing;
use super::*;
use jiff::Timestamp;
use protocol::Body;
use tokio::sync::mpsc;
use uuid::Uuid;

const CONV: u128 = 1;

fn event(seq: u64) -> Event {
    Event {
        conv: Uuid::from_u128(CONV).into(),
        seq,
        id: Uuid::from_u128(u128::from(seq)).into(),
        at: Timestamp::UNIX_EPOCH,
        body: Body::Closed,
    }
}

fn conv() -> ConversationId {
    Uuid::from_u128(CONV).into()
}

fn account(number: u128) -> AccountId {
    Uuid::from_u128(number).into()
}

fn join(core: &mut Core, id: u128, of: u128) -> (Outbox, mpsc::Receiver<Outgoing>) {
    let (outbox, outgoing) = Outbox::new();
    let session = Uuid::from_u128(id).into();
    core.join(Uuid::from_u128(id), account(of), session, outbox.clone());
    (outbox, outgoing)
}

fn core() -> Core {
    Core::new(2, Metrics::default())
}

fn seqs(outgoing: &mut mpsc::Receiver<Outgoing>) -> Vec<u64> {
    let mut seqs = Vec::new();
    while let Ok(message) = outgoing.try_recv() {
        match serde_json::from_slice(&message.text).expect("a message") {
            ServerMessage::Event(event) => seqs.push(event.seq),
            other => panic!("unexpected {other:?}"),
        }
    }
    seqs
}

#[test]
fn a_live_subscription_gets_each_sequence_once() {
    let mut core = core();
    let (_, mut outgoing) = join(&mut core, 10, 7);
    let id = Uuid::from_u128(10);
    assert!(core.follow(id, conv()));
    core.publish(&event(1)); // Before it has caught up: noted, not pushed.
    assert!(!core.caught_up(id, conv(), 0));
    assert!(core.caught_up(id, conv(), 1));
    for seq in [1, 2, 2, 3] {
        core.publish(&event(seq));
    }
    assert_eq!(seqs(&mut outgoing), [2, 3]);
}

#[test]
fn a_jump_is_caught_up_with_before_anything_else_is_pushed() {
    let mut core = core();
    let (_, mut outgoing) = join(&mut core, 10, 7);
    let id = Uuid::from_u128(10);
    core.follow(id, conv());
    assert!(core.caught_up(id, conv(), 4));
    core.publish(&event(6));
    core.publish(&event(5));
    assert!(seqs(&mut outgoing).is_empty());
    assert_eq!(core.due(id), (vec![(conv(), 4)], false));
    assert_eq!(core.due(id), (vec![], false));
    core.publish(&event(7));
    assert!(!core.caught_up(id, conv(), 6));
    assert!(core.caught_up(id, conv(), 7));
    core.publish(&event(8));
    assert_eq!(seqs(&mut outgoing), [8]);
}

#[tokio::test]
async fn a_full_outbox_closes_the_slow_one_alone() {
    let mut core = core();
    let (slow, _kept_full) = join(&mut core, 10, 7);
    let (_, mut quick) = join(&mut core, 11, 8);
    for id in [10, 11] {
        core.follow(Uuid::from_u128(id), conv());
        assert!(core.caught_up(Uuid::from_u128(id), conv(), 0));
    }
    let mut passed_on = 0;
    for seq in 1..=1_000 {
        core.publish(&event(seq));
        passed_on += seqs(&mut quick).len();
    }
    assert_eq!(passed_on, 1_000);
    assert_eq!(slow.closing().await, close::SLOW_CONSUMER);
    assert_eq!(core.connections.len(), 1);
}

#[tokio::test]
async fn one_connection_too_many_closes_the_oldest() {
    let mut core = core();
    let (oldest, _a) = join(&mut core, 10, 7);
    let (_second, _b) = join(&mut core, 11, 7);
    let (_third, _c) = join(&mut core, 12, 7);
    assert_eq!(oldest.closing().await, close::TOO_MANY);
    assert_eq!(core.connections.len(), 2);
}

#[tokio::test]
async fn an_ended_session_closes_its_sockets_and_no_other() {
    let mut core = core();
    let (ended, _a) = join(&mut core, 10, 7);
    let (_, _b) = join(&mut core, 11, 7);
    core.end_session(account(7), Uuid::from_u128(10).into());
    assert_eq!(ended.closing().await, close::UNAUTHENTICATED);
    assert_eq!(core.connections.len(), 1);
    core.refresh(Uuid::from_u128(11), Uuid::from_u128(99).into());
    core.end_session(account(7), Uuid::from_u128(11).into());
    assert_eq!(core.connections.len(), 1, "it has moved to another session");
    core.end_account(account(7));
    assert_eq!(core.connections.len(), 0);
}

#[test]
fn who_left_a_conversation_hears_no_more_of_it_and_nothing_remains() {
    let mut core = core();
    let (_, mut outgoing) = join(&mut core, 10, 7);
    let id = Uuid::from_u128(10);
    core.follow(id, conv());
    core.caught_up(id, conv(), 0);
    core.left(account(7), conv());
    core.publish(&event(1));
    assert!(seqs(&mut outgoing).is_empty());
    core.follow(id, conv());
    core.leave(id);
    core.leave(id);
    assert!(core.followers.is_empty() && core.accounts.is_empty() && core.connections.is_empty());
}
