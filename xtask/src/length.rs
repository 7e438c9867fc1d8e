//! Files stay short: a ratchet lists the ones that are longer, and they may only shrink.

use std::collections::BTreeMap;
use std::io;

use serde::Deserialize;

use crate::Finding;
use crate::tree::{self, File};

/// Production lines that a file may have without a line in the ratchet.
pub const AIM: usize = 300;
/// Production lines above which the ratchet must give a reason.
pub const REASON_ABOVE: usize = 500;
/// Where the ratchet is kept.
pub const RATCHET: &str = "xtask/ratchet.toml";

/// The long files that we know of.
#[derive(Debug, Default, Deserialize)]
pub struct Ratchet {
    /// One entry per file, in the order of their paths.
    #[serde(default)]
    pub file: Vec<Entry>,
}

/// A file that is longer than the aim.
#[derive(Debug, Clone, Deserialize)]
pub struct Entry {
    /// Relative to the root.
    pub path: String,
    /// Its production lines, exactly.
    pub lines: usize,
    /// Why it is one file; required above [`REASON_ABOVE`].
    #[serde(default)]
    pub reason: String,
}

impl Ratchet {
    /// Reads the committed ratchet.
    ///
    /// # Errors
    /// When the file is missing or not what it should be.
    pub fn load() -> io::Result<Self> {
        Self::parse(&tree::text(RATCHET)?)
            .map_err(|error| io::Error::other(format!("{RATCHET}: {error}")))
    }

    fn parse(text: &str) -> Result<Self, toml::de::Error> {
        toml::from_str(text)
    }

    /// The same ratchet with every entry lowered to the present length and short or vanished
    /// files left out. Nothing is ever raised or added: that is an edit by hand, seen in review.
    #[must_use]
    pub fn lowered(&self, files: &[File]) -> Self {
        let lengths = lengths(files);
        let lower = |entry: &Entry| {
            let lines = *lengths.get(entry.path.as_str())?;
            (lines > AIM).then(|| Entry {
                lines: lines.min(entry.lines),
                ..entry.clone()
            })
        };
        Self {
            file: self.file.iter().filter_map(lower).collect(),
        }
    }

    /// The text of `ratchet.toml`.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut text = String::from(
            "# Files above 300 production lines. They may only shrink: after a cut run\n\
             # `cargo xtask ratchet`. A new entry is an edit by hand; above 500 lines it needs a reason.\n",
        );
        for entry in &self.file {
            text += &format!(
                "\n[[file]]\npath = {:?}\nlines = {}\n",
                entry.path, entry.lines
            );
            if !entry.reason.is_empty() {
                text += &format!("reason = {:?}\n", entry.reason);
            }
        }
        text
    }
}

/// Production lines of every file that the rule covers.
fn lengths(files: &[File]) -> BTreeMap<&str, usize> {
    let covered = files.iter().filter(|file| {
        matches!(file.extension(), "rs" | "ts" | "tsx" | "sh")
            && !file.is_test()
            && !file.path.contains("/generated/")
    });
    covered
        .map(|file| {
            let whole = file.text.lines().count();
            (
                file.path.as_str(),
                file.rust
                    .as_ref()
                    .map_or(whole, |rust| rust.production_lines),
            )
        })
        .collect()
}

/// Compares every file with the aim and with its entry.
#[must_use]
pub fn check(files: &[File], ratchet: &Ratchet) -> Vec<Finding> {
    let mut findings = Vec::new();
    let lengths = lengths(files);
    for (path, lines) in &lengths {
        let entry = ratchet.file.iter().find(|entry| entry.path == **path);
        let advice = match entry {
            None if *lines > AIM => Some(format!(
                "has {lines} production lines, {AIM} is the aim: split it by noun, or add it to {RATCHET}"
            )),
            Some(entry) if *lines > entry.lines => Some(format!(
                "grew from {} to {lines} production lines: long files may only shrink",
                entry.lines
            )),
            Some(entry) if *lines < entry.lines => {
                Some("shrank, well done: run `cargo xtask ratchet` to keep it so".to_owned())
            }
            Some(entry) if *lines > REASON_ABOVE && entry.reason.is_empty() => Some(format!(
                "has over {REASON_ABOVE} lines: give the reason in {RATCHET}"
            )),
            _ => None,
        };
        findings.extend(advice.map(|advice| Finding::new(*path, advice)));
    }
    for entry in ratchet
        .file
        .iter()
        .filter(|entry| !lengths.contains_key(entry.path.as_str()))
    {
        findings.push(Finding::new(
            &entry.path,
            "is in the ratchet but not in the tree: run `cargo xtask ratchet`",
        ));
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str, lines: usize) -> File {
        File::new(path, &"fn f() {}\n".repeat(lines))
    }

    fn ratchet(path: &str, lines: usize, reason: &str) -> Ratchet {
        let (path, reason) = (path.to_owned(), reason.to_owned());
        Ratchet {
            file: vec![Entry {
                path,
                lines,
                reason,
            }],
        }
    }

    #[test]
    fn a_new_long_file_is_found() {
        assert_eq!(check(&[file("a.rs", 301)], &Ratchet::default()).len(), 1);
        assert_eq!(check(&[file("a.tsx", 301)], &Ratchet::default()).len(), 1);
        assert_eq!(check(&[file("a.rs", 300)], &Ratchet::default()), []);
    }

    #[test]
    fn tests_do_not_count() {
        let text = format!(
            "fn f() {{}}\n#[cfg(test)]\nmod tests {{\n{}}}\n",
            "fn t() {}\n".repeat(400)
        );
        assert_eq!(check(&[File::new("a.rs", &text)], &Ratchet::default()), []);
        assert_eq!(
            check(&[file("a/tests/all.rs", 400)], &Ratchet::default()),
            []
        );
    }

    #[test]
    fn a_listed_file_may_neither_grow_nor_shrink_unnoticed() {
        let known = ratchet("a.rs", 400, "");
        assert_eq!(check(&[file("a.rs", 400)], &known), []);
        assert!(
            check(&[file("a.rs", 401)], &known)[0]
                .advice
                .starts_with("grew from 400")
        );
        assert!(
            check(&[file("a.rs", 399)], &known)[0]
                .advice
                .starts_with("shrank")
        );
        assert!(check(&[], &known)[0].advice.contains("not in the tree"));
    }

    #[test]
    fn very_long_files_need_a_reason() {
        assert_eq!(
            check(&[file("a.rs", 501)], &ratchet("a.rs", 501, "")).len(),
            1
        );
        assert_eq!(
            check(&[file("a.rs", 501)], &ratchet("a.rs", 501, "one table")),
            []
        );
    }

    #[test]
    fn lowering_never_raises() {
        let known = ratchet("a.rs", 400, "");
        assert_eq!(known.lowered(&[file("a.rs", 350)]).file[0].lines, 350);
        assert_eq!(known.lowered(&[file("a.rs", 450)]).file[0].lines, 400);
        assert!(known.lowered(&[file("a.rs", 300)]).file.is_empty());
    }

    #[test]
    fn the_text_reads_back() {
        let known = ratchet("a.rs", 600, "one \"table\"");
        let back = Ratchet::parse(&known.to_text()).unwrap();
        assert_eq!(back.file[0].reason, "one \"table\"");
        assert_eq!(back.file[0].lines, 600);
    }
}
