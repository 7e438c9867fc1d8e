//! pebble, the ACME server that Let's Encrypt tests clients with, and its name server.

use std::fs;
use std::net::{IpAddr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;

/// How often and how far apart a condition is looked at: a minute in all.
const LOOKS: u32 = 600;
const BETWEEN: Duration = Duration::from_millis(100);

/// A running authority, and files of its own. It sees every name at `ip`.
pub(super) struct Authority {
    ip: IpAddr,
    tls_port: u16,
    api: SocketAddr,
    names: SocketAddr,
    folder: TempDir,
    running: Vec<Child>,
}

impl Authority {
    /// One that asks at `tls_port` of `ip`.
    pub(super) fn start(ip: IpAddr, tls_port: u16) -> Self {
        let folder = tempfile::tempdir().expect("folder");
        own_certificate(folder.path(), ip);
        let mut this = Self {
            ip,
            tls_port,
            api: free(ip),
            names: free(ip),
            folder,
            running: Vec::new(),
        };
        this.run();
        this
    }

    /// Starts anew, without any memory.
    pub(super) fn restart(&mut self) {
        self.end();
        self.run();
    }

    /// The URL of its directory.
    pub(super) fn directory(&self) -> String {
        format!("https://{}/dir", self.api)
    }

    /// Whom to trust for the directory's own certificate.
    pub(super) fn root(&self) -> PathBuf {
        self.folder.path().join("root.pem")
    }

    fn run(&mut self) {
        let path = |name: &str| self.folder.path().join(name);
        let config = serde_json::json!({ "pebble": {
            "listenAddress": self.api.to_string(),
            "managementListenAddress": free(self.ip).to_string(),
            "certificate": path("own.pem"),
            "privateKey": path("own.key"),
            "httpPort": 80,
            "tlsPort": self.tls_port,
            "certificateValidityPeriod": 90 * 86_400,
        } });
        fs::write(path("config.json"), config.to_string()).expect("written");
        let spawn = |command: &mut Command| {
            let quiet = command.stdout(Stdio::null()).stderr(Stdio::null());
            quiet.spawn().expect("pebble is installed (Debian: pebble)")
        };
        let names = spawn(
            Command::new("pebble-challtestsrv")
                .args(["-http01", "", "-https01", "", "-tlsalpn01", ""])
                .args(["-defaultIPv6", "", "-defaultIPv4", &self.ip.to_string()])
                .args(["-dns01", &self.names.to_string()])
                .args(["-management", &free(self.ip).to_string()]),
        );
        let pebble = spawn(
            Command::new("pebble")
                .arg("-config")
                .arg(path("config.json"))
                .args(["-dnsserver", &self.names.to_string()])
                // It asks at once, and each time anew.
                .env("PEBBLE_VA_NOSLEEP", "1")
                .env("PEBBLE_AUTHZREUSE", "0"),
        );
        self.running = vec![names, pebble];
        // Both servers speak TCP; the name server does so beside UDP.
        for address in [self.names, self.api] {
            let mut looks = (0..LOOKS).map(|_| std::thread::park_timeout(BETWEEN));
            let up = looks.any(|()| TcpStream::connect(address).is_ok());
            assert!(up, "nothing answers at {address}");
        }
    }

    fn end(&mut self) {
        for mut child in self.running.drain(..) {
            // One that is gone already needs no telling.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

impl Drop for Authority {
    fn drop(&mut self) {
        self.end();
    }
}

/// The certificate of the directory, and of who gave it.
fn own_certificate(folder: &Path, ip: IpAddr) {
    let key = rcgen::KeyPair::generate().expect("a key");
    let mut params = rcgen::CertificateParams::new(Vec::new()).expect("no names");
    params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let root = rcgen::CertifiedIssuer::self_signed(params, key).expect("made");
    let params = rcgen::CertificateParams::new(vec![ip.to_string()]).expect("an address");
    let key = rcgen::KeyPair::generate().expect("a key");
    let own = params.signed_by(&key, &root).expect("signed");
    let write = |name: &str, text: String| {
        fs::write(folder.join(name), text).expect("written");
    };
    write("root.pem", root.pem());
    write("own.pem", own.pem());
    write("own.key", key.serialize_pem());
}

/// A port that nothing has, at an address of this process alone.
fn free(ip: IpAddr) -> SocketAddr {
    let probe = TcpListener::bind((ip, 0)).expect("bound");
    probe.local_addr().expect("an address")
}
