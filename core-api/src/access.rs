//! How an access, or the refusal of one, gets on record: exactly one audit row each.

use ::store::audit::{Action, Actor, Purpose, ResourceType};
use ::store::{AuditEntry, Tx};
use domain::{Permission, Role};

use crate::caller::Caller;
use crate::refusal::Refusal;

impl Caller {
    /// The caller did `action` to something of `resource`, in their clinic.
    pub(crate) fn did(&self, action: Action, resource: ResourceType) -> AuditEntry {
        let actor = Actor::Account {
            account: self.account,
            session: Some(self.session),
            roles: self.roles.clone(),
        };
        AuditEntry::new(actor, action, resource, self.purpose())
            .clinic(self.clinic)
            .request(self.moment.request)
    }

    /// What the caller acts for, by the part they play.
    fn purpose(&self) -> Purpose {
        if self.roles.has(Role::Clinician) {
            Purpose::Treatment
        } else if self.may(Permission::ManageSchedule) {
            Purpose::Operations
        } else if self.roles.has(Role::Compliance) {
            Purpose::Compliance
        } else {
            Purpose::IndividualRequest
        }
    }
}

/// Rolls `tx` back, puts the denial of `entry` on record, and returns `refusal`; or the store's
/// error, when not even the denial could be kept.
pub(crate) async fn deny(tx: Tx, entry: AuditEntry, refusal: Refusal) -> Refusal {
    match tx.deny(entry.code(refusal.code())).await {
        Ok(()) => refusal,
        Err(error) => error.into(),
    }
}
