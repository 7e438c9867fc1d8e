//! What is done to keys, on record.

use crate::AuditEntry;
use crate::audit::{Action, Actor, Purpose, ResourceType};

/// The server did `action` to a key.
pub(super) fn did(action: Action) -> AuditEntry {
    let actor = Actor::Service("keys");
    AuditEntry::new(actor, action, ResourceType::Key, Purpose::Security)
}
