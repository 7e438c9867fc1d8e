//! Files that are committed although a program writes them: contracts whose change must be seen
//! in review. `cargo xtask generate` writes them, `--check` only compares.
//!
//! `core-api/openapi.json` is written and compared by core-api's own test, which has the router.

use std::fs;
use std::io;
use std::process::Command;

use crate::Finding;
use crate::tree;

/// One committed file and what it ought to contain.
#[derive(Debug)]
pub struct Generated {
    /// Relative to the root.
    pub path: &'static str,
    /// Fresh from the generator.
    pub text: String,
}

/// What this program itself can write.
#[must_use]
pub fn own() -> Vec<Generated> {
    Vec::new()
}

/// Compares the committed files with what [`own`] writes.
///
/// # Errors
/// When a file that exists cannot be read.
pub fn stale() -> io::Result<Vec<Finding>> {
    let mut findings = Vec::new();
    for file in own() {
        findings.extend(compare(&file, committed(file.path)?.as_deref()));
    }
    Ok(findings)
}

/// Writes the files of [`own`].
///
/// # Errors
/// When a folder or file cannot be written.
pub fn write() -> io::Result<()> {
    for file in own() {
        let path = tree::root().join(file.path);
        fs::create_dir_all(path.parent().unwrap_or(&path))?;
        fs::write(path, file.text)?;
    }
    Ok(())
}

/// The types of the HTTP API in TypeScript, which the web client's own generator writes.
pub const API_TYPES: &str = "web-client/shared/api/generated/openapi.d.ts";

/// Lets npm write [`API_TYPES`] from `core-api/openapi.json`.
///
/// # Errors
/// When npm cannot be started or fails; its own output says why.
pub fn write_api_types() -> io::Result<()> {
    let status = Command::new("npm")
        .args(["run", "--silent", "generate"])
        .current_dir(tree::root().join("web-client"))
        .status()?;
    if status.success() {
        return Ok(());
    }
    Err(io::Error::other(format!(
        "`npm run generate` ended with {status}; run `make setup` first"
    )))
}

/// Compares [`API_TYPES`] with what npm writes and leaves the file as it was.
///
/// # Errors
/// As [`write_api_types`].
pub fn stale_api_types() -> io::Result<Option<Finding>> {
    let before = committed(API_TYPES)?;
    write_api_types()?;
    let text = tree::text(API_TYPES)?;
    if let Some(before) = &before {
        fs::write(tree::root().join(API_TYPES), before)?;
    }
    Ok(compare(
        &Generated {
            path: API_TYPES,
            text,
        },
        before.as_deref(),
    ))
}

fn committed(path: &str) -> io::Result<Option<String>> {
    match tree::text(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

fn compare(fresh: &Generated, committed: Option<&str>) -> Option<Finding> {
    let advice = match committed {
        None => "is missing: run `cargo xtask generate` and commit it".to_owned(),
        Some(text) if text != fresh.text => {
            let same = text
                .lines()
                .zip(fresh.text.lines())
                .take_while(|(a, b)| a == b)
                .count();
            format!(
                "differs from its source at line {}: run `cargo xtask generate`",
                same + 1
            )
        }
        Some(_) => return None,
    };
    Some(Finding::new(fresh.path, advice))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stale_or_missing_file_is_found() {
        let fresh = Generated {
            path: "x.ts",
            text: "a\nb\n".to_owned(),
        };
        assert_eq!(compare(&fresh, Some("a\nb\n")), None);
        let stale = compare(&fresh, Some("a\nc\n")).unwrap();
        assert!(stale.advice.contains("at line 2"), "{stale}");
        assert!(compare(&fresh, None).is_some());
    }
}
