//! The program as an operator meets it: started, stopped, and started wrongly.

mod stop;

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

/// How often and how far apart a condition is looked at: two minutes in all.
const LOOKS: u32 = 1_200;
const BETWEEN: Duration = Duration::from_millis(100);

/// A directory that the database's own user can reach when the tests run as root.
fn directory() -> TempDir {
    let dir = tempfile::tempdir().expect("temporary directory");
    fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o755)).expect("mode");
    dir
}

fn bedside(data_dir: &Path, http: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_bedside"));
    command
        .args(["up", "--demo", "--media-port", "0", "--http", http])
        .arg("--data-dir")
        .arg(data_dir)
        .env_remove("DATABASE_URL")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// A started program; killed when a test ends early.
struct Program {
    child: Child,
    accounts: Vec<String>,
    address: String,
    log: JoinHandle<String>,
}

impl Program {
    fn start(data_dir: &Path) -> Self {
        let mut child = bedside(data_dir, "127.0.0.1:0").spawn().expect("started");
        let mut errors = BufReader::new(child.stderr.take().expect("piped"));
        let mut address = None;
        let mut log = String::new();
        while address.is_none() {
            let mut line = String::new();
            assert_ne!(
                errors.read_line(&mut line).expect("readable"),
                0,
                "ended early:\n{log}"
            );
            address = line
                .split_once("Serving on http://")
                .and_then(|(_, rest)| rest.split_whitespace().next())
                .map(str::to_owned);
            log.push_str(&line);
        }
        // Keeps the pipe empty, so that the program never waits for its reader.
        let log = thread::spawn(move || {
            errors.read_to_string(&mut log).expect("readable");
            log
        });
        let output = BufReader::new(child.stdout.take().expect("piped"));
        let accounts = output
            .lines()
            .take(7)
            .map(|line| line.expect("readable"))
            .collect();
        Self {
            child,
            accounts,
            address: address.expect("told"),
            log,
        }
    }

    fn get(&self, path: &str) -> (u16, String) {
        request(&self.address, &format!("GET {path} HTTP/1.1\r\n"), "")
    }

    fn until_ready(&self) {
        for _ in 0..LOOKS {
            if self.get("/readyz").0 == 200 {
                return;
            }
            thread::park_timeout(BETWEEN);
        }
        panic!("not ready: {}", self.get("/readyz").1);
    }

    fn stop(self) -> (ExitStatus, String) {
        self.tell_to_stop();
        self.ended()
    }

    fn tell_to_stop(&self) {
        let pid = Pid::from_child(&self.child);
        kill_process(pid, Signal::TERM).expect("told to stop");
    }

    /// Waits for its end: how it ended, and all that it said.
    fn ended(mut self) -> (ExitStatus, String) {
        let status = self.child.wait().expect("ended");
        (status, self.log.join().expect("read"))
    }
}

/// One request, one answer: status and body.
fn request(address: &str, head: &str, body: &str) -> (u16, String) {
    let answer = exchange(address, head, body);
    let status = answer
        .split(' ')
        .nth(1)
        .and_then(|status| status.parse().ok())
        .expect("a status");
    let body = answer.split_once("\r\n\r\n").map_or("", |(_, body)| body);
    (status, body.to_owned())
}

/// One request, and all of the answer.
fn exchange(address: &str, head: &str, body: &str) -> String {
    let mut stream = TcpStream::connect(address).expect("connects");
    let length = body.len();
    write!(
        stream,
        "{head}host: {address}\r\nconnection: close\r\ncontent-type: application/json\r\n\
         content-length: {length}\r\n\r\n{body}"
    )
    .expect("sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("answered");
    answer
}

/// Runs to the end and returns what it said last.
fn refused(command: &mut Command) -> String {
    let output = command.output().expect("ran");
    assert!(!output.status.success(), "it should have refused to start");
    let said = String::from_utf8(output.stderr).expect("text");
    let last = said.lines().last().unwrap_or_default().to_owned();
    assert!(last.starts_with("bedside: "), "{said}");
    last
}

/// Processes of the database that still work in `data_dir`.
fn leftovers(data_dir: &Path) -> usize {
    let folder = data_dir.join("postgres");
    fs::read_dir("/proc")
        .expect("procfs")
        .filter_map(|entry| fs::read_link(entry.ok()?.path().join("cwd")).ok())
        .filter(|cwd| *cwd == folder)
        .count()
}

#[test]
fn from_an_empty_directory_to_a_clean_stop_and_back() {
    let dir = directory();
    let data = dir.path().join("data");
    let program = Program::start(&data);
    program.until_ready();
    let first = program.accounts.clone();
    assert_eq!(first.len(), 7);
    assert!(
        first.iter().all(|line| line.starts_with("demo  ")),
        "{first:?}"
    );
    assert_eq!(program.get("/healthz").0, 200);
    assert!(program.get("/metrics").1.contains("bedside_core_"));
    let from_outside = "GET /metrics HTTP/1.1\r\nx-forwarded-for: 203.0.113.9\r\n";
    assert_eq!(request(&program.address, from_outside, "").0, 404);
    let (status, log) = program.stop();
    assert!(status.success(), "{log}");
    assert!(!log.contains("did not end in time"), "{log}");
    assert_eq!(leftovers(&data.canonicalize().expect("kept")), 0);

    let again = Program::start(&data);
    again.until_ready();
    assert_eq!(again.accounts, first, "the same accounts after a restart");
    let (status, log) = again.stop();
    assert!(
        status.success() && !log.contains("did not end in time"),
        "{log}"
    );
}

#[test]
fn a_second_program_on_the_same_directory_is_refused() {
    let dir = directory();
    let data = dir.path().join("data");
    let program = Program::start(&data);
    let said = refused(&mut bedside(&data, "127.0.0.1:0"));
    assert!(said.contains("in use by process"), "{said}");
    program.until_ready();
    assert!(program.stop().0.success());
}

#[test]
fn sign_in_leaves_no_secret_in_the_log_and_bad_requests_are_told_apart() {
    let dir = directory();
    let program = Program::start(&dir.path().join("data"));
    program.until_ready();
    let patient = program.accounts[0].clone();
    let patient: Vec<&str> = patient.split_whitespace().collect();
    let (email, password) = (patient[2], patient[3]);
    let sign_in = |email: &str, password: &str| {
        let body = format!(r#"{{"email":"{email}","password":"{password}"}}"#);
        request(
            &program.address,
            "POST /api/v1/sessions HTTP/1.1\r\n",
            &body,
        )
    };
    assert_eq!(sign_in(email, password).0, 201);
    let (wrong, unknown) = (
        sign_in(email, "not it"),
        sign_in("nobody@demo.example", "not it"),
    );
    assert_eq!((wrong.0, unknown.0), (401, 401));
    for answer in [&wrong.1, &unknown.1] {
        assert!(answer.contains("invalid_credentials"), "{answer}");
    }
    assert_eq!(program.get("/api/v1/nothing").0, 404);
    assert_eq!(program.get("/rtc/validate?access_token=nonsense").0, 401);
    let (_, log) = program.stop();
    for secret in [email, password, "nonsense", "nobody@demo.example"] {
        assert!(!log.contains(secret), "{secret} is in the log");
    }
}

#[test]
fn a_taken_port_is_named() {
    let dir = directory();
    let taken = TcpListener::bind("127.0.0.1:0").expect("bound");
    let address = taken.local_addr().expect("address").to_string();
    let said = refused(&mut bedside(&dir.path().join("data"), &address));
    assert!(said.contains(&address) && said.contains("--http"), "{said}");
}

#[test]
fn missing_database_programs_are_told_with_what_to_install() {
    let dir = directory();
    let mut command = bedside(&dir.path().join("data"), "127.0.0.1:0");
    let said = refused(command.env("PG_BINDIR", dir.path()));
    assert!(said.contains("apt-get install postgresql"), "{said}");
}

#[test]
fn a_database_that_does_not_answer_is_told() {
    let dir = directory();
    let closed = TcpListener::bind("127.0.0.1:0").expect("bound");
    let port = closed.local_addr().expect("address").port();
    drop(closed);
    let mut command = bedside(&dir.path().join("data"), "127.0.0.1:0");
    let url = format!("postgres://bedside_service:hidden@127.0.0.1:{port}/bedside");
    let said = refused(command.env("DATABASE_URL", url));
    assert!(said.contains("database"), "{said}");
    assert!(!said.contains("hidden"), "{said}");
}

#[test]
fn a_broken_configuration_file_is_named() {
    let dir = directory();
    let config = dir.path().join("bedside.toml");
    fs::write(&config, "htpp = \"127.0.0.1:0\"").expect("written");
    let mut command = bedside(&dir.path().join("data"), "127.0.0.1:0");
    let said = refused(command.arg("--config").arg(&config));
    assert!(
        said.contains("bedside.toml") && said.contains("htpp"),
        "{said}"
    );
}
