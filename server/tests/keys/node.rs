//! A running program, and what an operator and a client do with it.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tempfile::TempDir;

/// How often and how far apart a condition is looked at: two minutes in all.
const LOOKS: u32 = 1_200;
const BETWEEN: Duration = Duration::from_millis(100);

/// Looks until `found` has something.
pub(crate) fn until<T>(what: &str, mut found: impl FnMut() -> Option<T>) -> T {
    for _ in 0..LOOKS {
        if let Some(found) = found() {
            return found;
        }
        thread::park_timeout(BETWEEN);
    }
    panic!("waited in vain for {what}");
}

/// A data directory that the database's own user can reach when the tests run as root.
pub(crate) struct Place {
    _dir: TempDir,
    pub(crate) data: PathBuf,
}

impl Place {
    pub(crate) fn new() -> Self {
        let dir = tempfile::tempdir().expect("temporary directory");
        fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o755)).expect("mode");
        Self {
            data: dir.path().join("data"),
            _dir: dir,
        }
    }

    pub(crate) fn key(&self, name: &str) -> PathBuf {
        self.data.join("keys").join(name)
    }

    /// The program with these words, on this data directory.
    pub(crate) fn bedside(&self, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_bedside"));
        command.args(words).arg("--data-dir").arg(&self.data);
        for variable in [
            "DATABASE_URL",
            "DATABASE_OWNER_URL",
            "BEDSIDE_MASTER_KEY",
            "BEDSIDE_RETIRED_MASTER_KEYS",
        ] {
            command.env_remove(variable);
        }
        command
    }

    pub(crate) fn up(&self) -> Command {
        let mut command = self.bedside(&["up", "--demo", "--media-port", "0", "--turn", "off"]);
        command
            .args(["--http", "127.0.0.1:0"])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// `bedside keys …`, which must succeed: what it printed.
    pub(crate) fn keys(&self, words: &[&str]) -> String {
        let words = [&["keys"], words].concat();
        let output = self.bedside(&words).output().expect("run");
        assert!(output.status.success(), "{words:?}: {output:?}");
        String::from_utf8(output.stdout).expect("UTF-8")
    }

    /// Why the program does not start as `command`: its last line.
    pub(crate) fn refusal(command: &mut Command) -> String {
        let Output { status, stderr, .. } = command.output().expect("run");
        assert!(!status.success(), "it ran");
        let text = String::from_utf8_lossy(&stderr).into_owned();
        text.lines().last().unwrap_or_default().to_owned()
    }
}

/// A running node; killed when a test ends early.
pub(crate) struct Node {
    child: Child,
    pub(crate) address: String,
    /// Everything it said on standard error.
    pub(crate) log: Arc<Mutex<String>>,
    /// `demo  ROLE  EMAIL  PASSWORD`.
    accounts: Vec<String>,
}

impl Node {
    /// Starts `command` and waits until it serves.
    pub(crate) fn start(command: &mut Command) -> Self {
        let mut child = command.spawn().expect("started");
        let log = Arc::new(Mutex::new(String::new()));
        let (told, errors) = (log.clone(), child.stderr.take().expect("piped"));
        let (serving, address) = std::sync::mpsc::channel();
        // Ends with the program; keeps the pipe empty meanwhile.
        thread::spawn(move || {
            for line in BufReader::new(errors).lines().map_while(Result::ok) {
                if let Some((_, rest)) = line.split_once("Serving on http://") {
                    let address = rest.split_whitespace().next().unwrap_or_default();
                    let _ = serving.send(address.to_owned());
                }
                let mut log = told.lock().expect("not poisoned");
                log.push_str(&line);
                log.push('\n');
            }
        });
        let address = address.recv().unwrap_or_else(|_| {
            panic!("ended early:\n{}", log.lock().expect("not poisoned"));
        });
        let output = BufReader::new(child.stdout.take().expect("piped"));
        let accounts = output.lines().take(7).map(|line| line.expect("read"));
        Self {
            accounts: accounts.collect(),
            child,
            address,
            log,
        }
    }

    pub(crate) fn stop(mut self) {
        kill_process(Pid::from_child(&self.child), Signal::TERM).expect("told to stop");
        assert!(self.child.wait().expect("ended").success());
    }

    /// Address and password of a demo account.
    pub(crate) fn account(&self, email: &str) -> (String, String) {
        let line = self.accounts.iter().find(|line| line.contains(email));
        let words: Vec<&str> = line.expect("a demo account").split("  ").collect();
        (words[2].to_owned(), words[3].to_owned())
    }

    pub(crate) fn sign_in(&self, email: &str) -> Client {
        let (email, password) = self.account(email);
        let body = serde_json::json!({"email": email, "password": password});
        let mut client = Client {
            address: self.address.clone(),
            cookie: String::new(),
        };
        let answer = client.ask("POST", "/api/v1/sessions", &[], Some(&body));
        assert_eq!(answer.status, 201, "{}", answer.text);
        let set = answer.head.lines().find_map(|line| {
            let (name, value) = line.split_once(": ")?;
            (name.eq_ignore_ascii_case("set-cookie") && value.starts_with("__Host-bedside="))
                .then(|| value.split(';').next())?
        });
        client.cookie = set.expect("a cookie").to_owned();
        client
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        // It has ended already unless the test failed.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Somebody signed in.
pub(crate) struct Client {
    address: String,
    pub(crate) cookie: String,
}

pub(crate) struct Answer {
    pub(crate) status: u16,
    head: String,
    pub(crate) text: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or(Value::Null)
    }
}

impl Client {
    pub(crate) fn ask(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<&Value>,
    ) -> Answer {
        let address = &self.address;
        let body = body.map(Value::to_string).unwrap_or_default();
        let mut head = format!(
            "{method} {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\
             sec-fetch-site: same-origin\r\ncontent-type: application/json\r\n\
             content-length: {}\r\ncookie: {}\r\n",
            body.len(),
            self.cookie
        );
        for (name, value) in headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        let mut stream = TcpStream::connect(address).expect("connects");
        write!(stream, "{head}\r\n{body}").expect("sent");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("answered");
        let (head, text) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
        let status = head.split(' ').nth(1).and_then(|code| code.parse().ok());
        Answer {
            status: status.expect("a status"),
            head: head.to_owned(),
            text: text.to_owned(),
        }
    }

    pub(crate) fn get(&self, path: &str) -> Value {
        let answer = self.ask("GET", path, &[], None);
        assert_eq!(answer.status, 200, "{path}: {}", answer.text);
        answer.json()
    }

    /// Makes something: what was made.
    pub(crate) fn post(&self, path: &str, body: &Value) -> Value {
        let answer = self.ask("POST", path, &[], Some(body));
        assert!(
            (200..300).contains(&answer.status),
            "{path}: {}",
            answer.text
        );
        answer.json()
    }
}

/// Runs a program of PostgreSQL on the private database of `data`, as `role`.
pub(crate) fn postgres(data: &Path, role: &str, program: &str, words: &[&str]) -> Vec<u8> {
    let mut folders: Vec<_> = fs::read_dir("/usr/lib/postgresql")
        .expect("PostgreSQL is installed")
        .map(|entry| entry.expect("readable").path())
        .collect();
    folders.sort();
    let folder = folders.pop().expect("a version");
    let output = Command::new(folder.join("bin").join(program))
        .arg("-h")
        .arg(data.join("run"))
        .args(["-U", role])
        .args(words)
        .arg("bedside")
        .output()
        .expect("run");
    assert!(output.status.success(), "{program}: {output:?}");
    output.stdout
}
