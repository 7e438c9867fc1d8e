//! Shared by the contract tests.
#![allow(dead_code, reason = "each test program uses a part")]

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use bus::BusDir;

/// Long enough for any machine; reached only by a defect.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// Fails the test when `future` does not end.
pub(crate) async fn soon<T>(what: &str, future: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, future)
        .await
        .unwrap_or_else(|_| panic!("waited in vain for {what}"))
}

/// A bus directory that goes with the test.
pub(crate) fn bus_dir() -> (tempfile::TempDir, BusDir) {
    let root = tempfile::tempdir().expect("temporary directory");
    let dir = BusDir::open(&root.path().join("bus")).expect("bus directory");
    (root, dir)
}

/// A process of `examples/peer.rs`, killed when dropped.
pub(crate) struct Peer(Child);

impl Peer {
    pub(crate) fn start(root: &Path, mode: &str, more: &[&str]) -> Self {
        let tests = std::env::current_exe().expect("own path");
        let program = tests
            .parent()
            .and_then(Path::parent)
            .expect("target directory")
            .join("examples/peer");
        let child = Command::new(program)
            .arg(mode)
            .arg(root.join("bus"))
            .args(more)
            .stdout(Stdio::piped())
            .spawn()
            .expect("examples/peer is built by cargo test");
        Self(child)
    }

    /// Waits for the process to say `line`.
    pub(crate) fn says(&mut self, line: &str) {
        let output = self.0.stdout.as_mut().expect("piped");
        let said = BufReader::new(output).lines().next();
        assert_eq!(said.expect("a line").expect("readable"), line);
    }

    /// SIGKILL, and waits until the process is gone.
    pub(crate) fn kill(mut self) {
        self.0.kill().expect("killed");
        self.0.wait().expect("gone");
    }

    /// SIGSTOP: the process keeps its sockets and reads nothing.
    pub(crate) fn stop(&self) {
        let pid = rustix::process::Pid::from_child(&self.0);
        rustix::process::kill_process(pid, rustix::process::Signal::STOP).expect("stopped");
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        // Already gone after `kill`.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Memory of this process in bytes (resident set).
pub(crate) fn resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").expect("status");
    let kib: usize = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .and_then(|field| field.trim().strip_suffix(" kB"))
        .and_then(|number| number.parse().ok())
        .expect("VmRSS");
    kib * 1024
}
