//! How fast an audit log is written, sealed, verified, exported and verified from the export, on
//! a private PostgreSQL in a temporary directory:
//! `cargo run --release -p store --example audit_throughput -- ROWS`.

use std::fs::File;
use std::io::{BufReader, BufWriter, Read as _};
use std::path::Path;
use std::sync::Arc;

use domain::{AccountId, ClinicId, Clock, Entropy, EntropyError, Ids, PatientId, RequestId, Role};
use domain::{Roles, SessionId, SystemClock};
use jiff::Timestamp;
use store::audit::{
    Action, Actor, AuditKey, AuditKeys, Purpose, ResourceType, Sealer, Verifier, dump, scan,
};
use store::cluster::{Cluster, ClusterConfig};
use store::{Audit, AuditEntry, Db, DbConfig, Events};
use uuid::Uuid;

/// Rows in one transaction.
const BATCH: u64 = 5_000;

type Failure = Box<dyn std::error::Error>;

struct Urandom;

impl Entropy for Urandom {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), EntropyError> {
        File::open("/dev/urandom")
            .and_then(|mut file| file.read_exact(bytes))
            .map_err(|_| EntropyError)
    }
}

/// A row such as a read of a chart writes.
fn entry(n: u64) -> AuditEntry {
    let id = |space: u128| Uuid::from_u128(space << 64 | u128::from(n));
    let actor = Actor::Account {
        account: AccountId::from(id(1)),
        session: Some(SessionId::from(id(2))),
        roles: Roles::new([Role::Clinician]),
    };
    AuditEntry::new(actor, Action::Read, ResourceType::Chart, Purpose::Treatment)
        .resource(id(3))
        .clinic(ClinicId::from(Uuid::from_u128(4)))
        .patient(PatientId::from(id(5)))
        .request(RequestId::from(id(6)))
        .detail("shown", 12)
}

#[expect(clippy::print_stdout, reason = "a program that prints figures")]
fn tell(what: &str, rows: u64, since: Timestamp) {
    let seconds = SystemClock.now().duration_since(since).as_secs_f64();
    println!(
        "{what:<24}{seconds:>8.1} s {:>9.0} rows/s",
        rows as f64 / seconds
    );
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let rows: u64 = std::env::args().nth(1).map_or(Ok(100_000), |n| n.parse())?;
    let dir = tempfile::tempdir()?;
    // The database's own user must pass.
    std::fs::set_permissions(
        dir.path(),
        std::os::unix::fs::PermissionsExt::from_mode(0o711),
    )?;
    let cluster = Cluster::start(ClusterConfig::new(dir.path().join("data"))).await?;
    let outcome = run(&cluster, rows, dir.path()).await;
    cluster.stop().await?;
    outcome
}

async fn run(cluster: &Cluster, rows: u64, dir: &Path) -> Result<(), Failure> {
    let access = cluster.access();
    store::migrate(&access, &[]).await?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let key = AuditKey::new(&[7; 32]);
    let config = DbConfig {
        max_connections: 1,
        audit_key: key.clone(),
        clock: clock.clone(),
        ids: Ids::new(clock.clone(), Arc::new(Urandom)),
    };
    let db = Db::connect(&access, config).await?;
    let began = clock.now();
    for from in (0..rows).step_by(usize::try_from(BATCH)?) {
        let entries = (from..rows.min(from + BATCH)).map(entry);
        let tx = db.begin().await?;
        tx.commit(Audit::all(entries), Events::none()).await?;
    }
    tell("written", rows, began);
    db.close().await;

    let keys = AuditKeys::new(key, Vec::new());
    let mut conn = access.connect_service().await?;
    let began = clock.now();
    let mut sealer = Sealer::resume(&mut conn, keys.clone(), None).await?;
    while sealer.size() < rows {
        sealer.pass(&mut conn, clock.now()).await?;
    }
    tell("sealed", rows, began);

    let began = clock.now();
    let mut verifier = Verifier::new(&keys, &[]);
    scan(&mut conn, &mut verifier).await?;
    let verdict = verifier.finish();
    tell("verified, database", verdict.entries, began);
    assert!(verdict.sound && verdict.entries == rows, "{verdict:?}");

    let began = clock.now();
    let path = dir.join(dump::FILE);
    let mut writer = dump::Writer::new(BufWriter::with_capacity(1 << 20, File::create(&path)?));
    scan(&mut conn, &mut writer).await?;
    writer.finish()?;
    tell("exported", rows, began);

    let began = clock.now();
    let mut verifier = Verifier::new(&keys, &[]);
    let file = BufReader::with_capacity(1 << 20, File::open(&path)?);
    dump::read(file, &mut verifier)?;
    let verdict = verifier.finish();
    tell("verified, export", verdict.entries, began);
    assert!(verdict.sound && verdict.entries == rows, "{verdict:?}");
    Ok(())
}
