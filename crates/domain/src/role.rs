//! Roles: the parts people play. What each may do is in [`crate::permission`].

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
    /// Reviews access: reads the audit log, and what it is about.
    Compliance,
    /// Acts for patients who, or whose legal representatives, granted it.
    FamilyMember,
    /// Runs the installation: accounts and settings of every clinic, and no health data.
    SuperAdmin,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 7] = [
        Self::Patient,
        Self::Clinician,
        Self::Coordinator,
        Self::ClinicAdmin,
        Self::Compliance,
        Self::FamilyMember,
        Self::SuperAdmin,
    ];

    /// The stable name used in tokens, storage and JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Patient => "patient",
            Self::Clinician => "clinician",
            Self::Coordinator => "coordinator",
            Self::ClinicAdmin => "clinic_admin",
            Self::Compliance => "compliance",
            Self::FamilyMember => "family_member",
            Self::SuperAdmin => "super_admin",
        }
    }

    /// The role of that stable name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.name() == name)
    }

    /// Whether a holder works for a clinic rather than being cared for by it.
    pub const fn is_staff(self) -> bool {
        !matches!(self, Self::Patient | Self::FamilyMember)
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_round_trip() {
        for role in Role::ALL {
            assert_eq!(Role::from_name(role.name()), Some(role));
        }
        assert_eq!(Role::from_name("root"), None);
    }

    #[test]
    fn roles_are_a_set_in_one_order() {
        let roles = Roles::new([Role::Compliance, Role::Patient, Role::Compliance]);
        let held: Vec<Role> = roles.iter().collect();
        assert_eq!(held, [Role::Patient, Role::Compliance]);
    }
}
