//! `bedside audit verify`.

use std::fs::File;
use std::io::{BufReader, Write as _};
use std::path::{Path, PathBuf};

use clap::Args;
use store::audit::{AuditKeys, Verdict, Verifier, dump, read_notes, scan};

use super::place::{Place, keys_of};
use super::{AuditError, PlaceArgs, keep};

/// What to verify, and against what.
#[derive(Debug, Args)]
pub(crate) struct VerifyArgs {
    #[command(flatten)]
    place: PlaceArgs,
    /// An export, or the directory it is in, instead of a database.
    #[arg(long, value_name = "PATH", conflicts_with = "database")]
    dump: Option<PathBuf>,
    /// Checkpoints kept elsewhere: their directory, one of its files, or a signed note; repeat for
    /// several [default: those the node keeps]
    #[arg(long, value_name = "PATH")]
    checkpoint: Vec<PathBuf>,
    /// Print the outcome as JSON.
    #[arg(long)]
    json: bool,
}

/// Verifies and prints.
pub(super) async fn run(args: VerifyArgs) -> Result<(), AuditError> {
    let keys = keys_of(&args.place)?;
    let copies = copies(&args)?;
    let verdict = match &args.dump {
        Some(path) => of_dump(path, &keys, &copies)?,
        None => of_database(&args.place, &keys, &copies).await?,
    };
    print(&verdict, args.json)?;
    match verdict.first {
        Some(first) => Err(AuditError::Unsound {
            count: verdict.wrong,
            first,
        }),
        None => Ok(()),
    }
}

fn copies(args: &VerifyArgs) -> Result<Vec<String>, AuditError> {
    let mut paths = args.checkpoint.clone();
    if paths.is_empty() && args.dump.is_none() && args.place.database.is_none() {
        let settings = args.place.settings()?;
        paths.extend(Some(keep::copies_dir(&settings)).filter(|path| path.exists()));
    }
    let mut notes = Vec::new();
    for path in paths {
        notes.extend(read_notes(&path).map_err(|error| AuditError::file(&path, error))?);
    }
    Ok(notes)
}

fn of_dump(path: &Path, keys: &AuditKeys, copies: &[String]) -> Result<Verdict, AuditError> {
    let path = match path.is_dir() {
        true => path.join(dump::FILE),
        false => path.to_owned(),
    };
    let failed = |error| AuditError::file(&path, error);
    let file = File::open(&path).map_err(failed)?;
    let mut verifier = Verifier::new(keys, copies);
    dump::read(BufReader::with_capacity(1 << 20, file), &mut verifier).map_err(failed)?;
    Ok(verifier.finish())
}

async fn of_database(
    args: &PlaceArgs,
    keys: &AuditKeys,
    copies: &[String],
) -> Result<Verdict, AuditError> {
    let place = Place::open(args, &args.settings()?).await?;
    let mut verifier = Verifier::new(keys, copies);
    let scanned = match place.access.connect_service().await {
        Ok(mut conn) => scan(&mut conn, &mut verifier).await.map_err(Into::into),
        Err(error) => Err(AuditError::from(error)),
    };
    place.close().await?;
    scanned.map(|()| verifier.finish())
}

fn print(verdict: &Verdict, json: bool) -> Result<(), AuditError> {
    let mut out = std::io::stdout().lock();
    if json {
        let text = serde_json::to_string_pretty(verdict).map_err(std::io::Error::from)?;
        writeln!(out, "{text}")?;
        return Ok(out.flush()?);
    }
    writeln!(out, "log          {}", verdict.log)?;
    writeln!(out, "entries      {}", verdict.entries)?;
    writeln!(out, "root         {}", verdict.root)?;
    writeln!(out, "not sealed   {}", verdict.unsealed)?;
    writeln!(out, "archived     {}", verdict.archived)?;
    writeln!(
        out,
        "checkpoints  {} in the log, {} kept elsewhere",
        verdict.checkpoints, verdict.copies
    )?;
    for finding in &verdict.findings {
        writeln!(out, "BAD          {finding}")?;
    }
    let word = if verdict.sound { "sound" } else { "NOT SOUND" };
    writeln!(out, "the log is   {word}")?;
    Ok(out.flush()?)
}
