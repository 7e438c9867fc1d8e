//! Where mail goes in tests: a real mail server, or a folder.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::Duration;

use core_api::{Credentials, MailConfig, Outgoing, Security, Smtp};
use serde_json::{Value, json};
use tokio::sync::mpsc;

/// How long a test waits for what must come.
const PATIENCE: Duration = Duration::from_secs(60);

/// A mail server (`tests/smtp_server.py`). It ends with this.
pub(crate) struct MailServer {
    pub(crate) port: u16,
    process: Child,
    input: Option<ChildStdin>,
    /// Lines of its output; its owner is a thread that ends with the process.
    said: mpsc::UnboundedReceiver<Value>,
    pub(crate) dir: tempfile::TempDir,
}

impl MailServer {
    /// A server with a certificate for `localhost` of an authority in `root.pem`.
    pub(crate) async fn start(security: Security) -> Self {
        let dir = tempfile::tempdir().expect("folder");
        let (cert, key) = certificate(dir.path());
        let tls = match security {
            Security::None => "none",
            Security::StartTls => "starttls",
            Security::Tls => "implicit",
        };
        let settings = json!({
            "tls": tls, "cert": cert, "key": key, "user": "bedside", "password": "a secret of ours",
        });
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/smtp_server.py");
        let mut process = Command::new(python())
            .args([script, &settings.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("Python of target/venv: run `deploy/setup.sh test` once");
        let output = BufReader::new(process.stdout.take().expect("piped"));
        let (sender, said) = mpsc::unbounded_channel();
        std::thread::spawn(move || {
            for line in output.lines().map_while(Result::ok) {
                let line = serde_json::from_str(&line).expect("JSON");
                if sender.send(line).is_err() {
                    return;
                }
            }
        });
        let mut server = Self {
            port: 0,
            input: process.stdin.take(),
            process,
            said,
            dir,
        };
        let port = server.next().await["port"].as_u64().expect("a port");
        server.port = port.try_into().expect("a port");
        server
    }

    /// The next thing it says.
    pub(crate) async fn next(&mut self) -> Value {
        let next = tokio::time::timeout(PATIENCE, self.said.recv()).await;
        next.expect("in time").expect("it runs")
    }

    /// Has it answer letters with `code` from now on.
    pub(crate) async fn answer(&mut self, code: u16) {
        let input = self.input.as_mut().expect("open");
        writeln!(input, "{code}").expect("told");
        let told = code.to_string();
        while self.next().await["told"] != told {}
    }

    /// How core-api is told of it.
    pub(crate) fn config(&self, security: Security) -> MailConfig {
        let credentials = Credentials {
            user: "bedside".into(),
            password: "a secret of ours".to_owned().into(),
        };
        MailConfig {
            from: "Bedside <no-reply@visits.example>".into(),
            links: "https://visits.example".into(),
            outgoing: Outgoing::Smtp(Smtp {
                host: "localhost".into(),
                port: self.port,
                security,
                credentials: (security != Security::None).then_some(credentials),
                root: Some(self.dir.path().join("root.pem")),
            }),
        }
    }
}

impl Drop for MailServer {
    fn drop(&mut self) {
        drop(self.input.take());
        let _ = self.process.wait();
    }
}

fn python() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/venv/bin/python");
    std::env::var_os("BEDSIDE_PYTHON").map_or(here, PathBuf::from)
}

fn certificate(dir: &Path) -> (PathBuf, PathBuf) {
    let key = rcgen::KeyPair::generate().expect("key");
    let mut root = rcgen::CertificateParams::new(Vec::new()).expect("parameters");
    root.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let root_pem = root.self_signed(&key).expect("signed").pem();
    std::fs::write(dir.join("root.pem"), root_pem).expect("written");
    let issuer = rcgen::Issuer::new(root, key);
    let key = rcgen::KeyPair::generate().expect("key");
    let leaf = rcgen::CertificateParams::new(vec!["localhost".to_owned()]).expect("parameters");
    let leaf = leaf.signed_by(&key, &issuer).expect("signed");
    let (cert_file, key_file) = (dir.join("cert.pem"), dir.join("key.pem"));
    std::fs::write(&cert_file, leaf.pem()).expect("written");
    std::fs::write(&key_file, key.serialize_pem()).expect("written");
    (cert_file, key_file)
}

/// A folder that letters are written to.
pub(crate) struct Letters {
    dir: tempfile::TempDir,
    seen: Vec<PathBuf>,
}

impl Letters {
    pub(crate) fn new() -> Self {
        Self {
            dir: tempfile::tempdir().expect("folder"),
            seen: Vec::new(),
        }
    }

    pub(crate) fn folder(&self) -> PathBuf {
        self.dir.path().join("mail")
    }

    pub(crate) fn config(&self) -> MailConfig {
        MailConfig {
            from: "no-reply@visits.example".into(),
            links: "https://visits.example".into(),
            outgoing: Outgoing::Files(self.folder()),
        }
    }

    /// The next letter to `to`; the others before it are passed over.
    pub(crate) async fn next(&mut self, to: &str) -> String {
        let wanted = format!("To: {to}\r\n");
        let found = async {
            loop {
                if let Some(text) = self.look(&wanted) {
                    return text;
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        let found = tokio::time::timeout(PATIENCE, found).await;
        found.expect("a letter in time")
    }

    fn look(&mut self, wanted: &str) -> Option<String> {
        let files = std::fs::read_dir(self.folder()).expect("the folder");
        let mut files: Vec<PathBuf> = files.map(|file| file.expect("a file").path()).collect();
        // Named by their ids, which are in the order of writing.
        files.sort();
        files.retain(|file| file.extension().is_some_and(|end| end == "eml"));
        for file in files {
            if self.seen.contains(&file) {
                continue;
            }
            let text = std::fs::read_to_string(&file).expect("whole");
            self.seen.push(file);
            if text.contains(wanted) {
                return Some(text);
            }
        }
        None
    }
}

/// The secret in the link to `page` that `letter` holds.
pub(crate) fn secret(letter: &str, page: &str) -> String {
    let text = letter.replace("=\r\n", "").replace("=3D", "=");
    let link = format!("https://visits.example/{page}#");
    let (_, rest) = text.split_once(&link).expect("a link");
    rest.chars()
        .take_while(|letter| letter.is_ascii_alphanumeric() || "-_".contains(*letter))
        .collect()
}
