//! The audit log in an operator's hands: kept by the running program, verified, exported, and
//! verified again from the export.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::thread;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

/// How often and how far apart a condition is looked at: two minutes in all.
const LOOKS: u32 = 480;
const BETWEEN: Duration = Duration::from_millis(250);

fn bedside(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_bedside"));
    command
        .args(args)
        .env_remove("DATABASE_URL")
        .env_remove("DATABASE_OWNER_URL");
    command
}

/// The running program; killed when a test ends early.
struct Program(Child);

impl Program {
    /// Starts a node with demo data and waits until it serves.
    fn start(data_dir: &str) -> Self {
        let mut child = bedside(&["up", "--demo", "--media-port", "0", "--http", "127.0.0.1:0"])
            .args(["--turn", "off", "--data-dir", data_dir])
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("started");
        let mut lines = BufReader::new(child.stderr.take().expect("piped")).lines();
        let serves = lines.any(|line| line.expect("readable").contains("Serving on http://"));
        assert!(serves, "it ended early");
        // Keeps the pipe empty, so that the program never waits for its reader.
        thread::spawn(move || lines.for_each(drop));
        Self(child)
    }

    fn stop(mut self) {
        kill_process(Pid::from_child(&self.0), Signal::TERM).expect("told to stop");
        assert!(self.0.wait().expect("ended").success());
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // It has ended already unless the test failed.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn verify(args: &[&str]) -> (Option<i32>, Value, String) {
    let output: Output = bedside(&["audit", "verify", "--json"])
        .args(args)
        .output()
        .expect("run");
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    let verdict = serde_json::from_slice(&output.stdout).unwrap_or(Value::Null);
    (output.status.code(), verdict, errors)
}

#[test]
fn the_log_is_kept_verified_exported_and_verified_again() {
    let dir = tempfile::tempdir().expect("a directory");
    // The database's own user must pass.
    fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o755)).expect("its mode");
    let data = dir.path().join("data");
    let data_dir = data.to_str().expect("UTF-8");
    let program = Program::start(data_dir);
    let mut verdict = Value::Null;
    for _ in 0..LOOKS {
        let (code, found, errors) = verify(&["--data-dir", data_dir]);
        assert_eq!(code, Some(0), "{found} {errors}");
        verdict = found;
        if verdict["entries"].as_u64() > Some(0) && verdict["copies"].as_u64() > Some(0) {
            break;
        }
        thread::park_timeout(BETWEEN);
    }
    assert!(verdict["copies"].as_u64() > Some(0), "{verdict}");
    program.stop();

    let out = dir.path().join("out");
    fs::create_dir(&out).expect("made");
    let export = |name: &Path| {
        bedside(&["audit", "export", "--data-dir", data_dir, "--out"])
            .arg(name)
            .output()
            .expect("run")
    };
    let exported = export(&out);
    assert!(exported.status.success(), "{exported:?}");
    assert_eq!(
        export(&out).status.code(),
        Some(2),
        "nothing is overwritten"
    );
    let file = out.join("audit-log.jsonl");
    let mode = fs::metadata(&file).expect("there").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);

    let key = data.join("keys/audit.key");
    let copies = data.join("checkpoints");
    let offline = |dump: &Path| {
        verify(&[
            "--dump",
            dump.to_str().expect("UTF-8"),
            "--key",
            key.to_str().expect("UTF-8"),
            "--checkpoint",
            copies.to_str().expect("UTF-8"),
        ])
    };
    let (code, verdict, errors) = offline(&out);
    assert_eq!(code, Some(0), "{verdict} {errors}");
    // The export itself is a row, younger than what the sealer sealed.
    assert!(verdict["unsealed"].as_u64() > Some(0), "{verdict}");

    let text = fs::read_to_string(&file).expect("readable");
    let edited = text.replacen("\"outcome\":\"success\"", "\"outcome\":\"denied\"", 1);
    let line = text
        .lines()
        .find(|line| line.contains("\"outcome\":\"success\""))
        .expect("a row");
    let line: Value = serde_json::from_str(line).expect("JSON");
    fs::write(&file, edited).expect("written");
    let (code, verdict, errors) = offline(&file);
    assert_eq!(code, Some(1), "{verdict}");
    assert_eq!(verdict["first"]["kind"], "altered");
    assert_eq!(verdict["first"]["row"], line["entry"]["event"], "{verdict}");
    assert!(errors.contains("not sound"), "{errors}");

    fs::write(&file, &text[..text.len() / 2]).expect("cut");
    let (code, _, errors) = offline(&file);
    assert_eq!(code, Some(2), "{errors}");
    assert!(errors.contains("export"), "{errors}");
    let (code, _, errors) = verify(&["--dump", "/nowhere", "--key", "/nowhere"]);
    assert_eq!(code, Some(2), "{errors}");
}
