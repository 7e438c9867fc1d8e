//! Who may do what to which data: one table, and the one function that reads it.
//!
//! The table says for each role how far it reaches ([`Scope`]); what somebody is to the thing in
//! question ([`Circle`]) is looked up at each request, in the transaction that serves it.
//! [`decide`] puts the two together. `docs/security/permissions.md` is made from the same table.

mod document;
mod table;
mod words;

pub use document::markdown;
pub use table::{Rule, TABLE, reach, service_reach};
pub use words::{Action, ProxyLevel, Resource, Scope};

use crate::{Role, Roles};

/// What somebody is to one patient, or to one thing of a patient or clinic, at one moment. The
/// default is a stranger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Circle {
    /// It is theirs.
    pub own: bool,
    /// What they were granted as a proxy, if a grant counts now.
    pub proxy: Option<ProxyLevel>,
    /// They conduct the visit, and it is near enough to be of their work now.
    pub attending: bool,
    /// There is an active care relationship.
    pub care: bool,
    /// They have broken the glass, and it is open.
    pub emergency: bool,
    /// It belongs to their clinic.
    pub clinic: bool,
    /// It belongs to their organisation.
    pub organisation: bool,
}

impl Circle {
    /// Something of one's own clinic that is no patient's.
    pub const CLINIC: Self = Self {
        own: false,
        proxy: None,
        attending: false,
        care: false,
        emergency: false,
        clinic: true,
        organisation: true,
    };

    /// Whether `scope` reaches this far for `action`. Nothing but one's own data and a patient's
    /// grant crosses the border of an organisation; an emergency opens reading only.
    fn is_within(&self, scope: Scope, action: Action) -> bool {
        match scope {
            Scope::Own => self.own,
            Scope::Granted(level) => self.proxy.is_some_and(|granted| granted >= level),
            Scope::Attending => self.organisation && self.attending,
            Scope::Care => {
                let emergency = self.emergency && action == Action::Read;
                self.organisation && (self.care || self.attending || emergency)
            }
            Scope::Clinic => self.organisation && self.clinic,
            Scope::Organisation => self.organisation,
        }
    }
}

/// Whether something is allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// It is.
    Allowed,
    /// It is not, though they may know that the thing exists.
    Forbidden,
    /// It is not, and they must not learn whether the thing exists.
    Unknown,
}

impl Resource {
    /// The class whose reading tells somebody that a thing of this class can exist: a visit's
    /// chart is no secret to whoever may see the visit.
    const fn known_through(self) -> Self {
        match self {
            Self::VisitRoom | Self::VisitJournal | Self::ClinicalNotes | Self::Prescriptions => {
                Self::Visit
            }
            Self::ContactDetails
            | Self::Consent
            | Self::CareTeam
            | Self::Proxy
            | Self::EmergencyAccess
            | Self::AccessHistory => Self::Demographics,
            other => other,
        }
    }
}

/// Everything somebody may do to one thing: a bit for each row of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Rights(u64);

const _: () = assert!(TABLE.len() <= 64, "a row needs a bit");

impl Rights {
    /// What somebody with `roles` may do, who is `circle` to the thing.
    pub fn of(roles: &Roles, circle: &Circle) -> Self {
        let mut bits = 0;
        for (row, rule) in TABLE.iter().enumerate() {
            let held = |role| {
                rule.of(role)
                    .is_some_and(|scope| circle.is_within(scope, rule.action))
            };
            if roles.iter().any(held) {
                bits |= 1 << row;
            }
        }
        Self(bits)
    }

    /// Whether `action` on something of `resource` is among them.
    pub fn allow(self, resource: Resource, action: Action) -> bool {
        table::row(resource, action).is_some_and(|row| self.0 & (1 << row) != 0)
    }

    /// Whether `action` is allowed, and if not, whether the thing may be known of.
    pub fn decide(self, resource: Resource, action: Action) -> Decision {
        if self.allow(resource, action) {
            Decision::Allowed
        } else if self.allow(resource.known_through(), Action::Read) {
            Decision::Forbidden
        } else {
            Decision::Unknown
        }
    }
}

/// Whether somebody with `roles`, who is `circle` to the thing, may do `action` to something of
/// `resource`.
pub fn decide(roles: &Roles, resource: Resource, action: Action, circle: &Circle) -> Decision {
    Rights::of(roles, circle).decide(resource, action)
}

impl Roles {
    /// Whether any held role allows `action` on `resource` at all, whatever its scope.
    pub fn reach(&self, resource: Resource, action: Action) -> bool {
        self.iter()
            .any(|role| reach(role, resource, action).is_some())
    }

    /// Whether any held role allows `action` on `resource` of a whole clinic.
    pub fn reach_clinic(&self, resource: Resource, action: Action) -> bool {
        self.iter().any(|role| {
            matches!(
                reach(role, resource, action),
                Some(Scope::Clinic | Scope::Organisation)
            )
        })
    }

    /// Whether any held role allows `action` on `resource` of a whole organisation.
    pub fn reach_organisation(&self, resource: Resource, action: Action) -> bool {
        self.iter()
            .any(|role| reach(role, resource, action) == Some(Scope::Organisation))
    }

    /// Whether somebody with these roles may make `role` part of an account: nobody hands out
    /// more than a clinic's administration unless they run the installation.
    pub fn may_grant(&self, role: Role) -> bool {
        match role {
            Role::SuperAdmin => self.has(Role::SuperAdmin),
            _ => self.reach(Resource::Account, Action::Create),
        }
    }
}

/// A right by its short name, for whoever asks before a scope is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Permission {
    /// Make and change patients of the clinic.
    ManagePatients,
    /// Book, move and cancel appointments of the clinic.
    ManageSchedule,
    /// See the waiting room of the clinic (a clinician sees their own part).
    SeeWaitingRoom,
    /// Check a patient in, mark a no-show.
    RunWaitingRoom,
    /// Let a waiting patient into the visit.
    AdmitPatient,
    /// Take part in a visit as its clinician: chart, return to waiting, complete.
    ConductVisit,
    /// Create and list accounts of the clinic.
    ManageAccounts,
    /// Read the audit log of the clinic.
    ReadAuditLog,
}

impl Permission {
    /// The row of the table it stands for.
    pub const fn asks(self) -> (Resource, Action) {
        match self {
            Self::ManagePatients => (Resource::Demographics, Action::Search),
            Self::ManageSchedule => (Resource::Schedule, Action::Create),
            Self::SeeWaitingRoom => (Resource::WaitingRoom, Action::Read),
            Self::RunWaitingRoom | Self::AdmitPatient => (Resource::Visit, Action::Admit),
            Self::ConductVisit => (Resource::Visit, Action::Conduct),
            Self::ManageAccounts => (Resource::Account, Action::Create),
            Self::ReadAuditLog => (Resource::AuditLog, Action::Search),
        }
    }
}

impl Roles {
    /// Whether any held role grants `permission`.
    pub fn allow(&self, permission: Permission) -> bool {
        let (resource, action) = permission.asks();
        self.reach(resource, action)
    }
}

#[cfg(test)]
mod tests;
