//! `bedside audit export`.

use std::fs::{self, OpenOptions};
use std::io::{BufWriter, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use auth::SystemEntropy;
use clap::Args;
use domain::{Clock, Ids, SystemClock};
use store::audit::{Action, Actor, AuditKeys, Purpose, ResourceType, dump, scan};
use store::{AuditEntry, Db, DbConfig};

use super::place::{Place, keys_of};
use super::{AuditError, PlaceArgs};

/// What to export, and where to.
#[derive(Debug, Args)]
pub(crate) struct ExportArgs {
    #[command(flatten)]
    place: PlaceArgs,
    /// A file that does not exist yet, or a directory to make it in.
    #[arg(long, value_name = "PATH")]
    out: PathBuf,
}

/// A small pool as the service role, under the current key.
pub(crate) async fn connect(place: &Place, keys: &AuditKeys) -> Result<Db, AuditError> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let config = DbConfig {
        max_connections: 1,
        audit_key: keys.current().clone(),
        clock: clock.clone(),
        ids: Ids::new(clock, Arc::new(SystemEntropy)),
    };
    Ok(Db::connect(&place.access, config).await?)
}

/// Exports. The export is on record before its first byte is written.
pub(super) async fn run(args: ExportArgs) -> Result<(), AuditError> {
    let path = match args.out.is_dir() {
        true => args.out.join(dump::FILE),
        false => args.out.clone(),
    };
    if path.exists() {
        let exists = std::io::ErrorKind::AlreadyExists.into();
        return Err(AuditError::file(&path, exists));
    }
    let keys = keys_of(&args.place)?;
    let place = Place::open(&args.place, &args.place.settings()?).await?;
    let exported = export(&place, &keys, &path).await;
    place.close().await?;
    exported?;
    let mut out = std::io::stdout().lock();
    writeln!(out, "{}", path.display())?;
    Ok(out.flush()?)
}

async fn export(place: &Place, keys: &AuditKeys, path: &Path) -> Result<(), AuditError> {
    let db = connect(place, keys).await?;
    let entry = AuditEntry::new(
        Actor::Service("bedside"),
        Action::Export,
        ResourceType::AuditLog,
        Purpose::Compliance,
    );
    let recorded = db.record(entry).await;
    db.close().await;
    recorded?;
    let failed = |error| AuditError::file(path, error);
    let unfinished = path.with_added_extension("partial");
    let file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&unfinished)
        .map_err(failed)?;
    let mut writer = dump::Writer::new(BufWriter::with_capacity(1 << 20, file));
    let mut conn = place.access.connect_service().await?;
    scan(&mut conn, &mut writer).await?;
    let out = writer.finish().map_err(failed)?;
    out.get_ref().sync_all().map_err(failed)?;
    fs::rename(&unfinished, path).map_err(failed)
}
