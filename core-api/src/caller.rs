//! Who asks, and when.

use domain::{AccountId, ClinicId, PatientId, Permission, ProviderId, RequestId, Roles, SessionId};
use jiff::Timestamp;

/// One request from the edge to the audit row. `now` is read once, so that every rule of the
/// request judges the same instant.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Moment {
    pub(crate) request: RequestId,
    /// To the microsecond, which is what PostgreSQL keeps.
    pub(crate) now: Timestamp,
}

/// A signed-in person, with rights as they stand in the database at this request.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    pub(crate) moment: Moment,
    pub(crate) session: SessionId,
    pub(crate) account: AccountId,
    pub(crate) clinic: ClinicId,
    pub(crate) roles: Roles,
    pub(crate) patient: Option<PatientId>,
    pub(crate) provider: Option<ProviderId>,
}

impl Caller {
    /// The instant of the request.
    pub(crate) const fn now(&self) -> Timestamp {
        self.moment.now
    }

    /// Whether a role of the caller grants `permission`; scope is the operation's to check.
    pub(crate) fn may(&self, permission: Permission) -> bool {
        self.roles.allow(permission)
    }
}
