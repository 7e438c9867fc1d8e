//! The cluster's files: making them, and the settings this program stands for.

use std::fmt::Write as _;
use std::fs::{self, DirBuilder, File};
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::process::Stdio;

use super::binaries::Binaries;
use super::user::Users;
use super::{ADMIN, ClusterConfig, ClusterError, OWNER, PORT, SERVICE};

/// What a socket address holds, without the closing zero byte.
const SOCKET_PATH: usize = 107;
/// What must be free to make a cluster, and to start one.
const ROOM_TO_MAKE: u64 = 128 << 20;
const ROOM_TO_START: u64 = 32 << 20;

/// Where everything is.
#[derive(Debug, Clone)]
pub(super) struct Layout {
    pub(super) root: PathBuf,
    /// The cluster.
    pub(super) data: PathBuf,
    /// Holds the socket.
    pub(super) run: PathBuf,
    /// A cluster in the making; renamed when complete.
    pub(super) unfinished: PathBuf,
}

impl Layout {
    /// The layout under `root`, an absolute path.
    pub(super) fn new(root: &Path) -> Result<Self, ClusterError> {
        let root = root
            .canonicalize()
            .map_err(|source| ClusterError::io(root, source))?;
        let this = Self {
            data: root.join("postgres"),
            run: root.join("run"),
            unfinished: root.join("postgres.new"),
            root,
        };
        let length = this.run.join(format!(".s.PGSQL.{PORT}")).as_os_str().len();
        if length > SOCKET_PATH {
            return Err(ClusterError::PathTooLong {
                path: this.root,
                length,
            });
        }
        Ok(this)
    }

    fn socket(&self) -> PathBuf {
        self.run.join(format!(".s.PGSQL.{PORT}"))
    }

    /// The files by which a postmaster tells others that it runs.
    pub(super) fn locks(&self) -> [PathBuf; 3] {
        let socket = self.socket();
        let socket_lock = socket.with_added_extension("lock");
        [self.data.join("postmaster.pid"), socket, socket_lock]
    }

    /// The major version that made the cluster; none when there is no cluster yet.
    pub(super) fn version(&self) -> Result<Option<u32>, ClusterError> {
        let path = self.data.join("PG_VERSION");
        match fs::read_to_string(&path) {
            Ok(text) => Ok(text.trim().parse().ok()),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound && !self.data.exists() => {
                Ok(None)
            }
            Err(error) => Err(ClusterError::io(&path, error)),
        }
    }

    /// Checks that the disk has room.
    pub(super) fn has_room(&self) -> Result<(), ClusterError> {
        let needed = if self.data.exists() {
            ROOM_TO_START
        } else {
            ROOM_TO_MAKE
        };
        let disk = rustix::fs::statvfs(&self.root)
            .map_err(|errno| ClusterError::io(&self.root, errno.into()))?;
        if disk.f_bavail.saturating_mul(disk.f_frsize) < needed {
            return Err(ClusterError::DiskFull {
                path: self.root.clone(),
            });
        }
        Ok(())
    }

    /// Makes the socket's folder, for the two users only.
    pub(super) fn prepare_run(&self, users: &Users) -> Result<(), ClusterError> {
        private_folder(&self.run, users)
    }

    /// Makes the cluster if there is none: in a folder of another name first, so that a half-made
    /// one is never taken for a cluster. Durable when this returns.
    pub(super) fn create(&self, users: &Users, binaries: &Binaries) -> Result<(), ClusterError> {
        if self.data.exists() {
            return Ok(());
        }
        let io = |source| ClusterError::io(&self.unfinished, source);
        if self.unfinished.exists() {
            fs::remove_dir_all(&self.unfinished).map_err(io)?;
        }
        private_folder(&self.unfinished, users)?;
        users.can_reach(&self.unfinished)?;
        let output = users
            .command(&binaries.initdb(), "KILL")
            .arg("--pgdata")
            .arg(&self.unfinished)
            .args(["--username", ADMIN, "--encoding=UTF8", "--locale=C.UTF-8"])
            .args([
                "--auth-local=peer",
                "--auth-host=reject",
                "--data-checksums",
            ])
            .stdout(Stdio::null())
            .output()
            .map_err(io)?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            return Err(
                ClusterError::from_words(&self.root, &said).unwrap_or_else(|| ClusterError::Init {
                    path: self.root.clone(),
                    said: telling_line(&said),
                }),
            );
        }
        fs::rename(&self.unfinished, &self.data).map_err(io)?;
        let folder = File::open(&self.root).map_err(io)?;
        folder.sync_all().map_err(io)
    }

    /// Writes settings and access rules; done at every start, so the running cluster is always
    /// the one this program describes.
    pub(super) fn configure(
        &self,
        users: &Users,
        config: &ClusterConfig,
    ) -> Result<(), ClusterError> {
        let files = [
            ("postgresql.conf", self.settings(config)),
            ("pg_hba.conf", ACCESS.to_owned()),
            ("pg_ident.conf", identities(&users.server.name)),
        ];
        for (name, text) in files {
            let path = self.data.join(name);
            let io = |source| ClusterError::io(&path, source);
            // Renamed into place, as a crash must not leave half a file.
            let fresh = self.data.join(format!("{name}.new"));
            fs::write(&fresh, text).map_err(io)?;
            fs::set_permissions(&fresh, fs::Permissions::from_mode(0o600)).map_err(io)?;
            users.own(&fresh)?;
            fs::rename(&fresh, &path).map_err(io)?;
        }
        Ok(())
    }

    fn settings(&self, config: &ClusterConfig) -> String {
        let mut text = format!(
            "{SETTINGS}port = {PORT}\nunix_socket_directories = {}\n",
            quote(&self.run.display().to_string())
        );
        for (name, value) in &config.settings {
            let _ = writeln!(text, "{name} = {}", quote(value));
        }
        text.push_str("include_if_exists = 'local.conf'\n");
        text
    }
}

/// No TCP at all; the socket's folder and the peer's identity decide. Log lines carry neither
/// statements nor parameters nor DETAIL, where values of rows would stand.
const SETTINGS: &str = "\
# Written by Bedside at every start. Your own settings belong into local.conf beside this file.
listen_addresses = ''
unix_socket_permissions = 0700
max_connections = 100
shared_buffers = '128MB'
jit = off
timezone = 'UTC'
log_timezone = 'UTC'
log_destination = 'stderr'
logging_collector = off
log_line_prefix = ''
log_error_verbosity = terse
log_min_messages = warning
log_min_error_statement = panic
log_statement = 'none'
log_duration = off
log_min_duration_statement = -1
log_parameter_max_length = 0
log_parameter_max_length_on_error = 0
log_checkpoints = off
log_autovacuum_min_duration = -1
update_process_title = off
";

const ACCESS: &str = "\
# Written by Bedside at every start.
local all all peer map=bedside
host all all all reject
";

/// Which system user may be which role: the one who runs the program, any of the three.
fn identities(server: &str) -> String {
    let mut text = String::from("# Written by Bedside at every start.\n");
    for role in [ADMIN, OWNER, SERVICE] {
        let _ = writeln!(text, "bedside \"{server}\" {role}");
    }
    text
}

/// A value of postgresql.conf.
fn quote(value: &str) -> String {
    format!("'{}'", value.replace('\\', "\\\\").replace('\'', "''"))
}

/// The line that tells why a program of PostgreSQL gave up: the last grave one, or the last.
pub(super) fn telling_line(text: &str) -> String {
    let grave = |line: &&str| {
        ["FATAL:", "PANIC:", "error:"]
            .iter()
            .any(|g| line.contains(g))
    };
    let line = text
        .lines()
        .rfind(grave)
        .or_else(|| text.lines().rfind(|line| !line.trim().is_empty()));
    line.unwrap_or("nothing").trim().to_owned()
}

fn private_folder(path: &Path, users: &Users) -> Result<(), ClusterError> {
    let io = |source| ClusterError::io(path, source);
    if !path.exists() {
        DirBuilder::new().mode(0o700).create(path).map_err(io)?;
    }
    users.own(path)?;
    // Not our own after the line above, but then we are root.
    fs::set_permissions(path, fs::Permissions::from_mode(0o700)).map_err(io)
}
