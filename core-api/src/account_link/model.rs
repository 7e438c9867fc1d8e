//! What links are for.

use domain::{AccountId, Role, Roles};
use jiff::SignedDuration;

use crate::mail::letter::Letter;

/// What a link opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Choosing a new password.
    PasswordReset,
    /// A session, for patients.
    SignIn,
}

impl Purpose {
    /// The stable name in storage.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::PasswordReset => "password_reset",
            Self::SignIn => "sign_in",
        }
    }

    /// The purpose of that stable name.
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        let all = [Self::PasswordReset, Self::SignIn];
        all.into_iter().find(|purpose| purpose.name() == name)
    }

    /// How long a link counts.
    pub(crate) const fn lifetime(self) -> SignedDuration {
        match self {
            Self::PasswordReset => SignedDuration::from_mins(30),
            Self::SignIn => SignedDuration::from_mins(15),
        }
    }

    /// The page a link leads to.
    pub(crate) const fn page(self) -> &'static str {
        match self {
            Self::PasswordReset => "reset-password",
            Self::SignIn => "sign-in-link",
        }
    }

    /// The letter that brings it.
    pub(crate) fn letter(self, to: &str, link: &str, until: jiff::Timestamp) -> Letter {
        match self {
            Self::PasswordReset => Letter::password_reset(to, link, until),
            Self::SignIn => Letter::sign_in_link(to, link, until),
        }
    }

    /// Whether somebody with these roles may have one. Staff do not sign in by mail: whoever
    /// reads a mailbox would read patients.
    pub(crate) fn is_for(self, roles: &Roles) -> bool {
        match self {
            Self::PasswordReset => true,
            Self::SignIn => roles.has(Role::Patient) && !roles.iter().any(Role::is_staff),
        }
    }
}

/// Whose link it is.
pub(crate) struct LinkRecord {
    pub(crate) account: AccountId,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_patients_sign_in_by_mail() {
        let may = |roles: &[Role]| Purpose::SignIn.is_for(&roles.iter().copied().collect());
        assert!(may(&[Role::Patient]) && may(&[Role::Patient, Role::FamilyMember]));
        for role in Role::ALL.into_iter().filter(|role| role.is_staff()) {
            assert!(!may(&[role]) && !may(&[Role::Patient, role]), "{role:?}");
            let roles = [role].into_iter().collect();
            assert!(Purpose::PasswordReset.is_for(&roles));
        }
    }
}
