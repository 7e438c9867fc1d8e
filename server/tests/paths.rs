//! The paths into a running program: TURN, and the single port that carries everything.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Child, ChildStderr, Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

/// A started program; killed at the end.
struct Program {
    child: Child,
    errors: BufReader<ChildStderr>,
    _data: TempDir,
}

impl Program {
    fn start(flags: &[&str]) -> Self {
        let data = tempfile::tempdir().expect("temporary directory");
        // The database's own user must reach it when the tests run as root.
        fs::set_permissions(data.path(), fs::Permissions::from_mode(0o755)).expect("mode");
        let mut child = Command::new(env!("CARGO_BIN_EXE_bedside"))
            .args(["up", "--media-port", "0", "--http", "127.0.0.1:0"])
            .arg("--data-dir")
            .arg(data.path())
            .args(flags)
            .env_remove("DATABASE_URL")
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("started");
        let errors = BufReader::new(child.stderr.take().expect("piped"));
        Self {
            child,
            errors,
            _data: data,
        }
    }

    /// The rest of the first line with `mark`, from there on.
    fn line(&mut self, mark: &str) -> String {
        let mut log = String::new();
        loop {
            let mut line = String::new();
            let count = self.errors.read_line(&mut line).expect("readable");
            assert_ne!(count, 0, "ended without {mark:?}:\n{log}");
            if let Some((_, rest)) = line.split_once(mark) {
                return rest.trim_end().to_owned();
            }
            log.push_str(&line);
        }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // It ends its database too; a program that is gone already needs no telling.
        let _ = kill_process(Pid::from_child(&self.child), Signal::TERM);
        let mut rest = Vec::new();
        let _ = self.errors.read_to_end(&mut rest);
        let _ = self.child.wait();
    }
}

/// Runs coturn's client with credentials that were never minted; true if it got an allocation.
fn intruder_gets_in(port: &str, flags: &[&str]) -> bool {
    let name = "4000000000:intruder";
    Command::new("turnutils_uclient")
        .args([
            "-c",
            "-n",
            "1",
            "-u",
            name,
            "-w",
            "guess",
            "-e",
            "127.0.0.1",
            "-p",
            port,
        ])
        .args(flags)
        .arg("127.0.0.1")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .expect("coturn's tools are installed (Debian: coturn)")
        .success()
}

#[test]
fn one_port_carries_everything() {
    let flags = [
        "--tls",
        "127.0.0.1:0",
        "--turn-port",
        "0",
        "--turn-tls-port",
        "0",
    ];
    let mut program = Program::start(&flags);
    let told = program.line("Clients are told of TURN at ");
    let address = program.line("Serving on https://");
    let address = address.split_whitespace().next().expect("an address");
    let port = address.rsplit(':').next().expect("a port");
    // No name is configured, so no client is sent to TLS, whose certificate names no address.
    assert!(told.contains(&format!(":{port}?transport=tcp")), "{told}");
    assert!(!told.contains("turns:"), "{told}");

    // Media; TURN over UDP, TCP and TLS; HTTPS, TURN over TCP and over TLS on the single port:
    // real allocations with minted credentials.
    assert_eq!(
        program.line("Self-test: "),
        "9 of 9 paths work on this machine"
    );

    let mut plain = TcpStream::connect(address).expect("connected");
    write!(plain, "GET /staff?x=1 HTTP/1.1\r\nhost: {address}\r\n\r\n").expect("sent");
    let mut answer = String::new();
    plain.read_to_string(&mut answer).expect("answered");
    assert!(answer.starts_with("HTTP/1.1 308"), "{answer}");
    let location = format!("location: https://{address}/staff?x=1\r\n");
    assert!(answer.contains(&location), "{answer}");

    assert!(!intruder_gets_in(port, &["-t"]));
    assert!(!intruder_gets_in(port, &["-t", "-S"]));
}

#[test]
fn turn_can_be_switched_off() {
    let mut program = Program::start(&["--turn", "off"]);
    assert_eq!(
        program.line("Self-test: "),
        "2 of 2 paths work on this machine"
    );
}

#[test]
fn the_doctor_names_a_taken_port_and_half_a_certificate() {
    let taken = std::net::TcpListener::bind("0.0.0.0:0").expect("bound");
    let port = taken.local_addr().expect("address").port().to_string();
    let data = tempfile::tempdir().expect("temporary directory");
    let doctor = |flags: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_bedside"))
            .args(["doctor", "--media-port", "0", "--http", "127.0.0.1:0"])
            .arg("--data-dir")
            .arg(data.path())
            .args(flags)
            .env_remove("DATABASE_URL")
            .output()
            .expect("run");
        let text = [output.stdout, output.stderr].concat();
        (
            output.status.success(),
            String::from_utf8_lossy(&text).into_owned(),
        )
    };
    let (well, text) = doctor(&["--turn-port", &port]);
    assert!(!well);
    let line = text
        .lines()
        .find(|line| line.starts_with("FAIL  TURN over TCP"));
    let line = line.unwrap_or_else(|| panic!("not named: {text}"));
    assert!(line.contains(&format!("port {port}/tcp")), "{line}");
    assert!(line.contains("--turn-port"), "{line}");
    assert!(text.contains("ok    TURN over UDP"), "{text}");

    let (well, text) = doctor(&["--tls-cert", "x.pem"]);
    assert!(
        !well && text.contains("--tls-cert and --tls-key belong together"),
        "{text}"
    );
}

#[test]
fn the_doctor_elsewhere_tells_what_arrives_and_what_does_not() {
    let mut program = Program::start(&["--tls", "127.0.0.1:0", "--turn", "off"]);
    let media = program.line("Media on UDP [");
    let media = media.split([',', ']']).next().expect("an address");
    let media = media.rsplit(':').next().expect("a port");
    let single = program.line("Serving on https://");
    let single = single.split_whitespace().next().expect("an address");
    // What the node sends to itself is counted, too.
    program.line("Self-test: ");
    // Neither keys nor a data directory of the node's.
    let elsewhere = tempfile::tempdir().expect("temporary directory");
    let doctor = |media: &str| {
        let output = Command::new(env!("CARGO_BIN_EXE_bedside"))
            .args(["doctor", "--external", "127.0.0.1", "--turn", "off"])
            .args([
                "--tls",
                single,
                "--media-port",
                media,
                "--media-tcp-port",
                "0",
            ])
            .arg("--data-dir")
            .arg(elsewhere.path().join("none"))
            .env_remove("DATABASE_URL")
            .output()
            .expect("run");
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        (output.status.success(), text)
    };
    let (well, text) = doctor(media);
    assert!(well, "{text}");
    for line in [
        "ok    name: 127.0.0.1 is 127.0.0.1",
        "ok    media over UDP at 127.0.0.1: arrives",
        "ok    HTTPS on the single port at 127.0.0.1: answers",
        "ok    media over TCP on the single port at 127.0.0.1: arrives",
        "warn  certificate at 127.0.0.1: it is self-signed",
    ] {
        assert!(text.contains(line), "{line}: {text}");
    }

    // A port that nobody has, as behind a firewall.
    let closed = std::net::UdpSocket::bind("127.0.0.1:0").expect("bound");
    let port = closed.local_addr().expect("address").port().to_string();
    let (well, text) = doctor(&port);
    assert!(!well);
    let line = text.lines().find(|line| line.starts_with("FAIL"));
    let line = line.unwrap_or_else(|| panic!("not named: {text}"));
    assert!(
        line.starts_with("FAIL  media over UDP at 127.0.0.1")
            && line.contains(&format!("allow UDP {port} to 127.0.0.1")),
        "{line}"
    );
}
