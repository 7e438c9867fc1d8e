//! The smallest program on `store`: runs a private cluster and writes numbered audit rows for as
//! long as it lives, printing each number once its row is committed. The crash tests kill it.
//!
//! `ledger DATA_DIR` prints `ready PID` with the postmaster's process id, then `1`, `2`, `3` …;
//! a failure before that goes to standard error, one sentence.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::process::ExitCode;
use std::sync::Arc;

use domain::{Entropy, EntropyError, Ids, SystemClock};
use store::audit::{Action, Actor, AuditKey, Purpose, ResourceType};
use store::cluster::{Cluster, ClusterConfig};
use store::{AuditEntry, Db, DbConfig};

struct Urandom;

impl Entropy for Urandom {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), EntropyError> {
        File::open("/dev/urandom")
            .and_then(|mut file| file.read_exact(bytes))
            .map_err(|_| EntropyError)
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    let Some(data_dir) = std::env::args_os().nth(1) else {
        return fail("usage: ledger DATA_DIR");
    };
    match run(data_dir.into()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&error.to_string()),
    }
}

#[expect(clippy::print_stderr, reason = "a program's last words")]
fn fail(sentence: &str) -> ExitCode {
    eprintln!("{sentence}");
    ExitCode::FAILURE
}

async fn run(data_dir: std::path::PathBuf) -> Result<(), Box<dyn std::error::Error>> {
    let cluster = Cluster::start(ClusterConfig::new(data_dir)).await?;
    store::migrate(&cluster.access(), &[]).await?;
    let clock = Arc::new(SystemClock);
    let config = DbConfig {
        max_connections: 2,
        audit_key: AuditKey::new(&[7; 32]),
        clock: clock.clone(),
        ids: Ids::new(clock, Arc::new(Urandom)),
    };
    let db = Db::connect(&cluster.access(), config).await?;
    let mut out = std::io::stdout();
    writeln!(out, "ready {}", cluster.pid().unwrap_or_default())?;
    for number in 1.. {
        while db.record(entry(number)).await.is_err() {
            // The database is away: on until it is back.
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        writeln!(out, "{number}")?;
    }
    Ok(())
}

fn entry(number: i64) -> AuditEntry {
    let actor = Actor::Service("ledger");
    AuditEntry::new(
        actor,
        Action::Create,
        ResourceType::Message,
        Purpose::Operations,
    )
    .detail("number", number)
}
