//! The audit keys of a node: `keys/audit.key` writes, `keys/audit-….key` wrote before it.

use std::path::{Path, PathBuf};

use auth::{Key, KeyError};
use store::audit::{AuditKey, AuditKeys};

use crate::data_dir::DataDirError;

const CURRENT: &str = "audit.key";

/// The keys in these files, the first of which is current.
pub(super) fn from_files(files: &[PathBuf]) -> Result<Option<AuditKeys>, KeyError> {
    let mut keys = Vec::new();
    for file in files {
        keys.push(AuditKey::new(Key::load(file)?.bytes()));
    }
    let mut keys = keys.into_iter();
    Ok(keys
        .next()
        .map(|current| AuditKeys::new(current, keys.collect())))
}

/// The keys of the data directory `data_dir`.
pub(super) fn from_dir(data_dir: &Path) -> Result<AuditKeys, DataDirError> {
    let folder = data_dir.join("keys");
    let current = AuditKey::new(Key::load(&folder.join(CURRENT))?.bytes());
    with_retired(current, data_dir)
}

/// `current` with the retired keys of `data_dir`.
pub(super) fn with_retired(current: AuditKey, data_dir: &Path) -> Result<AuditKeys, DataDirError> {
    let folder = data_dir.join("keys");
    let io = |source| DataDirError::Io {
        path: folder.display().to_string(),
        source,
    };
    let mut files = Vec::new();
    for entry in std::fs::read_dir(&folder).map_err(io)? {
        let name = entry.map_err(io)?.file_name();
        if name
            .to_str()
            .is_some_and(|name| name.starts_with("audit-") && name.ends_with(".key"))
        {
            files.push(folder.join(name));
        }
    }
    files.sort();
    let mut retired = Vec::new();
    for file in files {
        retired.push(AuditKey::new(Key::load(&file)?.bytes()));
    }
    Ok(AuditKeys::new(current, retired))
}
