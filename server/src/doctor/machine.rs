//! Clock, disk, keys and database.

use std::process::Command;
use std::sync::Arc;

use auth::SystemEntropy;
use domain::{Clock as _, Entropy, SystemClock};
use store::cluster::{ClusterConfig, ClusterError};

use super::{Check, Finding};
use crate::data_dir::DataDir;
use crate::database::Database;
use crate::settings::Settings;

/// The second at which this was written: a clock before it is wrong.
const WRITTEN: i64 = 1_795_000_000;
/// Free bytes below which a clinic's day may not fit.
const ROOM: u64 = 1 << 30;

/// Whatever can be seen without the network.
pub(super) async fn examine(settings: &Settings) -> Vec<Check> {
    let mut checks = vec![Check::new("clock", clock())];
    checks.push(Check::new("keys", keys(settings)));
    checks.push(mail(settings).await);
    match &settings.database_url {
        Some(_) => {
            checks.push(Check::new("disk", disk(settings)));
            checks.push(Check::new("database", given_database(settings).await));
        }
        None => checks.extend(private_database(settings)),
    }
    checks
}

/// Whether the mail server takes our connection; no letter is sent.
async fn mail(settings: &Settings) -> Check {
    let Some(mail) = &settings.mail else {
        let none = "none is sent: without --mail-host nobody can reset a password by themselves";
        return Check::new("mail", Finding::Warning(none.to_owned()));
    };
    let links = settings.public_url.clone().unwrap_or_default();
    Check::new("mail", core_api::probe_mail(&mail.config(links)).await)
}

fn clock() -> Result<String, String> {
    if SystemClock.now().as_second() < WRITTEN {
        return Err("the clock is in the past; set it, for instance with `timedatectl set-ntp true`, as tokens and certificates live by it".to_owned());
    }
    let asked = Command::new("timedatectl")
        .args(["show", "--property=NTPSynchronized", "--value"])
        .output();
    let answer = asked.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    match answer.as_deref() {
        Ok("yes") => Ok("set, and kept by a time server".to_owned()),
        Ok("no") => Err(
            "no time server keeps the clock; run `timedatectl set-ntp true`, as tokens live by it"
                .to_owned(),
        ),
        _ => Ok("set; whether a time server keeps it is not known here".to_owned()),
    }
}

/// The keys of an existing data directory; a new one gets them at the first start.
fn keys(settings: &Settings) -> Result<String, String> {
    if !settings.data_dir.exists() {
        return Ok("will be made at the first start".to_owned());
    }
    let entropy: Arc<dyn Entropy> = Arc::new(SystemEntropy);
    DataDir::create(&settings.data_dir)
        .and_then(|dir| dir.keys(&entropy))
        .map(|_| "readable by their owner alone".to_owned())
        .map_err(|error| error.to_string())
}

fn disk(settings: &Settings) -> Result<String, String> {
    let mut path = settings.data_dir.as_path();
    while !path.exists() {
        path = path.parent().ok_or("there is no such disk")?;
    }
    let found = rustix::fs::statvfs(path).map_err(|error| error.to_string())?;
    let free = found.f_bavail.saturating_mul(found.f_frsize);
    let mib = free >> 20;
    if free < ROOM {
        return Err(format!(
            "only {mib} MiB are free at {}; make room there, or choose another place with --data-dir",
            path.display()
        ));
    }
    Ok(format!("{mib} MiB free"))
}

async fn given_database(settings: &Settings) -> Result<String, String> {
    let database = Database::existing(settings).map_err(|error| error.to_string())?;
    database
        .check()
        .await
        .map(|()| "answers, and has the schema of this version".to_owned())
        .map_err(|error| error.to_string())
}

fn private_database(settings: &Settings) -> Vec<Check> {
    let config = ClusterConfig::new(&settings.data_dir);
    store::cluster::examine(&config)
        .into_iter()
        .map(|check| {
            let found = match check.found {
                // The program that is examined holds it.
                Err(ClusterError::Owned { .. }) => Ok("in use by the running program".to_owned()),
                found => found.map_err(|error| error.to_string()),
            };
            Check::new(check.what, found)
        })
        .collect()
}
