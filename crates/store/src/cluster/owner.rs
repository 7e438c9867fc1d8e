//! One program per data directory.

use std::fs::{self, File, OpenOptions};
use std::io::{Read as _, Seek as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::Path;

use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;

use super::ClusterError;

/// Proof that this process alone uses a data directory. The kernel gives the lock up with the
/// process, however it ends; no child inherits it.
#[derive(Debug)]
pub struct OwnerLock {
    _file: File,
}

impl OwnerLock {
    /// Takes `{data_dir}/owner.lock`, making the directory if it is missing. Never waits.
    ///
    /// # Errors
    /// [`ClusterError::Owned`] naming the process that has it.
    pub fn acquire(data_dir: &Path) -> Result<Self, ClusterError> {
        let io = |source| ClusterError::io(data_dir, source);
        if !data_dir.exists() {
            // Passable: the database's own user must reach its folder inside.
            let mut builder = fs::DirBuilder::new();
            builder
                .recursive(true)
                .mode(0o711)
                .create(data_dir)
                .map_err(io)?;
        }
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(data_dir.join("owner.lock"))
            .map_err(io)?;
        match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => {}
            Err(Errno::WOULDBLOCK) => {
                let mut owner = String::new();
                file.read_to_string(&mut owner).map_err(io)?;
                return Err(ClusterError::Owned {
                    path: data_dir.to_owned(),
                    owner: owner.trim().to_owned(),
                });
            }
            Err(errno) => return Err(io(errno.into())),
        }
        file.set_len(0).map_err(io)?;
        file.rewind().map_err(io)?;
        writeln!(file, "{}", std::process::id()).map_err(io)?;
        Ok(Self { _file: file })
    }
}
