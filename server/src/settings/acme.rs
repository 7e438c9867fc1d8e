//! A certificate of an authority, asked by ACME.

use std::net::IpAddr;
use std::path::PathBuf;

use clap::Args;

use super::SettingsError;
use super::paths::is_host;
use crate::tls::acme::{DIRECTORY, Settings};

/// The flags; the file has the same names with underscores.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct AcmeArgs {
    /// Name to get a certificate for from an authority (ACME), and to renew it; repeat for several. Agrees to the authority's terms of service. Needs --tls, reached at port 443 from outside.
    #[arg(long, value_name = "NAME")]
    pub(crate) acme_name: Vec<String>,
    /// E-mail address that the authority may write to
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) acme_contact: Option<String>,
    /// Directory of the authority [default: Let's Encrypt]
    #[arg(long, value_name = "URL")]
    pub(crate) acme_directory: Option<String>,
    /// PEM file of the authority that the directory's own certificate is from [default: whoever this machine trusts]
    #[arg(long, value_name = "FILE")]
    pub(crate) acme_root: Option<PathBuf>,
}

/// What is wanted of an authority; none without a name.
pub(super) fn merge(flags: AcmeArgs, file: AcmeArgs) -> Result<Option<Settings>, SettingsError> {
    let names = match flags.acme_name {
        names if names.is_empty() => file.acme_name,
        names => names,
    };
    let contact = flags.acme_contact.or(file.acme_contact);
    let directory = flags.acme_directory.or(file.acme_directory);
    let root = flags.acme_root.or(file.acme_root);
    if names.is_empty() {
        return match (contact, directory, root) {
            (None, None, None) => Ok(None),
            _ => Err(SettingsError::AcmeName),
        };
    }
    let is_name = |name: &String| is_host(name) && name.parse::<IpAddr>().is_err();
    if !names.iter().all(is_name) {
        return Err(SettingsError::AcmeName);
    }
    let directory = directory.unwrap_or_else(|| DIRECTORY.to_owned());
    if !directory.starts_with("https://") {
        return Err(SettingsError::AcmeDirectory);
    }
    Ok(Some(Settings {
        names,
        contact,
        directory,
        root,
    }))
}

#[cfg(test)]
mod tests {
    use super::super::paths::{PathArgs, Paths};
    use super::*;
    use crate::tls::Source;

    #[test]
    fn an_authority_is_asked_for_names_alone_and_needs_the_port_to_answer_at() {
        let named = || PathArgs {
            acme: AcmeArgs {
                acme_name: vec!["visits.example.org".into()],
                ..AcmeArgs::default()
            },
            tls: Some(([0, 0, 0, 0], 443).into()),
            ..PathArgs::default()
        };
        let merged = |flags| Paths::merge(flags, PathArgs::default());
        let paths = merged(named()).expect("valid");
        let Source::Acme(acme) = paths.certificate else {
            panic!("not by ACME");
        };
        assert_eq!(acme.directory, DIRECTORY);
        assert_eq!(paths.turn_tls_port, Some(5349));
        let odd = |change: fn(&mut PathArgs)| {
            let mut flags = named();
            change(&mut flags);
            merged(flags).expect_err("refused")
        };
        assert!(matches!(
            odd(|flags| flags.tls = None),
            SettingsError::AcmePort
        ));
        assert!(matches!(
            odd(|flags| flags.acme.acme_name = vec!["192.0.2.1".into()]),
            SettingsError::AcmeName
        ));
        assert!(matches!(
            odd(|flags| {
                flags.acme.acme_name.clear();
                flags.acme.acme_contact = Some("it@example.org".into());
            }),
            SettingsError::AcmeName
        ));
        assert!(matches!(
            odd(|flags| flags.acme.acme_directory = Some("http://ca.example.org".into())),
            SettingsError::AcmeDirectory
        ));
        assert!(matches!(
            odd(|flags| {
                flags.tls_cert = Some("a.pem".into());
                flags.tls_key = Some("a.key".into());
            }),
            SettingsError::TwoCertificates
        ));
    }
}
