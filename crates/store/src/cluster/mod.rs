//! The private PostgreSQL of a node: made, started, watched and stopped by this program, with no
//! TCP port, reached through a socket in the data directory.
//!
//! What it stands for:
//! - One program per data directory ([`OwnerLock`]).
//! - Never as root: root gives way to the system user `bedside`, for the database only.
//! - A cluster is complete or absent: made under another name, then renamed; page checksums on.
//! - It does not outlive the program, however that ends: see `supervisor`.
//! - **If the postmaster dies while the program lives, it is started again** (five tries, a
//!   second apart): calls that run need no database and must not end with it. Meanwhile
//!   [`Status`] is not ready. When it cannot be started again, [`Status::Failed`] says why, and
//!   the program should stop.
//! - The owner role migrates; the program serves as a role that owns nothing.

mod binaries;
mod doctor;
mod error;
mod files;
mod leftovers;
mod owner;
mod store;
mod supervisor;
mod user;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rustix::process::Signal;
use tokio::sync::watch;

pub use doctor::{Check, examine};
pub use error::ClusterError;
pub use owner::OwnerLock;

use crate::{Access, StoreError};
use binaries::Binaries;
use files::Layout;
use supervisor::{Control, Supervisor};
use user::Users;

/// Part of the socket's name; no port is opened.
const PORT: u16 = 5432;
const DATABASE: &str = "bedside";
const ADMIN: &str = "bedside_admin";
const OWNER: &str = "bedside_owner";
const SERVICE: &str = "bedside_service";

/// How long an orderly stop may take before it is cut short, and then before it is killed.
const STOP: Duration = Duration::from_secs(30);
const CUT_SHORT: Duration = Duration::from_secs(10);

/// Where and how to run a cluster.
#[derive(Debug, Clone)]
pub struct ClusterConfig {
    /// The node's directory; the cluster takes `postgres/`, `run/` and `owner.lock` in it.
    pub data_dir: PathBuf,
    /// The folder of PostgreSQL's programs; `None` looks for the newest installed.
    pub bin_dir: Option<PathBuf>,
    /// Further settings, after this program's own.
    pub settings: Vec<(String, String)>,
}

impl ClusterConfig {
    /// A cluster in `data_dir`, with the programs that `PG_BINDIR` names or the newest installed.
    pub fn new(data_dir: impl Into<PathBuf>) -> Self {
        Self {
            data_dir: data_dir.into(),
            bin_dir: std::env::var_os("PG_BINDIR")
                .filter(|folder| !folder.is_empty())
                .map(PathBuf::from),
            settings: Vec::new(),
        }
    }
}

/// How the database is.
#[derive(Debug, Clone)]
pub enum Status {
    /// On its way for the first time.
    Starting,
    /// Serving.
    Ready,
    /// It died and is being started again.
    Restarting,
    /// It was asked to stop and did.
    Stopped,
    /// It died and cannot be started again; the sentence says why.
    Failed(String),
}

/// A running private cluster. Dropping it tells PostgreSQL to shut down without waiting for it;
/// [`Cluster::stop`] waits.
#[derive(Debug)]
pub struct Cluster {
    layout: Layout,
    control: Arc<Control>,
    status: watch::Receiver<Status>,
    _owner: OwnerLock,
}

impl Cluster {
    /// Makes the cluster if there is none, starts it, and waits until it serves, at most 60 s.
    ///
    /// # Errors
    /// [`ClusterError`]; nothing is left running.
    pub async fn start(config: ClusterConfig) -> Result<Self, ClusterError> {
        let path = config.data_dir.clone();
        // Files and child processes, a second at most: off the runtime's threads.
        let started = tokio::task::spawn_blocking(move || Self::launch(&config)).await;
        let mut this =
            started.map_err(|error| ClusterError::io(&path, std::io::Error::other(error)))??;
        let settled = |status: &Status| !matches!(status, Status::Starting);
        // A closed channel means that the thread is gone; then it left its error behind.
        let _ = this.status.wait_for(settled).await;
        if let Some(error) = this.control.failure() {
            return Err(error);
        }
        if let Err(error) = store::prepare(&this.layout.run).await {
            // It started a moment ago, so it stops; what counts is the first error.
            let _ = this.stop().await;
            return Err(error.into());
        }
        Ok(this)
    }

    fn launch(config: &ClusterConfig) -> Result<Self, ClusterError> {
        let owner = OwnerLock::acquire(&config.data_dir)?;
        let layout = Layout::new(&config.data_dir)?;
        let users = Users::decide(&layout.data)?;
        let version = layout.version()?;
        let binaries = Binaries::find(config.bin_dir.as_deref(), &layout.data, version)?;
        layout.has_room()?;
        leftovers::clear(&layout.unfinished, &[])?;
        leftovers::clear(&layout.data, &layout.locks())?;
        layout.create(&users, &binaries)?;
        layout.prepare_run(&users)?;
        users.can_reach(&layout.data)?;
        layout.configure(&users, config)?;
        let control = Arc::new(Control::default());
        let (sender, status) = watch::channel(Status::Starting);
        let supervisor = Supervisor {
            layout: layout.clone(),
            users,
            binaries,
            control: control.clone(),
            status: sender,
        };
        supervisor
            .spawn()
            .map_err(|source| ClusterError::io(&layout.root, source))?;
        Ok(Self {
            layout,
            control,
            status,
            _owner: owner,
        })
    }

    /// The ways into the program's database.
    pub fn access(&self) -> Access {
        self.access_to(DATABASE)
    }

    /// The ways into the program's database of a cluster in `data_dir` that another process runs.
    ///
    /// # Errors
    /// [`ClusterError`] when the directory cannot be used.
    pub fn access_of_running(data_dir: &Path) -> Result<Access, ClusterError> {
        let layout = Layout::new(data_dir)?;
        let options = |role| store::options(&layout.run, role, DATABASE);
        Ok(Access {
            service: options(SERVICE),
            owner: Some(options(OWNER)),
        })
    }

    /// The ways into another database of the cluster.
    pub fn access_to(&self, database: &str) -> Access {
        let options = |role| store::options(&self.layout.run, role, database);
        Access {
            service: options(SERVICE),
            owner: Some(options(OWNER)),
        }
    }

    /// Makes another database, a copy of `template` (at rest: nobody may be connected to it), or
    /// an empty one. Names are up to 63 of `a-z`, `0-9` and `_`.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn create_database(
        &self,
        name: &str,
        template: Option<&str>,
    ) -> Result<(), StoreError> {
        store::create_database(&self.layout.run, name, template.unwrap_or("template0")).await
    }

    /// How the database is, now and from now on.
    pub fn status(&self) -> watch::Receiver<Status> {
        self.status.clone()
    }

    /// The folder of the socket.
    pub fn socket_dir(&self) -> &Path {
        &self.layout.run
    }

    /// The postmaster's process id; none while there is none.
    pub fn pid(&self) -> Option<u32> {
        let pid = self.control.child()?;
        Some(pid.as_raw_nonzero().get().unsigned_abs())
    }

    /// Stops the database after every pool is closed: an orderly stop of up to 30 s, then one
    /// that recovers at the next start. The data directory is free afterwards.
    ///
    /// # Errors
    /// [`ClusterError::Killed`] when it had to be killed.
    pub async fn stop(mut self) -> Result<(), ClusterError> {
        for (signal, patience) in [(Signal::INT, STOP), (Signal::QUIT, CUT_SHORT)] {
            self.control.stop(signal);
            if tokio::time::timeout(patience, self.ended()).await.is_ok() {
                return Ok(());
            }
        }
        self.control.stop(Signal::KILL);
        self.ended().await;
        Err(ClusterError::Killed)
    }

    async fn ended(&mut self) {
        let ended = |status: &Status| matches!(status, Status::Stopped | Status::Failed(_));
        // A closed channel means that the thread is gone.
        let _ = self.status.wait_for(ended).await;
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.control.stop(Signal::INT);
    }
}
