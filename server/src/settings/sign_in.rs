//! How people sign in.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use core_api::MfaPolicy;

/// The flags; the file has the same names with underscores.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct SignInArgs {
    /// Whether staff must have a second factor [default: required; with --demo: invited]
    #[arg(long, value_enum)]
    pub(crate) mfa: Option<MfaArg>,
    /// Breached passwords that nobody may choose: a sorted file of SHA-1 hashes, or the folder of range files, as Have I Been Pwned publishes them [default: none]
    #[arg(long, value_name = "PATH")]
    pub(crate) breached_passwords: Option<PathBuf>,
}

/// Whether staff must have a second factor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum MfaArg {
    /// Until they have one, their sessions serve only to enrol it.
    Required,
    /// Everybody is invited to have one.
    Invited,
}

/// How people sign in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct SignIn {
    mfa: Option<MfaArg>,
    pub(crate) breached_passwords: Option<PathBuf>,
}

impl SignIn {
    pub(super) fn merge(flags: SignInArgs, file: SignInArgs) -> Self {
        Self {
            mfa: flags.mfa.or(file.mfa),
            breached_passwords: flags.breached_passwords.or(file.breached_passwords),
        }
    }

    /// The duty in force. A demonstration does not ask its visitors for a phone, unless told to.
    pub(crate) const fn mfa(&self, demo: bool) -> MfaPolicy {
        match self.mfa {
            Some(MfaArg::Required) => MfaPolicy::Required,
            Some(MfaArg::Invited) => MfaPolicy::Invited,
            None if demo => MfaPolicy::Invited,
            None => MfaPolicy::Required,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_demonstration_goes_without_a_second_factor_unless_told_to() {
        let merged = |mfa| {
            let flags = SignInArgs {
                mfa,
                ..SignInArgs::default()
            };
            SignIn::merge(flags, SignInArgs::default())
        };
        assert_eq!(merged(None).mfa(false), MfaPolicy::Required);
        assert_eq!(merged(None).mfa(true), MfaPolicy::Invited);
        let required = merged(Some(MfaArg::Required));
        assert_eq!(required.mfa(true), MfaPolicy::Required);
        assert_eq!(merged(Some(MfaArg::Invited)).mfa(false), MfaPolicy::Invited);
    }
}
