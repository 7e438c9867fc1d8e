//! Why the private cluster does not run, each in one sentence that says what to do.

use std::io;
use std::path::{Path, PathBuf};

/// The private PostgreSQL cannot be started or stopped.
#[derive(Debug, thiserror::Error)]
pub enum ClusterError {
    /// No server programs.
    #[error(
        "PostgreSQL's programs were not found: install them (apt-get install postgresql), or set \
         PG_BINDIR to the folder that holds initdb and postgres, or set DATABASE_URL"
    )]
    BinariesMissing,
    /// `setpriv` is missing.
    #[error("setpriv was not found: install it (apt-get install util-linux)")]
    SetprivMissing,
    /// Server programs of an old version.
    #[error("{path} holds PostgreSQL {version}, and 15 or newer is needed: install a newer one")]
    TooOld {
        /// Where they are.
        path: PathBuf,
        /// Their major version.
        version: u32,
    },
    /// The files were made by a version whose programs are not installed.
    #[error(
        "{data} was made by PostgreSQL {wanted}: install it (apt-get install postgresql-{wanted})"
    )]
    OtherVersion {
        /// The cluster.
        data: PathBuf,
        /// Its major version.
        wanted: u32,
    },
    /// PostgreSQL refuses root, and the user it would run as does not exist.
    #[error(
        "PostgreSQL does not run as root and the system user {user} is missing: run `useradd \
         --system --user-group {user}`, or start this program as another user"
    )]
    UserMissing {
        /// The user.
        user: String,
    },
    /// The user this program runs as has no name, so PostgreSQL cannot recognise it.
    #[error("user id {uid} has no name on this system: add it to /etc/passwd or use another user")]
    Nameless {
        /// The id.
        uid: u32,
    },
    /// The database's user cannot pass a folder on the way.
    #[error(
        "the database user {user} cannot enter {path}: choose another --data-dir, or run `chmod \
         o+x {path}`"
    )]
    Unreachable {
        /// The user.
        user: String,
        /// The first folder it cannot pass.
        path: PathBuf,
    },
    /// Another running program has the directory.
    #[error("{path} is in use by process {owner}: stop it first, or choose another --data-dir")]
    Owned {
        /// The data directory.
        path: PathBuf,
        /// The process id it wrote down.
        owner: String,
    },
    /// A file or folder refuses us.
    #[error("no permission for {path}: give it to the user who starts this program")]
    Permission {
        /// What.
        path: PathBuf,
    },
    /// No space.
    #[error("the disk that holds {path} is full: free some space, then start again")]
    DiskFull {
        /// The data directory.
        path: PathBuf,
    },
    /// The socket's path does not fit into a socket address.
    #[error(
        "the path of the database's socket has {length} bytes and 107 are allowed: choose a \
         shorter --data-dir than {path}"
    )]
    PathTooLong {
        /// The data directory.
        path: PathBuf,
        /// Bytes of the socket's path.
        length: usize,
    },
    /// A system call failed otherwise.
    #[error("{path}: {source}")]
    Io {
        /// On what.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A new cluster could not be made.
    #[error("a new database could not be made in {path}; initdb says: {said}")]
    Init {
        /// Where.
        path: PathBuf,
        /// The last line initdb wrote.
        said: String,
    },
    /// PostgreSQL ended before it was ready.
    #[error("PostgreSQL did not start; it says: {said}")]
    Start {
        /// The last line it wrote.
        said: String,
    },
    /// PostgreSQL runs but is not ready.
    #[error("PostgreSQL was not ready after 60 s; it says: {said}")]
    NotReady {
        /// The last line it wrote.
        said: String,
    },
    /// Processes of an earlier run do not end.
    #[error(
        "PostgreSQL processes of an earlier run do not end ({pids}): end them, then start again"
    )]
    Leftovers {
        /// Their ids.
        pids: String,
    },
    /// It did not stop.
    #[error("PostgreSQL did not stop and was killed; it recovers at the next start")]
    Killed,
    /// Roles and database could not be prepared.
    #[error("the new database could not be prepared: {0}")]
    Prepare(#[from] crate::StoreError),
}

impl ClusterError {
    /// The error of a system call on `path`.
    pub(super) fn io(path: &Path, source: io::Error) -> Self {
        let path = path.to_owned();
        match source.kind() {
            io::ErrorKind::PermissionDenied => Self::Permission { path },
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::DiskFull { path },
            _ => Self::Io { path, source },
        }
    }

    /// The error that PostgreSQL's own words point to, if they do.
    pub(super) fn from_words(path: &Path, said: &str) -> Option<Self> {
        let path = path.to_owned();
        if said.contains("No space left on device") || said.contains("Disk quota exceeded") {
            Some(Self::DiskFull { path })
        } else if said.contains("Permission denied") {
            Some(Self::Permission { path })
        } else {
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn postgres_own_words_lead_to_the_cause() {
        let full = "FATAL:  could not write to file \"pg_wal/xlogtemp.1\": No space left on device";
        let path = Path::new("/var/lib/bedside");
        let error = ClusterError::from_words(path, full).expect("known");
        assert_eq!(
            error.to_string(),
            "the disk that holds /var/lib/bedside is full: free some space, then start again"
        );
        let closed = "initdb: error: could not access directory \"/x\": Permission denied";
        assert!(matches!(
            ClusterError::from_words(path, closed),
            Some(ClusterError::Permission { .. })
        ));
        assert!(ClusterError::from_words(path, "LOG:  database system is shut down").is_none());
    }
}
