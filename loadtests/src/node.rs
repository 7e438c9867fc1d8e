//! The node under load: a `bedside up` of its own, on loopback, in a directory of its own.

use std::io;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use auth::Key;
use rustix::process::{Pid, Signal, kill_process};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};

use crate::cli::Io;
use crate::error::LoadError;
use crate::log::Log;
use crate::process::Cpu;

/// How long a node may take to be ready, or to stop.
const PATIENCE: Duration = Duration::from_secs(60);
/// Between two looks at a condition.
const LOOK: Duration = Duration::from_millis(20);
/// Lines of the node's log kept for when it fails.
const LINES: usize = 40;
/// Lines of its standard output: the accounts of the demo.
const SAID: usize = 40;

/// How a node is set up.
#[derive(Debug, Clone)]
pub(crate) struct Setup {
    pub(crate) server: PathBuf,
    pub(crate) io: Io,
    pub(crate) estimation: bool,
    /// Whether it seeds the demo clinic.
    pub(crate) demo: bool,
    /// What it logs, and how many lines of that are kept; none: its own choice, few.
    pub(crate) log: Option<(&'static str, usize)>,
}

/// A running node. Killed when dropped.
pub(crate) struct Node {
    child: Child,
    pub(crate) pid: u32,
    /// `127.0.0.1:PORT` of HTTP.
    pub(crate) address: String,
    /// Bots mint their own media tokens.
    pub(crate) key: Key,
    log: Log,
    said: Log,
    dir: tempfile::TempDir,
}

impl Node {
    /// Starts a node and waits until it is ready.
    pub(crate) async fn start(setup: &Setup) -> Result<Self, LoadError> {
        let dir = directory()?;
        let data = dir.path().join("data");
        let mut child = command(setup, &data)
            .spawn()
            .map_err(|source| LoadError::Start {
                path: setup.server.display().to_string(),
                source,
            })?;
        let pid = child.id().ok_or(LoadError::Timeout("the node to start"))?;
        let log = Log::of(setup.log.map_or(LINES, |(_, lines)| lines));
        let said = Log::of(SAID);
        let output = child.stdout.take().ok_or(LoadError::Timeout("its words"))?;
        said.keep(BufReader::new(output).lines());
        let errors = child.stderr.take().ok_or(LoadError::Timeout("its log"))?;
        let mut lines = BufReader::new(errors).lines();
        let address = loop {
            let line = tokio::time::timeout(PATIENCE, lines.next_line()).await;
            let Some(line) = line.map_err(|_| LoadError::Ended(log.text()))?? else {
                return Err(LoadError::Ended(log.text()));
            };
            let address = line
                .split_once("Serving on http://")
                .and_then(|(_, rest)| rest.split_whitespace().next())
                .map(str::to_owned);
            log.push(line);
            if let Some(address) = address {
                break address;
            }
        };
        log.keep(lines);
        let node = Self {
            key: Key::load(&data.join("keys/media.key"))?,
            child,
            pid,
            address,
            log,
            said,
            dir,
        };
        node.until_ready().await?;
        Ok(node)
    }

    async fn until_ready(&self) -> Result<(), LoadError> {
        let ready = async {
            while !matches!(self.get("/readyz").await, Ok((200, _))) {
                tokio::time::sleep(LOOK).await;
            }
        };
        tokio::time::timeout(PATIENCE, ready)
            .await
            .map_err(|_| LoadError::Ended(self.log.text()))
    }

    /// Status and body of `path`.
    pub(crate) async fn get(&self, path: &str) -> io::Result<(u16, String)> {
        let mut stream = TcpStream::connect(&self.address).await?;
        let host = &self.address;
        let request = format!("GET {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await?;
        let status = answer.split(' ').nth(1).and_then(|s| s.parse().ok());
        let body = answer.split_once("\r\n\r\n").map_or("", |(_, body)| body);
        Ok((status.unwrap_or(0), body.to_owned()))
    }

    /// The sum of a metric over its labels.
    pub(crate) async fn metric(&self, name: &str) -> Result<f64, LoadError> {
        let (_, body) = self.get("/metrics").await?;
        Ok(metric(&body, name))
    }

    /// Bytes the visit journal holds on disk.
    pub(crate) fn journal_bytes(&self) -> u64 {
        fn size(folder: &Path) -> u64 {
            let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
            entries
                .map(|entry| match entry.metadata() {
                    Ok(about) if about.is_dir() => size(&entry.path()),
                    Ok(about) => about.len(),
                    // Gone meanwhile.
                    Err(_) => 0,
                })
                .sum()
        }
        size(&self.data().join("journal"))
    }

    /// The directory it keeps everything in.
    pub(crate) fn data(&self) -> PathBuf {
        self.dir.path().join("data")
    }

    /// The newest lines of its log.
    pub(crate) fn log(&self) -> Vec<String> {
        self.log.lines()
    }

    /// The newest lines of its standard output.
    pub(crate) fn said(&self) -> Vec<String> {
        self.said.lines()
    }

    /// CPU time of its process so far.
    pub(crate) fn cpu(&self) -> Result<Duration, LoadError> {
        Ok(Cpu::of(self.pid)?.since(&Cpu::default(), ""))
    }

    /// The processes of its private database.
    fn database_processes(&self) -> impl Iterator<Item = PathBuf> {
        let folder = self.data().join("postgres");
        let processes = std::fs::read_dir("/proc").into_iter().flatten().flatten();
        let processes = processes.map(|entry| entry.path());
        processes.filter(move |process| {
            std::fs::read_link(process.join("cwd")).is_ok_and(|cwd| cwd == folder)
        })
    }

    /// CPU time of the database's processes so far, in ticks of the kernel: of those that live, and
    /// of those that ended.
    pub(crate) fn database_cpu(&self) -> Duration {
        let spent = self.database_processes().map(|process| {
            let stat = std::fs::read_to_string(process.join("stat")).unwrap_or_default();
            cpu_ticks(&stat)
        });
        let ticks: u64 = spent.sum();
        Duration::from_secs_f64(ticks as f64 / rustix::param::clock_ticks_per_second() as f64)
    }

    /// Connections of the node to its private database: the processes that serve them.
    pub(crate) fn database_connections(&self) -> usize {
        let serves = |process: &PathBuf| {
            let title = std::fs::read_to_string(process.join("cmdline")).unwrap_or_default();
            title.contains("[local]")
        };
        self.database_processes().filter(serves).count()
    }

    /// Stops the node as an operator would.
    pub(crate) async fn stop(mut self) -> Result<(), LoadError> {
        if let Some(pid) = i32::try_from(self.pid).ok().and_then(Pid::from_raw) {
            // Fails when it has ended already.
            let _ = kill_process(pid, Signal::TERM);
        }
        let ended = tokio::time::timeout(PATIENCE, self.child.wait()).await;
        match ended {
            Ok(Ok(status)) if status.success() => Ok(()),
            Ok(_) => Err(LoadError::Ended(self.log.text())),
            Err(_) => Err(LoadError::Timeout("the node to stop")),
        }
    }
}

fn command(setup: &Setup, data: &Path) -> Command {
    let mut command = Command::new(&setup.server);
    command
        .args(["up", "--http", "127.0.0.1:0", "--media-port", "0"])
        .args(["--media-ip", "127.0.0.1", "--media-workers", "1"])
        .args(["--media-io", setup.io.name()])
        .args([
            "--media-estimation",
            if setup.estimation { "on" } else { "off" },
        ])
        .arg("--data-dir")
        .arg(data)
        .env_remove("DATABASE_URL")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    if setup.demo {
        command.arg("--demo");
    }
    if let Some((log, _)) = setup.log {
        command.args(["--log", log]);
    }
    command
}

/// One that the database's own user can pass through when this runs as root.
fn directory() -> io::Result<tempfile::TempDir> {
    use std::os::unix::fs::PermissionsExt as _;
    let dir = tempfile::Builder::new()
        .prefix("bedside-load-")
        .permissions(std::fs::Permissions::from_mode(0o711))
        .tempdir_in("/var/tmp")?;
    Ok(dir)
}

fn metric(text: &str, name: &str) -> f64 {
    let values = text.lines().filter_map(|line| {
        let rest = line.strip_prefix(name)?;
        let labels = rest.starts_with([' ', '{']);
        labels.then(|| rest.rsplit(' ').next()?.parse::<f64>().ok())?
    });
    values.sum()
}

/// What a process and its ended children spent (proc_pid_stat(5), fields 14 to 17).
fn cpu_ticks(stat: &str) -> u64 {
    // The name, in brackets, may hold anything.
    let fields = stat.rsplit_once(')').map_or("", |(_, fields)| fields);
    let spent = fields.split_whitespace().skip(11).take(4);
    spent.filter_map(|field| field.parse::<u64>().ok()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_metric_is_summed_over_its_labels_and_not_its_namesakes() {
        let text = "# HELP a_rooms x\na_rooms{worker=\"0\"} 2\na_rooms{worker=\"1\"} 3\n\
             a_rooms_total 9\nb_rooms 4\n";
        assert!((metric(text, "a_rooms") - 5.0).abs() < f64::EPSILON);
        assert!((metric(text, "b_rooms") - 4.0).abs() < f64::EPSILON);
        assert!(metric(text, "c").abs() < f64::EPSILON);
    }

    #[test]
    fn what_a_process_and_its_ended_children_spent_is_added_up() {
        let stat = "7 (a ) b) S 1 7 7 0 -1 4194560 9 9 0 0 11 22 33 44 20 0 1 0 5 6 7";
        assert_eq!(cpu_ticks(stat), 110);
    }
}
