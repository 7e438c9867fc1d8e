//! A private PostgreSQL for tests: one cluster a process, one database a test.
//!
//! The cluster is the one the program runs (`store::cluster`), in a temporary directory. Its
//! processes end with the test process, however that ends, and a watcher then removes the
//! directory; what a killed watcher leaves is swept by the next run. Each [`TestDb`] is a copy of
//! a migrated template (about 60 ms), so tests neither see nor wait for each other.
//!
//! Everything here panics instead of returning errors: a test without its database has failed.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read as _;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use domain::{Clock, Entropy, EntropyError, Ids, SystemClock};
use store::audit::AuditKey;
use store::cluster::{Cluster, ClusterConfig};
use store::{Access, Connection, Db, DbConfig, Migrations};
use tokio::sync::{Mutex, OnceCell};

const PREFIX: &str = "bedside-test-";

/// The audit key of every test database.
const AUDIT_KEY: [u8; 32] = [7; 32];

/// Waits for the end of its input, which is the end of the test process; then cuts the cluster
/// short (it may already be shutting down) and removes its directory.
const WATCHER: &str = r#"
read -r _
pid=$(head -n 1 "$1/postgres/postmaster.pid" 2>/dev/null)
if [ -n "$pid" ]; then
    kill -QUIT "$pid" 2>/dev/null
    tries=0
    while [ -e "/proc/$pid/cwd" ] && [ $tries -lt 200 ]; do sleep 0.02; tries=$((tries + 1)); done
fi
rm -rf "$1"
"#;

struct TestCluster {
    cluster: Cluster,
    // Holds the watcher's input open for as long as this process lives.
    _watcher: Child,
}

// Never dropped: statics end with the process, and the watcher follows.
static CLUSTER: OnceCell<TestCluster> = OnceCell::const_new();
// Template database by the migrations it holds. Held while one is made, so each is made once.
static TEMPLATES: Mutex<BTreeMap<String, String>> = Mutex::const_new(BTreeMap::new());
static NEXT: AtomicU32 = AtomicU32::new(1);

/// A fresh, migrated database for one test.
#[derive(Debug)]
pub struct TestDb {
    access: Access,
    db: Db,
}

impl TestDb {
    /// A database with the schemas of `store` and `services`, under the machine's clock.
    pub async fn create(services: &[Migrations]) -> Self {
        Self::create_at(services, Arc::new(SystemClock)).await
    }

    /// The same under `clock`, which stamps audit rows.
    pub async fn create_at(services: &[Migrations], clock: Arc<dyn Clock>) -> Self {
        let access = Self::access_only(services).await;
        let config = DbConfig {
            max_connections: 8,
            audit_key: audit_key(),
            clock: clock.clone(),
            ids: Ids::new(clock, Arc::new(Urandom)),
        };
        let db = Db::connect(&access, config)
            .await
            .expect("the test database answers");
        Self { access, db }
    }

    /// The ways into a fresh, migrated database, for a test that starts the program on it.
    pub async fn access_only(services: &[Migrations]) -> Access {
        let template = template(services).await;
        let name = format!("test_{}", NEXT.fetch_add(1, Ordering::Relaxed));
        let cluster = cluster().await;
        cluster
            .create_database(&name, Some(&template))
            .await
            .expect("a test database is a copy of its template");
        cluster.access_to(&name)
    }

    /// The database as the service role, as a service gets it.
    pub fn db(&self) -> &Db {
        &self.db
    }

    /// The ways in.
    pub fn access(&self) -> &Access {
        &self.access
    }

    /// A connection as the owner, to look at or break what the service role cannot.
    pub async fn owner(&self) -> Connection {
        self.access
            .connect_owner()
            .await
            .expect("the test database answers its owner")
    }

    /// A plain connection as the service role.
    pub async fn service(&self) -> Connection {
        self.access
            .connect_service()
            .await
            .expect("the test database answers the service role")
    }
}

/// The key that authenticates audit rows of test databases.
pub fn audit_key() -> AuditKey {
    AuditKey::new(&AUDIT_KEY)
}

/// Fresh identifiers under the machine's clock.
pub fn ids() -> Ids {
    Ids::new(Arc::new(SystemClock), Arc::new(Urandom))
}

/// The cluster of this process, started when first asked for.
pub async fn cluster() -> &'static Cluster {
    &CLUSTER.get_or_init(start).await.cluster
}

async fn start() -> TestCluster {
    let base = std::env::temp_dir();
    sweep(&base);
    let folder = tempfile::Builder::new()
        .prefix(&format!("{PREFIX}{}-", std::process::id()))
        .tempdir_in(&base)
        .expect("a temporary directory")
        .keep();
    // The database's own user must pass.
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o711)).expect("its mode");
    let watcher = watch(&folder);
    let mut config = ClusterConfig::new(&folder);
    // A test needs no protection against power failure, only against crashes of processes.
    let settings = [
        ("fsync", "off"),
        ("full_page_writes", "off"),
        ("max_connections", "300"),
        ("shared_buffers", "32MB"),
        ("max_wal_size", "256MB"),
    ];
    config.settings = settings.map(|(k, v)| (k.to_owned(), v.to_owned())).into();
    let cluster = Cluster::start(config)
        .await
        .unwrap_or_else(|error| panic!("the test cluster does not start: {error}"));
    TestCluster {
        cluster,
        _watcher: watcher,
    }
}

fn watch(folder: &Path) -> Child {
    Command::new("sh")
        .args(["-c", WATCHER, "watcher"])
        .arg(folder)
        .stdin(Stdio::piped())
        // Not ours: a pipe behind `cargo test` must close with the test process.
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .current_dir("/")
        .process_group(0)
        .spawn()
        .expect("sh starts")
}

/// Removes directories of test processes that are gone. A watcher may be at it too, which is fine.
fn sweep(base: &Path) {
    let Ok(entries) = fs::read_dir(base) else {
        return;
    };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let Some(rest) = name.to_str().and_then(|name| name.strip_prefix(PREFIX)) else {
            continue;
        };
        let pid = rest.split('-').next().unwrap_or_default();
        if pid.parse::<u32>().is_ok() && !PathBuf::from("/proc").join(pid).exists() {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

async fn template(services: &[Migrations]) -> String {
    let key = services
        .iter()
        .map(|service| format!("{}@{}", service.schema(), service.newest()))
        .collect::<Vec<_>>()
        .join("+");
    let cluster = cluster().await;
    let mut templates = TEMPLATES.lock().await;
    if let Some(name) = templates.get(&key) {
        return name.clone();
    }
    let name = format!("template_{}", templates.len() + 1);
    cluster
        .create_database(&name, None)
        .await
        .expect("a template database");
    store::migrate(&cluster.access_to(&name), services)
        .await
        .unwrap_or_else(|error| panic!("{error}"));
    templates.insert(key, name.clone());
    name
}

/// Names of audit rows need randomness, and this crate knows no cryptographic library.
struct Urandom;

impl Entropy for Urandom {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), EntropyError> {
        fs::File::open("/dev/urandom")
            .and_then(|mut file| file.read_exact(bytes))
            .map_err(|_| EntropyError)
    }
}
