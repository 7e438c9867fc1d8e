//! Where the sockets live: a directory only its owner can enter.
//!
//! The `zeromq` crate neither encrypts nor authenticates, and a malformed frame from any peer
//! can end the process. The file system is the guard: mode 0700, owned by the user we run as.

use std::fs;
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// The longest path of a Unix socket in bytes (`sockaddr_un.sun_path` less its final zero).
const MAX_SOCKET_PATH: usize = 107;

/// What [`BusDir::fresh`] appends to a socket's name at most: a dot, a process id and a number.
const FRESH_SUFFIX: usize = 20;

/// A socket's place within the directory: one per service and purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Endpoint(&'static str);

/// Facts of core-api: [`crate::event::Published`].
pub const CORE_EVENTS: Endpoint = Endpoint::new("core.events");
/// Requests to core-api: [`crate::command`].
pub const CORE_COMMANDS: Endpoint = Endpoint::new("core.commands");
/// Requests to signaling: [`crate::moderation`].
pub const SIGNALING_COMMANDS: Endpoint = Endpoint::new("signaling.commands");
/// The link between signaling and its SFU: [`crate::media`].
pub const SFU_LINK: Endpoint = Endpoint::new("sfu.link");

impl Endpoint {
    /// An endpoint whose socket file is called `file_name` (at most 24 bytes, no slash).
    ///
    /// # Panics
    /// At compile time, when used in a constant, if the name is too long.
    pub const fn new(file_name: &'static str) -> Self {
        assert!(
            file_name.len() <= MAX_FILE_NAME,
            "the file name is too long"
        );
        Self(file_name)
    }

    /// The name of the socket file.
    pub const fn file_name(self) -> &'static str {
        self.0
    }
}

/// The longest name of an endpoint in bytes.
const MAX_FILE_NAME: usize = 24;

/// The directory cannot be used for the bus.
#[derive(Debug, thiserror::Error)]
pub enum BusDirError {
    /// Creating or reading it failed.
    #[error("bus directory {path}: {source}")]
    Io {
        /// Which directory.
        path: String,
        /// What the system said.
        source: io::Error,
    },
    /// Others than the owner may enter it, or it belongs to somebody else.
    #[error("bus directory {path} is open to others; run: chmod 700 {path}")]
    Exposed {
        /// Which directory.
        path: String,
    },
    /// It is not a directory, or a symbolic link.
    #[error("bus directory {path} is not a directory")]
    NotADirectory {
        /// Which path.
        path: String,
    },
    /// A socket's path in it would be longer than the system allows.
    #[error(
        "bus directory {path} is too deep: its path may have at most {max} bytes; choose a shorter data directory"
    )]
    TooDeep {
        /// Which directory.
        path: String,
        /// How long it may be.
        max: usize,
    },
}

/// A checked directory for sockets. Cheap to clone.
#[derive(Debug, Clone)]
pub struct BusDir(Arc<Path>);

impl BusDir {
    /// The directory at `path`, made with mode 0700 if it does not exist (its parent must).
    ///
    /// # Errors
    /// [`BusDirError`], each with what to do.
    pub fn open(path: &Path) -> Result<Self, BusDirError> {
        let name = || path.display().to_string();
        let max = MAX_SOCKET_PATH - 1 - MAX_FILE_NAME - FRESH_SUFFIX;
        if path.as_os_str().len() > max {
            return Err(BusDirError::TooDeep { path: name(), max });
        }
        let io = |source| BusDirError::Io {
            path: name(),
            source,
        };
        match fs::DirBuilder::new().mode(0o700).create(path) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(io(error)),
        }
        let found = fs::symlink_metadata(path).map_err(io)?;
        if !found.is_dir() {
            return Err(BusDirError::NotADirectory { path: name() });
        }
        let owner = rustix::process::geteuid().as_raw();
        if found.mode() & 0o077 != 0 || found.uid() != owner {
            return Err(BusDirError::Exposed { path: name() });
        }
        Ok(Self(path.into()))
    }

    /// Where the socket of `endpoint` is.
    pub(crate) fn socket(&self, endpoint: Endpoint) -> PathBuf {
        self.0.join(endpoint.0)
    }

    /// A path nobody uses, to bind at before moving the socket to its place.
    pub(crate) fn fresh(&self, endpoint: Endpoint) -> PathBuf {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let process = std::process::id();
        self.0
            .join(format!("{}.{process:x}.{number:x}", endpoint.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    #[test]
    fn made_private_and_found_again() {
        let root = tempfile::tempdir().expect("temporary directory");
        let path = root.path().join("bus");
        BusDir::open(&path).expect("made");
        let mode = fs::metadata(&path).expect("metadata").permissions().mode();
        assert_eq!(mode & 0o777, 0o700);
        BusDir::open(&path).expect("found");
    }

    #[test]
    fn an_open_directory_a_link_and_a_deep_path_are_refused() {
        let root = tempfile::tempdir().expect("temporary directory");
        let open = root.path().join("open");
        fs::create_dir(&open).expect("made");
        fs::set_permissions(&open, fs::Permissions::from_mode(0o750)).expect("mode");
        assert!(matches!(
            BusDir::open(&open),
            Err(BusDirError::Exposed { .. })
        ));
        let link = root.path().join("link");
        std::os::unix::fs::symlink(root.path(), &link).expect("linked");
        assert!(matches!(
            BusDir::open(&link),
            Err(BusDirError::NotADirectory { .. })
        ));
        assert!(matches!(
            BusDir::open(&root.path().join("d".repeat(100))),
            Err(BusDirError::TooDeep { .. })
        ));
    }
}
