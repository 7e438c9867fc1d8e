//! Roles and what each may do. The table below is the only place where a role is turned into a
//! right; care relationship and clinic scope are decided per request on top of it.

use serde::{Deserialize, Serialize};

/// A part a person plays. An account may hold several.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    schemars::JsonSchema,
    ts_rs::TS,
)]
#[serde(rename_all = "snake_case")]
#[ts(rename_all = "snake_case")]
pub enum Role {
    /// In care: reaches own records and visits.
    Patient,
    /// Gives care: reaches patients with an active care relationship.
    Clinician,
    /// Runs the waiting room and the schedule of a clinic.
    Coordinator,
    /// Administers accounts and settings of a clinic.
    ClinicAdmin,
    /// Reviews access: reads the audit log, not charts.
    Compliance,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 5] = [
        Self::Patient,
        Self::Clinician,
        Self::Coordinator,
        Self::ClinicAdmin,
        Self::Compliance,
    ];

    /// The stable name used in tokens, storage and JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Patient => "patient",
            Self::Clinician => "clinician",
            Self::Coordinator => "coordinator",
            Self::ClinicAdmin => "clinic_admin",
            Self::Compliance => "compliance",
        }
    }

    /// The role of that stable name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.name() == name)
    }

    /// Whether a holder works for a clinic rather than being cared for by it.
    pub const fn is_staff(self) -> bool {
        !matches!(self, Self::Patient)
    }
}

/// Something a role may be allowed to do, before scope is checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Permission {
    /// Read and write patient demographics of the clinic.
    ManagePatients,
    /// Book, move and cancel appointments of the clinic.
    ManageSchedule,
    /// See the waiting room of the clinic (a clinician sees their own part).
    SeeWaitingRoom,
    /// Check a patient in, mark a no-show, cancel.
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

/// The set of roles an account holds.
#[derive(
    Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, schemars::JsonSchema, ts_rs::TS,
)]
#[serde(transparent)]
pub struct Roles(Vec<Role>);

impl Roles {
    /// The set of `roles`, ordered and without repetition.
    pub fn new(roles: impl IntoIterator<Item = Role>) -> Self {
        let mut roles: Vec<Role> = roles.into_iter().collect();
        roles.sort_unstable();
        roles.dedup();
        Self(roles)
    }

    /// Whether `role` is held.
    pub fn has(&self, role: Role) -> bool {
        self.0.contains(&role)
    }

    /// Whether any held role grants `permission`.
    pub fn allow(&self, permission: Permission) -> bool {
        self.0.iter().any(|role| grants(*role, permission))
    }

    /// The held roles in order.
    pub fn iter(&self) -> impl Iterator<Item = Role> + '_ {
        self.0.iter().copied()
    }
}

impl FromIterator<Role> for Roles {
    fn from_iter<I: IntoIterator<Item = Role>>(roles: I) -> Self {
        Self::new(roles)
    }
}

/// The permission table.
const fn grants(role: Role, permission: Permission) -> bool {
    use Permission as P;
    match role {
        Role::Patient => false,
        Role::Clinician => matches!(
            permission,
            P::SeeWaitingRoom | P::AdmitPatient | P::ConductVisit | P::RunWaitingRoom
        ),
        Role::Coordinator => matches!(
            permission,
            P::ManagePatients
                | P::ManageSchedule
                | P::SeeWaitingRoom
                | P::RunWaitingRoom
                | P::AdmitPatient
        ),
        Role::ClinicAdmin => matches!(
            permission,
            P::ManagePatients
                | P::ManageSchedule
                | P::SeeWaitingRoom
                | P::ManageAccounts
                | P::ReadAuditLog
        ),
        Role::Compliance => matches!(permission, P::ReadAuditLog),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_round_trip() {
        for role in Role::ALL {
            assert_eq!(Role::from_name(role.name()), Some(role));
        }
        assert_eq!(Role::from_name("super_admin"), None);
    }

    #[test]
    fn a_patient_holds_no_staff_permission() {
        let patient = Roles::new([Role::Patient]);
        for permission in [
            Permission::ManagePatients,
            Permission::ManageSchedule,
            Permission::SeeWaitingRoom,
            Permission::RunWaitingRoom,
            Permission::AdmitPatient,
            Permission::ConductVisit,
            Permission::ManageAccounts,
            Permission::ReadAuditLog,
        ] {
            assert!(!patient.allow(permission), "{permission:?}");
        }
    }

    #[test]
    fn only_a_clinician_conducts_a_visit() {
        for role in Role::ALL {
            assert_eq!(
                Roles::new([role]).allow(Permission::ConductVisit),
                role == Role::Clinician,
                "{role:?}"
            );
        }
    }

    #[test]
    fn rights_of_several_roles_add_up() {
        let both = Roles::new([Role::Clinician, Role::ClinicAdmin]);
        assert!(both.allow(Permission::ConductVisit) && both.allow(Permission::ReadAuditLog));
    }
}
