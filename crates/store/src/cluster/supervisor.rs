//! The thread that starts the postmaster and waits for its end.
//!
//! The kernel sends the death signal when the *thread* that made the child ends, not the process.
//! So this thread does nothing else, and lives exactly as long as the child does; when the
//! program is killed, the postmaster gets SIGINT and shuts down in order.

use std::collections::VecDeque;
use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Child, ChildStderr, Stdio};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use rustix::process::{Pid, Signal, WaitIdOptions, kill_process, waitid};
use tokio::sync::watch;
use tracing::{debug, error, info, warn};

use super::binaries::Binaries;
use super::files::{Layout, telling_line};
use super::user::Users;
use super::{ClusterError, Status, leftovers};

const POLL: Duration = Duration::from_millis(20);
/// Polls until readiness is given up: 60 s. Recovery after a crash took 3 to 5 s when measured.
const POLLS: u32 = 3000;
/// Starts tried in a row after the database died, and the pause before each.
const RESTARTS: u32 = 5;
const PAUSE: Duration = Duration::from_secs(1);
/// Last lines kept of what PostgreSQL wrote, for the error that quotes one.
const KEPT: usize = 20;

/// What the outside may ask of the thread. The lock is held for a signal, a spawn or a reaping,
/// never while waiting, so a signal cannot hit a process id that was given to somebody else.
#[derive(Debug, Default)]
pub(super) struct Control {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    child: Option<Pid>,
    stopping: bool,
    failure: Option<ClusterError>,
}

impl Control {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sends `signal` to the postmaster, if there is one, and lets no new one start.
    pub(super) fn stop(&self, signal: Signal) {
        let mut state = self.state();
        state.stopping = true;
        if let Some(child) = state.child {
            // It has not been reaped, so the id is its own; it may be dead already.
            let _ = kill_process(child, signal);
        }
        self.changed.notify_all();
    }

    /// The postmaster's process id while it runs.
    pub(super) fn child(&self) -> Option<Pid> {
        self.state().child
    }

    /// Why the thread gave up, for whoever asks first.
    pub(super) fn failure(&self) -> Option<ClusterError> {
        self.state().failure.take()
    }

    fn stopping(&self) -> bool {
        self.state().stopping
    }

    /// Waits for `PAUSE`, or less when asked to stop.
    fn pause(&self) {
        let idle = |state: &mut State| !state.stopping;
        let _unused = self
            .changed
            .wait_timeout_while(self.state(), PAUSE, idle)
            .unwrap_or_else(PoisonError::into_inner);
    }
}

/// What the thread works with.
pub(super) struct Supervisor {
    pub(super) layout: Layout,
    pub(super) users: Users,
    pub(super) binaries: Binaries,
    pub(super) control: Arc<Control>,
    pub(super) status: watch::Sender<Status>,
}

impl Supervisor {
    /// Starts the thread; [`Status`] tells how it goes. Ends with [`Status::Stopped`] or
    /// [`Status::Failed`].
    pub(super) fn spawn(self) -> std::io::Result<()> {
        thread::Builder::new()
            .name("postgres".to_owned())
            .spawn(move || self.run())
            .map(drop)
    }

    fn run(&self) {
        let mut was_ready = false;
        let mut failures = 0;
        loop {
            let ended = self.start();
            if self.control.stopping() {
                self.status.send_replace(Status::Stopped);
                return;
            }
            match ended {
                Ok(()) => {
                    error!("PostgreSQL ended by itself and is started again");
                    (was_ready, failures) = (true, 0);
                }
                Err(error) => {
                    failures += 1;
                    if !was_ready || failures == RESTARTS {
                        let sentence = error.to_string();
                        self.control.state().failure = Some(error);
                        self.status.send_replace(Status::Failed(sentence));
                        return;
                    }
                    error!(%error, "PostgreSQL did not start again");
                }
            }
            self.status.send_replace(Status::Restarting);
            self.control.pause();
        }
    }

    /// One life of a postmaster: `Ok` if it was ready at some time.
    fn start(&self) -> Result<(), ClusterError> {
        leftovers::clear(&self.layout.data, &self.layout.locks())?;
        let Some(mut child) = self.launch()? else {
            return Ok(());
        };
        let words = child.stderr.take().map(listen);
        let ready = self.wait_ready(&child);
        if ready {
            self.status.send_replace(Status::Ready);
            info!("PostgreSQL is ready");
        }
        let died = self.wait_end(&child, ready);
        {
            let mut state = self.control.state();
            state.child = None;
            // It has ended: this only reaps it.
            let _ = child.wait();
        }
        if ready {
            return Ok(());
        }
        let said = words.map_or_else(String::new, |words| words.take());
        Err(
            ClusterError::from_words(&self.layout.root, &said).unwrap_or_else(|| {
                let said = telling_line(&said);
                if died {
                    ClusterError::Start { said }
                } else {
                    ClusterError::NotReady { said }
                }
            }),
        )
    }

    /// Starts the postmaster, unless asked to stop.
    fn launch(&self) -> Result<Option<Child>, ClusterError> {
        let postgres = self.binaries.postgres();
        let mut state = self.control.state();
        if state.stopping {
            return Ok(None);
        }
        let child = self
            .users
            .command(&postgres, "INT")
            .arg("-D")
            .arg(&self.layout.data)
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|source| ClusterError::io(&postgres, source))?;
        state.child = Some(Pid::from_child(&child));
        Ok(Some(child))
    }

    /// Whether the postmaster says so in its lock file within 60 s, which is what pg_ctl looks at.
    fn wait_ready(&self, child: &Child) -> bool {
        let lock: PathBuf = self.layout.data.join("postmaster.pid");
        let own = child.id().to_string();
        for _ in 0..POLLS {
            if has_ended(child, WaitIdOptions::NOHANG) {
                return false;
            }
            let text = std::fs::read_to_string(&lock).unwrap_or_default();
            let mut lines = text.lines();
            if lines.next() == Some(&own) && lines.nth(6).map(str::trim) == Some("ready") {
                return true;
            }
            thread::sleep(POLL);
        }
        false
    }

    /// Waits for the end without reaping; whether it came by itself. One that never became ready
    /// is asked to end.
    fn wait_end(&self, child: &Child, ready: bool) -> bool {
        let by_itself = has_ended(child, WaitIdOptions::NOHANG);
        if !ready && !by_itself {
            let _ = kill_process(Pid::from_child(child), Signal::QUIT);
        }
        while !has_ended(child, WaitIdOptions::empty()) {}
        by_itself
    }
}

/// Whether `child` has ended; without `NOHANG` waits for it. Leaves it to be reaped.
fn has_ended(child: &Child, options: WaitIdOptions) -> bool {
    let options = options | WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
    matches!(
        waitid(
            rustix::process::WaitId::Pid(Pid::from_child(child)),
            options
        ),
        Ok(Some(_)) | Err(rustix::io::Errno::CHILD)
    )
}

/// The last lines PostgreSQL wrote.
struct Words {
    lines: Arc<Mutex<VecDeque<String>>>,
    reader: Option<thread::JoinHandle<()>>,
}

impl Words {
    /// All of them, once the pipe is closed. Called only for a postmaster that never served, so
    /// no child of it holds the pipe open.
    fn take(self) -> String {
        if let Some(reader) = self.reader {
            // A panicking reader leaves fewer lines.
            let _ = reader.join();
        }
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        lines.make_contiguous().join("\n")
    }
}

/// Passes on what PostgreSQL writes to the log. The thread ends when the last process of the
/// cluster has closed the pipe.
fn listen(pipe: ChildStderr) -> Words {
    let lines = Arc::new(Mutex::new(VecDeque::with_capacity(KEPT)));
    let kept = lines.clone();
    let reader = thread::Builder::new()
        .name("postgres-log".to_owned())
        .spawn(move || {
            for line in BufReader::new(pipe).lines().map_while(Result::ok) {
                pass_on(&line);
                let mut lines = kept.lock().unwrap_or_else(PoisonError::into_inner);
                if lines.len() == KEPT {
                    lines.pop_front();
                }
                lines.push_back(line);
            }
        });
    Words {
        lines,
        reader: reader.ok(),
    }
}

fn pass_on(line: &str) {
    // An ERROR was answered to the client, which says it in its own words.
    let grave = ["WARNING:", "FATAL:", "PANIC:"];
    if grave.iter().any(|level| line.starts_with(level)) {
        warn!(target: "postgres", "{line}");
    } else {
        debug!(target: "postgres", "{line}");
    }
}
