//! chat on a real database, a real bus and real sockets.
#![allow(dead_code, reason = "each test program uses a part")]

pub(crate) mod client;
pub(crate) mod node;

use std::time::Duration;

use bus::event::Event as CoreEvent;
use domain::{AccountId, ClinicId, ConversationId, Role, SessionId, VisitId, VisitState};
use jiff::Timestamp;
use uuid::Uuid;

/// Long enough for any machine; reached only by a defect.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// Fails the test when `future` does not end.
pub(crate) async fn soon<T>(what: &str, future: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, future)
        .await
        .unwrap_or_else(|_| panic!("waited in vain for {what}"))
}

/// An identifier that is the same in every run; `kind` keeps nouns apart.
fn numbered<T: From<Uuid>>(kind: u128, number: u128) -> T {
    Uuid::from_u128(kind << 64 | number).into()
}

pub(crate) fn clinic() -> ClinicId {
    numbered(1, 1)
}
pub(crate) fn visit(number: u128) -> VisitId {
    numbered(2, number)
}
pub(crate) fn conv(number: u128) -> ConversationId {
    ConversationId::for_visit(visit(number))
}
pub(crate) fn feed() -> ConversationId {
    ConversationId::for_waiting_room(clinic())
}
pub(crate) fn session(number: u128) -> SessionId {
    numbered(3, number)
}
pub(crate) fn account(number: u128) -> AccountId {
    numbered(4, number)
}
pub(crate) fn patient() -> AccountId {
    account(1)
}
pub(crate) fn clinician() -> AccountId {
    account(2)
}
pub(crate) fn coordinator() -> AccountId {
    account(3)
}
pub(crate) fn stranger() -> AccountId {
    account(4)
}

pub(crate) fn changed(account: AccountId, roles: &[Role]) -> CoreEvent {
    CoreEvent::AccountChanged {
        account,
        clinic: clinic(),
        roles: roles.to_vec(),
    }
}

pub(crate) fn scheduled(number: u128, patient: AccountId) -> CoreEvent {
    CoreEvent::VisitScheduled {
        visit: visit(number),
        clinic: clinic(),
        patient: Some(patient),
        clinician: clinician(),
        starts_at: Timestamp::UNIX_EPOCH,
    }
}

/// Visit `number` moved to `to`; after it, the visits of `queue` wait.
pub(crate) fn moved(number: u128, to: VisitState, queue: &[u128]) -> CoreEvent {
    CoreEvent::VisitStateChanged {
        visit: visit(number),
        clinic: clinic(),
        patient: Some(patient()),
        from: VisitState::Scheduled,
        to,
        at: Timestamp::UNIX_EPOCH,
        by: None,
        queue: queue.iter().map(|number| visit(*number)).collect(),
    }
}

/// The four accounts and visit 1 between patient and clinician.
pub(crate) fn cast() -> Vec<CoreEvent> {
    vec![
        changed(patient(), &[Role::Patient]),
        changed(clinician(), &[Role::Clinician]),
        changed(coordinator(), &[Role::Coordinator]),
        changed(stranger(), &[Role::Patient]),
        scheduled(1, patient()),
    ]
}
