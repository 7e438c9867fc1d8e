//! Killing things: no acknowledged row is lost, nothing is left behind that blocks the next start.
//!
//! The victim is `examples/ledger.rs`, a program of its own.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use store::audit::{AuditKey, Filter, verify_row};
use store::cluster::{Cluster, ClusterConfig, ClusterError};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};

/// How long a test waits for what must come; reaching it is the failure.
const PATIENCE: Duration = Duration::from_secs(60);

/// A data directory that the database's own user can pass through.
fn data_dir() -> tempfile::TempDir {
    let dir = tempfile::tempdir().expect("a temporary directory");
    fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o711)).expect("its mode");
    dir
}

fn ledger_program() -> PathBuf {
    let own = std::env::current_exe().expect("this program");
    let program = own
        .ancestors()
        .nth(2)
        .expect("the target directory")
        .join("examples/ledger");
    assert!(
        program.exists(),
        "build it: cargo build -p store --examples"
    );
    program
}

/// A running ledger.
struct Ledger {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
    postmaster: Pid,
    acknowledged: BTreeSet<i64>,
}

impl Ledger {
    async fn start(dir: &Path) -> Self {
        Self::from(Command::new(ledger_program()).arg(dir)).await
    }

    async fn from(command: &mut Command) -> Self {
        let mut child = command
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("the ledger starts");
        let pipe = child.stdout.take().expect("piped");
        let mut lines = BufReader::new(pipe).lines();
        let ready = line(&mut lines).await.expect("the ledger says something");
        let pid = ready.strip_prefix("ready ").expect("ready first");
        let postmaster = Pid::from_raw(pid.parse().expect("a process id")).expect("not zero");
        Self {
            child,
            lines,
            postmaster,
            acknowledged: BTreeSet::new(),
        }
    }

    /// Waits for `count` more acknowledged rows.
    async fn rows(&mut self, count: usize) {
        for _ in 0..count {
            let number = line(&mut self.lines).await.expect("the ledger goes on");
            self.acknowledged.insert(number.parse().expect("a number"));
        }
    }

    /// kill -9, and what it had acknowledged until then.
    async fn kill(mut self) -> BTreeSet<i64> {
        self.child.kill().await.expect("killed");
        while let Some(number) = line(&mut self.lines).await {
            // The last line may have been cut.
            self.acknowledged.extend(number.parse::<i64>());
        }
        self.acknowledged
    }
}

async fn line(lines: &mut Lines<BufReader<ChildStdout>>) -> Option<String> {
    tokio::time::timeout(PATIENCE, lines.next_line())
        .await
        .expect("the ledger says something in time")
        .expect("readable")
}

/// Starts the cluster again and checks that every acknowledged row is there and intact.
async fn check(dir: &Path, acknowledged: &BTreeSet<i64>) {
    let cluster = Cluster::start(ClusterConfig::new(dir))
        .await
        .expect("it starts again");
    let mut conn = cluster.access().connect_service().await.expect("connected");
    let rows = store::audit::store::page(&mut conn, &Filter::default(), None, u32::MAX)
        .await
        .expect("readable");
    let kept: BTreeSet<i64> = rows
        .iter()
        .map(|row| row.detail["number"].as_i64().expect("a number"))
        .collect();
    let lost: Vec<_> = acknowledged.difference(&kept).collect();
    assert!(lost.is_empty(), "lost: {lost:?} of {}", acknowledged.len());
    let key = AuditKey::new(&[7; 32]);
    assert!(rows.iter().all(|row| verify_row(&key, row).is_ok()));
    drop(conn);
    cluster.stop().await.expect("it stops");
    assert_eq!(at_work(dir), []);
}

/// The processes that stand in the cluster's folder.
fn at_work(dir: &Path) -> Vec<Pid> {
    let data = dir.join("postgres");
    fs::read_dir("/proc")
        .expect("proc")
        .flatten()
        .filter(|entry| fs::read_link(entry.path().join("cwd")).is_ok_and(|cwd| cwd == data))
        .filter_map(|entry| Pid::from_raw(entry.file_name().to_str()?.parse().ok()?))
        .collect()
}

#[tokio::test]
async fn kill_the_program() {
    let dir = data_dir();
    let mut ledger = Ledger::start(dir.path()).await;
    ledger.rows(200).await;
    let acknowledged = ledger.kill().await;
    assert!(acknowledged.len() >= 200);
    check(dir.path(), &acknowledged).await;
}

#[tokio::test]
async fn kill_the_postmaster_and_the_program_goes_on() {
    let dir = data_dir();
    let mut ledger = Ledger::start(dir.path()).await;
    ledger.rows(100).await;
    kill_process(ledger.postmaster, Signal::KILL).expect("killed");
    // What was in the pipe already, and then rows of the new postmaster.
    ledger.rows(1000).await;
    let standing = at_work(dir.path());
    assert!(!standing.is_empty() && !standing.contains(&ledger.postmaster));
    let acknowledged = ledger.kill().await;
    check(dir.path(), &acknowledged).await;
}

#[tokio::test]
async fn kill_everything_at_once() {
    let dir = data_dir();
    let mut ledger = Ledger::start(dir.path()).await;
    ledger.rows(200).await;
    let pids = at_work(dir.path());
    assert!(pids.len() > 4, "postmaster, its workers and a backend");
    for pid in pids {
        // A backend may have ended with its postmaster by now.
        let _ = kill_process(pid, Signal::KILL);
    }
    let acknowledged = ledger.kill().await;
    check(dir.path(), &acknowledged).await;
}

#[tokio::test]
async fn kill_the_program_and_the_postmaster_and_its_children_are_waited_for() {
    let dir = data_dir();
    let mut ledger = Ledger::start(dir.path()).await;
    ledger.rows(50).await;
    // Stopped children cannot notice that their postmaster is gone: they stay, as leftovers do.
    let children: Vec<_> = at_work(dir.path())
        .into_iter()
        .filter(|pid| *pid != ledger.postmaster)
        .collect();
    for pid in &children {
        kill_process(*pid, Signal::STOP).expect("stopped");
    }
    kill_process(ledger.postmaster, Signal::KILL).expect("killed");
    let acknowledged = ledger.kill().await;
    // The next start has the directory, and waits for them.
    let continued = async {
        let own = format!("{}\n", std::process::id());
        let owner = dir.path().join("owner.lock");
        while fs::read_to_string(&owner).expect("readable") != own {
            tokio::task::yield_now().await;
        }
        for pid in children {
            let _ = kill_process(pid, Signal::CONT);
        }
    };
    tokio::join!(check(dir.path(), &acknowledged), continued);
}

#[tokio::test]
async fn a_second_program_is_refused_and_the_first_goes_on() {
    let dir = data_dir();
    let mut ledger = Ledger::start(dir.path()).await;
    let refused = Cluster::start(ClusterConfig::new(dir.path())).await;
    let pid = ledger.child.id().expect("it runs").to_string();
    match refused {
        Err(ClusterError::Owned { owner, .. }) => assert_eq!(owner, pid),
        other => panic!("{other:?}"),
    }
    let output = Command::new(ledger_program())
        .arg(dir.path())
        .output()
        .await
        .expect("the second one ends");
    let words = String::from_utf8(output.stderr).expect("text");
    assert!(!output.status.success());
    assert!(
        words.contains(&format!("in use by process {pid}")),
        "{words}"
    );
    ledger.rows(50).await;
    let acknowledged = ledger.kill().await;
    check(dir.path(), &acknowledged).await;
}

#[tokio::test]
async fn an_ordinary_user_runs_it_too() {
    if !rustix::process::geteuid().is_root() {
        // Then every other test has just shown it.
        return;
    }
    let dir = data_dir();
    let program = dir.path().join("ledger");
    fs::copy(ledger_program(), &program).expect("copied");
    let data = dir.path().join("data");
    fs::create_dir(&data).expect("made");
    let given = Command::new("chown")
        .args(["bedside:bedside"])
        .arg(&data)
        .status()
        .await
        .expect("chown runs");
    assert!(given.success());
    let as_bedside = ["--reuid=bedside", "--regid=bedside", "--clear-groups", "--"];
    let mut command = Command::new("setpriv");
    command.args(as_bedside).arg(&program).arg(&data);
    let mut ledger = Ledger::from(&mut command).await;
    ledger.rows(20).await;
    let acknowledged = ledger.kill().await;
    // Root takes the same directory over, and leaves the cluster to its owner.
    check(&data, &acknowledged).await;
    let mut child = command
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .expect("the ledger starts");
    let mut first = [0; 5];
    let mut pipe = child.stdout.take().expect("piped");
    tokio::time::timeout(PATIENCE, pipe.read_exact(&mut first))
        .await
        .expect("in time")
        .expect("its user still has the directory");
    assert_eq!(&first, b"ready");
    child.kill().await.expect("killed");
}
