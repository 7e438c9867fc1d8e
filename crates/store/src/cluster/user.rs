//! As whom the database runs, and how to start something as that user.

use std::os::unix::fs::MetadataExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::ClusterError;

/// The system user that owns a cluster made by root.
const DEDICATED: &str = "bedside";

/// A user of the system.
#[derive(Debug, Clone)]
pub(super) struct User {
    pub(super) name: String,
    pub(super) uid: u32,
    pub(super) gid: u32,
}

impl User {
    /// The user of that name or numeric id, as the system's name service knows it.
    fn find(key: &str) -> Option<Self> {
        let output = Command::new("getent").args(["passwd", key]).output().ok()?;
        let line = String::from_utf8(output.stdout).ok()?;
        let mut fields = line.trim_end().split(':');
        let name = fields.next().filter(|name| !name.is_empty())?.to_owned();
        Some(Self {
            name,
            uid: fields.nth(1)?.parse().ok()?,
            gid: fields.next()?.parse().ok()?,
        })
    }
}

/// Who this program is and who the database is to be.
#[derive(Debug, Clone)]
pub(super) struct Users {
    /// Connects to the database.
    pub(super) server: User,
    /// Runs the database: the same, unless that is root.
    pub(super) database: User,
    setpriv: PathBuf,
}

impl Users {
    /// Decides for the cluster in `data`, which may not exist yet: root gives way to the owner of
    /// an existing cluster, or to the user `bedside`.
    pub(super) fn decide(data: &Path) -> Result<Self, ClusterError> {
        let uid = rustix::process::geteuid().as_raw();
        let server = User::find(&uid.to_string()).ok_or(ClusterError::Nameless { uid })?;
        let owner = std::fs::metadata(data).map(|meta| meta.uid());
        let database = match owner {
            _ if uid != 0 => server.clone(),
            Ok(owner) if owner != 0 => {
                User::find(&owner.to_string()).ok_or(ClusterError::Nameless { uid: owner })?
            }
            _ => User::find(DEDICATED).ok_or_else(|| ClusterError::UserMissing {
                user: DEDICATED.to_owned(),
            })?,
        };
        let setpriv = super::binaries::on_path("setpriv").ok_or(ClusterError::SetprivMissing)?;
        Ok(Self {
            server,
            database,
            setpriv,
        })
    }

    /// Whether the database runs as somebody else than this program.
    pub(super) fn drops(&self) -> bool {
        self.server.uid != self.database.uid
    }

    /// A command that runs as the database's user, in its own process group (a terminal's Ctrl-C
    /// is for us to handle), and gets `death_signal` when the *thread* that spawned it ends.
    pub(super) fn command(&self, program: &Path, death_signal: &str) -> Command {
        let mut command = Command::new(&self.setpriv);
        command.args(["--pdeathsig", death_signal]);
        if self.drops() {
            command.args([
                format!("--reuid={}", self.database.uid),
                format!("--regid={}", self.database.gid),
                "--clear-groups".to_owned(),
            ]);
        }
        command.arg("--").arg(program);
        // Settings of the person who starts us (PGDATA, PGOPTIONS, LC_…) are not the cluster's.
        command.env_clear().env("LC_ALL", "C").env("TZ", "UTC");
        for kept in ["PATH", "LD_LIBRARY_PATH"] {
            if let Some(value) = std::env::var_os(kept) {
                command.env(kept, value);
            }
        }
        command
            .current_dir("/")
            .stdin(Stdio::null())
            .process_group(0);
        command
    }

    /// Gives `path` to the database's user.
    pub(super) fn own(&self, path: &Path) -> Result<(), ClusterError> {
        if !self.drops() {
            return Ok(());
        }
        std::os::unix::fs::chown(path, Some(self.database.uid), Some(self.database.gid))
            .map_err(|source| ClusterError::io(path, source))
    }

    /// Checks that the database's user can get to `path`.
    pub(super) fn can_reach(&self, path: &Path) -> Result<(), ClusterError> {
        if !self.drops() {
            return Ok(());
        }
        let reached = self
            .command(Path::new("test"), "KILL")
            .arg("-x")
            .arg(path)
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|status| status.success());
        if reached {
            return Ok(());
        }
        let mut folders: Vec<_> = path.ancestors().collect();
        folders.reverse();
        let closed = folders
            .into_iter()
            .find(|folder| !self.may_pass(folder))
            .unwrap_or(path);
        Err(ClusterError::Unreachable {
            user: self.database.name.clone(),
            path: closed.to_owned(),
        })
    }

    fn may_pass(&self, folder: &Path) -> bool {
        std::fs::metadata(folder).is_ok_and(|meta| {
            let shift = match () {
                () if meta.uid() == self.database.uid => 6,
                () if meta.gid() == self.database.gid => 3,
                () => 0,
            };
            meta.mode() >> shift & 1 == 1
        })
    }
}
