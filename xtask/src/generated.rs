//! Files that are committed although a program writes them: contracts whose change must be seen
//! in review.
//!
//! The Rust ones are written and compared by a test of the crate that owns the contract, so that
//! `cargo test` alone finds a stale one; this module knows those tests and runs them with
//! `UPDATE=1` for `cargo xtask generate`. The API types are written by npm.

use std::fs;
use std::io;
use std::process::Command;

use crate::Finding;
use crate::tree::{self, File};

/// A committed file and the test that owns it.
#[derive(Debug)]
pub struct Owned {
    /// The generated file.
    pub file: &'static str,
    /// The package of the test.
    pub package: &'static str,
    /// The source of the test; it names the file.
    pub test: &'static str,
}

/// Every generated file that a Rust test owns.
pub const OWNED: &[Owned] = &[
    Owned {
        file: "web-client/shared/api/generated/protocol.ts",
        package: "protocol",
        test: "crates/protocol/tests/generated.rs",
    },
    Owned {
        file: "docs/protocol/chat.schema.json",
        package: "protocol",
        test: "crates/protocol/tests/generated.rs",
    },
    Owned {
        file: "core-api/openapi.json",
        package: "core-api",
        test: "core-api/tests/openapi.rs",
    },
    Owned {
        file: "docs/security/permissions.md",
        package: "domain",
        test: "crates/domain/tests/permissions.rs",
    },
];

/// The types of the HTTP API in TypeScript, written by `npm run generate` from
/// `core-api/openapi.json`.
pub const API_TYPES: &str = "web-client/shared/api/generated/openapi.d.ts";

/// Makes sure that no generated file has lost the test that compares it.
#[must_use]
pub fn check(files: &[File], owned: &[Owned]) -> Vec<Finding> {
    let text = |path: &str| {
        files
            .iter()
            .find(|file| file.path == path)
            .map(|file| &file.text)
    };
    let mut findings = Vec::new();
    for Owned { file, test, .. } in owned {
        if text(file).is_none() {
            findings.push(Finding::new(
                *file,
                "is missing: run `cargo xtask generate`",
            ));
        }
        let name = file.rsplit('/').next().unwrap_or(file);
        if !text(test).is_some_and(|source| source.contains(name) && source.contains("UPDATE")) {
            let advice = format!("must compare {file}, and write it when UPDATE is set");
            findings.push(Finding::new(*test, advice));
        }
    }
    let generated = files
        .iter()
        .filter(|file| file.path.contains("/generated/"));
    for file in generated.filter(|file| file.path != API_TYPES) {
        if !owned.iter().any(|owned| owned.file == file.path) {
            findings.push(Finding::new(
                &file.path,
                "has no known generator: name it in xtask/src/generated.rs",
            ));
        }
    }
    findings
}

/// Writes every generated file anew.
///
/// # Errors
/// When cargo or npm fails; their own output says why.
pub fn write() -> io::Result<()> {
    let mut packages: Vec<&str> = OWNED.iter().map(|owned| owned.package).collect();
    packages.dedup();
    for package in packages {
        let tests = OWNED.iter().filter(|owned| owned.package == package);
        let mut names: Vec<&str> = tests
            .filter_map(|owned| owned.test.rsplit('/').next()?.strip_suffix(".rs"))
            .collect();
        names.dedup();
        let mut cargo = Command::new("cargo");
        cargo
            .args(["test", "--quiet", "--locked", "-p", package])
            .env("UPDATE", "1");
        for name in names {
            cargo.args(["--test", name]);
        }
        run(&mut cargo)?;
    }
    write_api_types()
}

/// Compares [`API_TYPES`] with what npm writes and leaves the file as it was.
///
/// # Errors
/// When npm fails or the file cannot be read.
pub fn stale_api_types() -> io::Result<Option<Finding>> {
    let before = tree::text(API_TYPES)?;
    write_api_types()?;
    let fresh = tree::text(API_TYPES)?;
    fs::write(tree::root().join(API_TYPES), &before)?;
    Ok(compare(API_TYPES, &before, &fresh))
}

fn write_api_types() -> io::Result<()> {
    let folder = tree::root().join("web-client");
    run(Command::new("npm")
        .args(["run", "--silent", "generate"])
        .current_dir(folder))
}

fn run(command: &mut Command) -> io::Result<()> {
    let status = command.status()?;
    if status.success() {
        return Ok(());
    }
    Err(io::Error::other(format!(
        "{command:?} ended with {status}; its output says why"
    )))
}

fn compare(path: &str, committed: &str, fresh: &str) -> Option<Finding> {
    let same = committed
        .lines()
        .zip(fresh.lines())
        .take_while(|(a, b)| a == b)
        .count();
    (committed != fresh).then(|| {
        let line = same + 1;
        Finding::new(
            path,
            format!("differs from its source at line {line}: run `cargo xtask generate`"),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &[Owned] = &[Owned {
        file: "web/generated/a.ts",
        package: "a",
        test: "a/tests/generated.rs",
    }];

    fn found(files: &[(&str, &str)]) -> Vec<String> {
        let files: Vec<File> = files
            .iter()
            .map(|(path, text)| File::new(path, text))
            .collect();
        check(&files, ONE)
            .into_iter()
            .map(|finding| finding.place)
            .collect()
    }

    const TEST: (&str, &str) = (
        "a/tests/generated.rs",
        "fn t() { check(\"web/generated/a.ts\", UPDATE) }",
    );

    #[test]
    fn a_file_with_its_test_passes() {
        assert_eq!(found(&[("web/generated/a.ts", ""), TEST]), [""; 0]);
    }

    #[test]
    fn a_missing_file_and_a_lost_test_are_found() {
        assert_eq!(found(&[TEST]), ["web/generated/a.ts"]);
        assert_eq!(
            found(&[("web/generated/a.ts", "")]),
            ["a/tests/generated.rs"]
        );
        let other = ("a/tests/generated.rs", "fn t() {}");
        assert_eq!(
            found(&[("web/generated/a.ts", ""), other]),
            ["a/tests/generated.rs"]
        );
    }

    #[test]
    fn a_generated_file_that_nobody_owns_is_found() {
        let files = [("web/generated/a.ts", ""), TEST, ("web/generated/b.ts", "")];
        assert_eq!(found(&files), ["web/generated/b.ts"]);
    }

    #[test]
    fn a_stale_file_is_found_with_its_line() {
        assert_eq!(compare("x.ts", "a\nb\n", "a\nb\n"), None);
        let stale = compare("x.ts", "a\nc\n", "a\nb\n").unwrap();
        assert!(stale.advice.contains("at line 2"), "{stale}");
    }
}
