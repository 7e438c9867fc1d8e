//! Who must have a second factor, and which ones count.

use domain::{Role, Roles};
use jiff::Timestamp;
use uuid::Uuid;

/// Whether the duty by role is enforced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum MfaPolicy {
    /// Staff must have a second factor; until they do, their sessions only enrol one.
    #[default]
    Required,
    /// Everybody is invited and nobody must: for demonstrations and for moving in.
    Invited,
}

/// What an account owes. The order is that of strictness.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Duty {
    /// A second factor is its owner's choice.
    Invited,
    /// Some second factor.
    Required,
    /// A hardware key. Until one can be enrolled an authenticator app stands in, and each sign-in
    /// with it says so on record.
    HardwareKey,
}

/// A kind of second factor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    /// One-time codes of an authenticator app (RFC 6238).
    Totp,
}

/// A factor as stored.
pub(crate) struct FactorRecord {
    pub(crate) id: Uuid,
    pub(crate) kind: Kind,
    pub(crate) label: String,
    pub(crate) secret: Vec<u8>,
    pub(crate) last_step: Option<i64>,
    pub(crate) created_at: Timestamp,
    pub(crate) confirmed_at: Option<Timestamp>,
    pub(crate) last_used_at: Option<Timestamp>,
}

impl Duty {
    /// What somebody with these roles owes: the strictest of them counts.
    pub(crate) fn of(policy: MfaPolicy, roles: &Roles) -> Self {
        if policy == MfaPolicy::Invited {
            return Self::Invited;
        }
        let duties = roles.iter().map(|role| match role {
            Role::Patient | Role::FamilyMember => Self::Invited,
            Role::Clinician | Role::Coordinator | Role::ClinicAdmin | Role::SuperAdmin => {
                Self::Required
            }
            Role::Compliance => Self::HardwareKey,
        });
        duties.max().unwrap_or(Self::Required)
    }

    /// The stable name in answers.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Invited => "invited",
            Self::Required => "required",
            Self::HardwareKey => "hardware_key",
        }
    }

    /// Whether an account with so many factors does what it owes.
    pub(crate) fn is_met(self, factors: usize) -> bool {
        self == Self::Invited || factors > 0
    }
}

impl Kind {
    /// The stable name in storage and answers.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Totp => "totp",
        }
    }

    /// The kind of that stable name.
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        [Self::Totp].into_iter().find(|kind| kind.name() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_strictest_role_decides() {
        let duty = |roles: &[Role]| Duty::of(MfaPolicy::Required, &roles.iter().copied().collect());
        assert_eq!(duty(&[Role::Patient]), Duty::Invited);
        assert_eq!(duty(&[Role::FamilyMember]), Duty::Invited);
        for role in [
            Role::Clinician,
            Role::Coordinator,
            Role::ClinicAdmin,
            Role::SuperAdmin,
        ] {
            assert_eq!(duty(&[role]), Duty::Required);
            assert_eq!(duty(&[Role::Patient, role]), Duty::Required);
            assert_eq!(duty(&[role, Role::Compliance]), Duty::HardwareKey);
        }
        let compliance = [Role::Compliance].into_iter().collect();
        assert_eq!(Duty::of(MfaPolicy::Invited, &compliance), Duty::Invited);
    }

    #[test]
    fn only_an_invitation_is_met_by_nothing() {
        assert!(Duty::Invited.is_met(0));
        for duty in [Duty::Required, Duty::HardwareKey] {
            assert!(!duty.is_met(0) && duty.is_met(1));
        }
    }
}
