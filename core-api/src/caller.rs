//! Who asks, and when.

use ::store::scope::{Person, RowScope};
use domain::permission::{Action, Resource, Scope, reach};
use domain::{
    AccountId, ClinicId, OrganisationId, Permission, ProviderId, RequestId, Roles, SessionId,
};
use jiff::Timestamp;

use crate::session;

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
    pub(crate) organisation: OrganisationId,
    pub(crate) roles: Roles,
    pub(crate) provider: Option<ProviderId>,
    /// What the session is for.
    pub(crate) scope: session::model::Scope,
    /// When the caller last proved who they are.
    pub(crate) stepped_up_at: Option<Timestamp>,
}

impl Caller {
    /// The instant of the request.
    pub(crate) const fn now(&self) -> Timestamp {
        self.moment.now
    }

    /// Whether the session serves only to enrol a second factor.
    pub(crate) fn enrolling(&self) -> bool {
        self.scope == session::model::Scope::Enrolment
    }

    /// Whether the caller proved again who they are within the last minutes before `now`: what
    /// export, changes of roles and factors, and overrides of consent ask for.
    pub(crate) fn stepped_up(&self, now: Timestamp) -> bool {
        self.stepped_up_at
            .is_some_and(|at| now.duration_since(at) < session::model::STEP_UP)
    }

    /// Whether a role of the caller grants `permission`; scope is the operation's to check.
    pub(crate) fn may(&self, permission: Permission) -> bool {
        self.roles.allow(permission)
    }

    /// The clinician the caller is, if they hold the role of one.
    pub(crate) fn clinician(&self) -> Option<ProviderId> {
        let cares = |role| reach(role, Resource::Visit, Action::Search) == Some(Scope::Care);
        self.provider.filter(|_| self.roles.iter().any(cares))
    }

    /// Which rows of patients the caller's transactions see: the second line behind the
    /// permission table, and as wide as its widest reach into health data.
    pub(crate) fn row_scope(&self) -> RowScope {
        let (resource, action) = (Resource::Demographics, Action::Read);
        let roles = &self.roles;
        RowScope::person(Person {
            account: self.account,
            provider: self.clinician(),
            clinic: roles.reach_clinic(resource, action).then_some(self.clinic),
            organisation: roles
                .reach_organisation(resource, action)
                .then_some(self.organisation),
            now: self.now(),
        })
    }
}
