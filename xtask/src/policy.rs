//! Which packages of others may enter: `deny.toml` is the data, in cargo-deny's own format.
//!
//! This covers licences, banned packages and sources, so that the verdict needs no further tool;
//! with cargo-deny installed, `make check` runs it on the same file.

use serde::Deserialize;
use spdx::{Expression, ParseMode};

use crate::Finding;
use crate::graph::Graph;

#[derive(Debug, Deserialize)]
struct Policy {
    licenses: Licenses,
    bans: Bans,
    sources: Sources,
}

#[derive(Debug, Deserialize)]
struct Licenses {
    allow: Vec<String>,
    #[serde(default)]
    exceptions: Vec<Exception>,
}

#[derive(Debug, Deserialize)]
struct Exception {
    #[serde(rename = "crate")]
    name: String,
    allow: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct Bans {
    deny: Vec<Ban>,
}

#[derive(Debug, Deserialize)]
struct Ban {
    #[serde(rename = "crate")]
    name: String,
    reason: String,
    /// Packages that may use the banned one all the same.
    #[serde(default)]
    wrappers: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Sources {
    allow_registry: Vec<String>,
}

/// Judges every package that is not ours.
///
/// # Errors
/// When `deny.toml` is not what it should be.
pub fn check(graph: &Graph, deny_toml: &str) -> Result<Vec<Finding>, toml::de::Error> {
    let policy: Policy = toml::from_str(deny_toml)?;
    let mut findings = Vec::new();
    for (key, package) in graph.0.iter().filter(|(_, package)| !package.ours) {
        let mut report = |advice: String| findings.push(Finding::new(&package.name, advice));
        let source = package.source.as_deref().unwrap_or("a local folder");
        if !policy
            .sources
            .allow_registry
            .iter()
            .any(|known| source.ends_with(known))
        {
            report(format!(
                "comes from {source}; only the public registry is allowed"
            ));
        }
        if let Some(ban) = policy.bans.deny.iter().find(|ban| ban.name == package.name) {
            for user in graph
                .users(key)
                .filter(|user| !ban.wrappers.contains(&user.name))
            {
                report(format!(
                    "is banned but used by {}: {}",
                    user.name, ban.reason
                ));
            }
        }
        let license = package.license.as_deref().unwrap_or_default();
        if !policy.licenses.accept(&package.name, license) {
            report(format!(
                "has the licence `{license}`, which deny.toml does not allow"
            ));
        }
    }
    Ok(findings)
}

impl Licenses {
    fn accept(&self, package: &str, license: &str) -> bool {
        let own = self
            .exceptions
            .iter()
            .filter(|exception| exception.name == package);
        let allowed: Vec<&String> = self
            .allow
            .iter()
            .chain(own.flat_map(|exception| &exception.allow))
            .collect();
        Expression::parse_mode(license, ParseMode::LAX).is_ok_and(|expression| {
            expression.evaluate(|need| allowed.iter().any(|known| **known == need.to_string()))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::{Package, When};

    const DENY: &str = r#"
        [licenses]
        allow = ["MIT", "Apache-2.0"]
        exceptions = [{ crate = "roots", allow = ["MPL-2.0"] }]
        [bans]
        deny = [{ crate = "openssl", reason = "one TLS library is enough", wrappers = ["old"] }]
        [sources]
        allow-registry = ["https://registry.example/index"]
    "#;

    fn package(name: &str, license: &str, source: &str) -> Package {
        Package {
            name: name.to_owned(),
            license: Some(license.to_owned()),
            source: Some(source.to_owned()),
            ours: false,
            uses: Vec::new(),
        }
    }

    /// The verdict on one package that `user` uses.
    fn found(user: &str, name: &str, license: &str, source: &str) -> Vec<String> {
        let mut graph = Graph::default();
        let mut above = package(user, "MIT", GOOD);
        above.uses.push((name.to_owned(), When::Program));
        graph.0.insert(user.to_owned(), above);
        graph
            .0
            .insert(name.to_owned(), package(name, license, source));
        check(&graph, DENY)
            .unwrap()
            .iter()
            .map(ToString::to_string)
            .collect()
    }

    const GOOD: &str = "registry+https://registry.example/index";

    #[test]
    fn known_licences_pass_old_spelling_included() {
        for license in [
            "MIT",
            "MIT/Apache-2.0",
            "GPL-3.0-only OR MIT",
            "MIT AND Apache-2.0",
        ] {
            assert_eq!(found("user", "x", license, GOOD), [""; 0], "{license}");
        }
        assert_eq!(found("user", "roots", "MPL-2.0", GOOD), [""; 0]);
    }

    #[test]
    fn other_licences_are_found() {
        for license in ["AGPL-3.0-only", "MIT AND GPL-3.0-only", "MPL-2.0", ""] {
            assert_eq!(found("user", "x", license, GOOD).len(), 1, "{license}");
        }
    }

    #[test]
    fn banned_packages_are_found_unless_their_user_is_excused() {
        let banned = found("user", "openssl", "MIT", GOOD);
        assert_eq!(
            banned,
            ["openssl: is banned but used by user: one TLS library is enough"]
        );
        assert_eq!(found("old", "openssl", "MIT", GOOD), [""; 0]);
    }

    #[test]
    fn other_sources_are_found() {
        assert_eq!(
            found("user", "x", "MIT", "git+https://example.org/x").len(),
            1
        );
    }
}
