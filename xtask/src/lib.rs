//! The rules of the house as code, and the generator of committed files.
//!
//! Every module here judges one thing and returns [`Finding`]s; none means the tree is in order.
//! Each has a unit test showing that it bites on a broken example; `tests/tidy.rs` runs all of
//! them on the real tree. `CONTRIBUTING.md` gives the reason of each rule.

use std::fmt;

pub mod edges;
pub mod generated;
pub mod graph;
pub mod length;
pub mod placement;
pub mod policy;
pub mod source;
pub mod tree;
pub mod words;

/// One broken rule: where it is broken, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// A path with an optional line (`chat/src/hub.rs:12`), or the name of a package.
    pub place: String,
    /// One sentence for the person who has to mend it.
    pub advice: String,
}

impl Finding {
    /// Builds a finding from anything that reads as text.
    pub fn new(place: impl Into<String>, advice: impl Into<String>) -> Self {
        Self {
            place: place.into(),
            advice: advice.into(),
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.advice)
    }
}

/// Runs every rule on the tree that contains this package.
///
/// # Errors
/// When the tree cannot be read at all: a missing file, or a `cargo metadata` that fails.
pub fn tidy() -> Result<Vec<Finding>, Box<dyn std::error::Error>> {
    let files = tree::read(&tree::root())?;
    let graph = graph::Graph::load(&tree::root())?;
    let mut findings = edges::check(&graph, edges::TABLE);
    findings.extend(policy::check(&graph, &tree::text("deny.toml")?)?);
    findings.extend(placement::check(&files));
    findings.extend(length::check(&files, &length::Ratchet::load()?));
    findings.extend(words::check(&files));
    findings.extend(generated::check(&files, generated::OWNED));
    Ok(findings)
}
