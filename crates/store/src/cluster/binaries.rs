//! Finding PostgreSQL's server programs.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::ClusterError;

/// SQL here is written for this version and later ones.
const OLDEST: u32 = 15;

/// A folder with `initdb` and `postgres` of one version.
#[derive(Debug, Clone)]
pub(super) struct Binaries {
    folder: PathBuf,
}

impl Binaries {
    /// The programs in `chosen`; else those of `version`, the version that made the cluster; else
    /// the newest that are installed.
    pub(super) fn find(
        chosen: Option<&Path>,
        data: &Path,
        version: Option<u32>,
    ) -> Result<Self, ClusterError> {
        let candidates = match chosen {
            Some(folder) => vec![folder.to_owned()],
            None => installed(),
        };
        let mut known: Vec<(u32, PathBuf)> = candidates
            .into_iter()
            .filter_map(|folder| Some((version_of(&folder)?, folder)))
            .collect();
        // Stable: of equal versions the distribution's folder comes first.
        known.sort_by_key(|(version, _)| std::cmp::Reverse(*version));
        let newest = known.first().ok_or(ClusterError::BinariesMissing)?.clone();
        let (found, folder) = match version {
            None => newest,
            Some(wanted) => known
                .into_iter()
                .find(|(found, _)| *found == wanted)
                .ok_or_else(|| ClusterError::OtherVersion {
                    data: data.to_owned(),
                    wanted,
                })?,
        };
        if found < OLDEST {
            return Err(ClusterError::TooOld {
                path: folder,
                version: found,
            });
        }
        Ok(Self { folder })
    }

    pub(super) fn initdb(&self) -> PathBuf {
        self.folder.join("initdb")
    }

    pub(super) fn postgres(&self) -> PathBuf {
        self.folder.join("postgres")
    }
}

/// Folders where distributions keep them, and the search path.
fn installed() -> Vec<PathBuf> {
    let mut folders = Vec::new();
    if let Ok(versions) = std::fs::read_dir("/usr/lib/postgresql") {
        folders.extend(versions.flatten().map(|version| version.path().join("bin")));
    }
    if let Ok(entries) = std::fs::read_dir("/usr") {
        let named = |name: &str| name.starts_with("pgsql-");
        folders.extend(
            entries
                .flatten()
                .filter(|entry| entry.file_name().to_str().is_some_and(named))
                .map(|entry| entry.path().join("bin")),
        );
    }
    folders.extend(on_path("postgres").and_then(|file| Some(file.parent()?.to_owned())));
    folders
}

/// The major version of the programs in `folder`; none when they are not both there.
fn version_of(folder: &Path) -> Option<u32> {
    if !folder.join("initdb").exists() {
        return None;
    }
    let output = Command::new(folder.join("postgres"))
        .arg("--version")
        .output()
        .ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    // "postgres (PostgreSQL) 15.13 (Debian 15.13-0+deb12u1)"
    let number = text.split(')').nth(1)?.trim_start();
    number
        .split(|c: char| !c.is_ascii_digit())
        .next()?
        .parse()
        .ok()
}

/// The program of that name on the search path or in the usual folders.
pub(super) fn on_path(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .chain(["/usr/bin", "/bin", "/usr/sbin"].map(PathBuf::from))
        .map(|folder| folder.join(program))
        .find(|file| file.is_file())
}
