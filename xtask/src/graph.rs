//! The packages that cargo would build and which uses which.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use cargo_metadata::{DependencyKind, MetadataCommand};

/// When a dependency is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// In the program or its build script.
    Program,
    /// In tests only.
    Tests,
}

/// One package, ours or another's.
#[derive(Debug)]
pub struct Package {
    /// Its name.
    pub name: String,
    /// Its licence expression, if it states one.
    pub license: Option<String>,
    /// Where it comes from; `None` is this checkout.
    pub source: Option<String>,
    /// True for the packages of this workspace.
    pub ours: bool,
    /// Keys of the packages it uses.
    pub uses: Vec<(String, When)>,
}

/// The packages by a unique key.
#[derive(Debug, Default)]
pub struct Graph(pub BTreeMap<String, Package>);

impl Graph {
    /// Asks cargo, for the platform we build for, as `Cargo.lock` says.
    ///
    /// # Errors
    /// When cargo fails, for instance because `Cargo.lock` is out of date.
    pub fn load(root: &Path) -> Result<Self, cargo_metadata::Error> {
        let metadata = MetadataCommand::new()
            .current_dir(root)
            .other_options(
                ["--locked", "--filter-platform", "x86_64-unknown-linux-gnu"].map(String::from),
            )
            .exec()?;
        let mut packages: BTreeMap<String, Package> = metadata
            .packages
            .iter()
            .map(|p| {
                let package = Package {
                    name: p.name.to_string(),
                    license: p.license.clone(),
                    source: p.source.as_ref().map(ToString::to_string),
                    ours: metadata.workspace_members.contains(&p.id),
                    uses: Vec::new(),
                };
                (p.id.to_string(), package)
            })
            .collect();
        for node in metadata
            .resolve
            .into_iter()
            .flat_map(|resolve| resolve.nodes)
        {
            let Some(package) = packages.get_mut(&node.id.to_string()) else {
                continue;
            };
            for dep in node.deps {
                let tests_only = dep
                    .dep_kinds
                    .iter()
                    .all(|k| k.kind == DependencyKind::Development);
                let when = if tests_only {
                    When::Tests
                } else {
                    When::Program
                };
                package.uses.push((dep.pkg.to_string(), when));
            }
        }
        Ok(Self(packages))
    }

    /// The packages of this workspace, with their keys.
    pub fn ours(&self) -> impl Iterator<Item = (&String, &Package)> {
        self.0.iter().filter(|(_, package)| package.ours)
    }

    /// The packages that name `key` themselves.
    pub fn users(&self, key: &str) -> impl Iterator<Item = &Package> {
        let uses = move |package: &&Package| package.uses.iter().any(|(to, _)| to == key);
        self.0.values().filter(uses)
    }

    /// Names of everything that the program code of `key` reaches.
    #[must_use]
    pub fn reach(&self, key: &str) -> BTreeSet<&str> {
        let mut seen = BTreeSet::new();
        let mut open = vec![key];
        while let Some(next) = open.pop() {
            let Some(package) = self.0.get(next) else {
                continue;
            };
            let program = package
                .uses
                .iter()
                .filter(|(_, when)| *when == When::Program);
            open.extend(
                program
                    .filter(|(to, _)| seen.insert(to.as_str()))
                    .map(|(to, _)| to.as_str()),
            );
        }
        seen.iter()
            .filter_map(|key| self.0.get(*key))
            .map(|p| p.name.as_str())
            .collect()
    }
}
