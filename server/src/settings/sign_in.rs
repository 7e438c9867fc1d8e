//! How people sign in.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use core_api::{MfaPolicy, Network};

use super::SettingsError;

/// The flags; the file has the same names with underscores.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct SignInArgs {
    /// Whether staff must have a second factor [default: required; with --demo: invited]
    #[arg(long, value_enum)]
    pub(crate) mfa: Option<MfaArg>,
    /// Breached passwords that nobody may choose: a sorted file of SHA-1 hashes, or the folder of range files, as Have I Been Pwned publishes them [default: none]
    #[arg(long, value_name = "PATH")]
    pub(crate) breached_passwords: Option<PathBuf>,
    /// Address or range, such as 10.0.0.0/8, of a proxy whose X-Forwarded-For counts; repeat for several [default: those on this machine]
    #[arg(long, value_name = "NETWORK")]
    pub(crate) trusted_proxy: Vec<String>,
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
    pub(crate) trusted_proxies: Vec<Network>,
}

impl SignIn {
    pub(super) fn merge(flags: SignInArgs, file: SignInArgs) -> Result<Self, SettingsError> {
        let proxies = match flags.trusted_proxy {
            proxies if proxies.is_empty() => file.trusted_proxy,
            proxies => proxies,
        };
        let proxies = proxies.into_iter().map(|text| {
            let network = text.parse();
            network.map_err(|_| SettingsError::TrustedProxy { text })
        });
        Ok(Self {
            mfa: flags.mfa.or(file.mfa),
            breached_passwords: flags.breached_passwords.or(file.breached_passwords),
            trusted_proxies: proxies.collect::<Result<_, _>>()?,
        })
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
            SignIn::merge(flags, SignInArgs::default()).expect("valid")
        };
        assert_eq!(merged(None).mfa(false), MfaPolicy::Required);
        assert_eq!(merged(None).mfa(true), MfaPolicy::Invited);
        let required = merged(Some(MfaArg::Required));
        assert_eq!(required.mfa(true), MfaPolicy::Required);
        assert_eq!(merged(Some(MfaArg::Invited)).mfa(false), MfaPolicy::Invited);
    }

    #[test]
    fn a_proxy_that_is_no_network_is_named() {
        let flags = SignInArgs {
            trusted_proxy: vec!["10.0.0.0/8".into(), "proxy.example".into()],
            ..SignInArgs::default()
        };
        let error = SignIn::merge(flags, SignInArgs::default()).expect_err("refused");
        assert!(error.to_string().contains("proxy.example"), "{error}");
    }
}
