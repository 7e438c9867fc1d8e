//! Reading the checkout: the files that the rules look at.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::source::{self, RustFile};

/// Folders that hold no source of ours: build output, installed packages, run-time data.
const SKIPPED: &[&str] = &[
    "target",
    "node_modules",
    "dist",
    ".git",
    ".data",
    "test-results",
    "playwright-report",
];

/// Kinds of text that are read; pictures and fonts are not.
const READ: &[&str] = &[
    "rs", "ts", "tsx", "css", "html", "mjs", "cjs", "sql", "sh", "toml", "json", "md",
];

/// One text file of the checkout.
#[derive(Debug)]
pub struct File {
    /// Relative to the root, with `/` between its parts.
    pub path: String,
    /// Its whole content.
    pub text: String,
    /// The tokens, when it is Rust that parses.
    pub rust: Option<RustFile>,
}

impl File {
    /// Builds a file from its parts, as the unit tests do.
    #[must_use]
    pub fn new(path: &str, text: &str) -> Self {
        let rust = path
            .ends_with(".rs")
            .then(|| RustFile::parse(path, text).ok())
            .flatten();
        Self {
            path: path.to_owned(),
            text: text.to_owned(),
            rust,
        }
    }

    /// True for code that only tests run.
    #[must_use]
    pub fn is_test(&self) -> bool {
        source::is_test_path(&self.path)
    }

    /// The part after the last dot, or nothing.
    #[must_use]
    pub fn extension(&self) -> &str {
        self.path
            .rsplit_once('.')
            .map_or("", |(_, extension)| extension)
    }
}

/// The root of the checkout.
#[must_use]
pub fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_path_buf()
}

/// The content of a file named from the root.
///
/// # Errors
/// When it cannot be read; the message names it.
pub fn text(path: &str) -> io::Result<String> {
    fs::read_to_string(root().join(path))
        .map_err(|error| io::Error::new(error.kind(), format!("{path}: {error}")))
}

/// Every text file under `root`, in the order of their paths.
///
/// # Errors
/// When a folder or a file cannot be read.
pub fn read(root: &Path) -> io::Result<Vec<File>> {
    let mut files = Vec::new();
    walk(root, root, &mut files)?;
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(files)
}

fn walk(root: &Path, folder: &Path, files: &mut Vec<File>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if entry.file_type()?.is_dir() {
            if !SKIPPED.contains(&name.as_str()) {
                walk(root, &entry.path(), files)?;
            }
        } else if name
            .rsplit_once('.')
            .is_some_and(|(_, end)| READ.contains(&end))
        {
            let path = entry.path();
            let shown = path
                .strip_prefix(root)
                .unwrap_or(&path)
                .to_string_lossy()
                .into_owned();
            files.push(File::new(&shown, &fs::read_to_string(&path)?));
        }
    }
    Ok(())
}
