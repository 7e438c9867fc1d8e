//! `bedside keys …`.

use std::io::Write as _;
use std::process::ExitCode;
use std::time::Duration;

use auth::SystemEntropy;
use clap::{Args, Subcommand, ValueEnum};
use domain::{Clock as _, PatientId, SystemClock};
use store::sealing::{self, Pace};
use store::{Db, StoreError};

use super::files::KeyFiles;
use super::{OpenError, sealed_columns};
use crate::audit::place::{Place, keys_of};
use crate::audit::{AuditError, PlaceArgs, connect};
use crate::cli::SettingsArgs;
use crate::data_dir::{DataDir, DataDirError};
use crate::settings::{Environment, KeyArgs, KeySource, Settings, SettingsError};

/// What can be done with the keys that seal.
#[derive(Debug, Subcommand)]
pub(crate) enum KeysCommand {
    /// Show which keys there are, and with --count under which the sealed values lie.
    Status(StatusArgs),
    /// Put new keys in the place of the old and re-seal every value, while the program runs. A
    /// rotation that was interrupted goes on. Needs DATABASE_OWNER_URL or the private database.
    Rotate(RotateArgs),
    /// Erase a patient: destroy the keys of everything that is sealed for them. Cannot be undone.
    Shred(ShredArgs),
}

#[derive(Debug, Args)]
pub(crate) struct StatusArgs {
    #[command(flatten)]
    place: KeysPlace,
    /// Look at every sealed value.
    #[arg(long)]
    count: bool,
}

#[derive(Debug, Args)]
pub(crate) struct RotateArgs {
    #[command(flatten)]
    place: KeysPlace,
    /// Put a new key-encryption key in the place of the old, instead of new data keys. Values stay
    /// as they are; the old key stays beside the new for backups.
    #[arg(long)]
    kek: bool,
    /// Values in one transaction.
    #[arg(long, value_name = "COUNT", default_value_t = 200, value_parser = clap::value_parser!(i64).range(1..=5_000))]
    batch: i64,
    /// Rest between batches, in milliseconds.
    #[arg(long, value_name = "MS", default_value_t = 0)]
    rest: u64,
}

#[derive(Debug, Args)]
pub(crate) struct ShredArgs {
    #[command(flatten)]
    place: KeysPlace,
    /// The patient's id.
    #[arg(long, value_name = "ID")]
    patient: PatientId,
    /// Why, for the audit log.
    #[arg(long, value_enum)]
    reason: Reason,
}

/// Why a patient is erased.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Reason {
    /// The person asked for it (GDPR, article 17).
    PersonAsked,
    /// The time for which records are kept has passed.
    RetentionOver,
    /// A court or an authority ordered it.
    Ordered,
    /// It was never a real person.
    TestData,
}

impl Reason {
    const fn word(self) -> &'static str {
        match self {
            Self::PersonAsked => "person_asked",
            Self::RetentionOver => "retention_over",
            Self::Ordered => "ordered",
            Self::TestData => "test_data",
        }
    }
}

/// Where the database and its keys are.
#[derive(Debug, Args)]
pub(crate) struct KeysPlace {
    #[command(flatten)]
    place: PlaceArgs,
    #[command(flatten)]
    keys: KeyArgs,
}

impl KeysPlace {
    fn settings(&self) -> Result<Settings, SettingsError> {
        let args = SettingsArgs {
            data_dir: self.place.data_dir.clone(),
            config: self.place.config.clone(),
            keys: self.keys.clone(),
            ..SettingsArgs::default()
        };
        Settings::load(args, Environment::read())
    }
}

/// Why a command did not end well.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CommandError {
    #[error(transparent)]
    Settings(#[from] SettingsError),
    #[error(transparent)]
    Telemetry(#[from] runtime::TelemetryError),
    #[error(transparent)]
    Place(#[from] AuditError),
    #[error(transparent)]
    DataDir(#[from] DataDirError),
    #[error(transparent)]
    Open(#[from] OpenError),
    #[error(transparent)]
    Keys(#[from] sealing::KeysError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(
        "{0} values do not open and were left as they are; the program's log names each (docs/security/keys.md)"
    )]
    Damaged(u64),
    #[error("there is no such patient")]
    NoPatient,
    #[error("the outcome cannot be printed: {0}")]
    Print(#[from] std::io::Error),
}

impl CommandError {
    /// 1 when values do not open, 2 when the command could not be carried out.
    pub(crate) fn exit_code(&self) -> ExitCode {
        match self {
            Self::Damaged(_) => ExitCode::from(1),
            _ => ExitCode::from(2),
        }
    }
}

/// Runs a command to its end.
pub(crate) fn run(command: &KeysCommand) -> Result<(), CommandError> {
    let threads = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    threads.block_on(async {
        let at = match command {
            KeysCommand::Status(args) => &args.place,
            KeysCommand::Rotate(args) => &args.place,
            KeysCommand::Shred(args) => &args.place,
        };
        let settings = at.settings()?;
        runtime::init_logs(&settings.log, settings.log_format)?;
        let dir = DataDir::create(&settings.data_dir)?;
        let audit_keys = keys_of(&at.place)?;
        let place = Place::open(&at.place, &settings).await?;
        let db = connect(&place, &audit_keys).await?;
        let context = Context {
            settings: &settings,
            dir: &dir,
            place: &place,
            db: &db,
        };
        let done = match command {
            KeysCommand::Status(args) => context.status(args).await,
            KeysCommand::Rotate(args) => context.rotate(args).await,
            KeysCommand::Shred(args) => context.shred(args).await,
        };
        db.close().await;
        place.close().await?;
        done
    })
}

struct Context<'a> {
    settings: &'a Settings,
    dir: &'a DataDir,
    place: &'a Place,
    db: &'a Db,
}

impl Context<'_> {
    async fn status(&self, args: &StatusArgs) -> Result<(), CommandError> {
        let mut owner = self.place.access.connect_owner().await?;
        let status = sealing::status(&mut owner).await?;
        let mut out = std::io::stdout().lock();
        for (id, retired) in &status.keks {
            match retired {
                None => writeln!(out, "key-encryption key  {id}  current")?,
                Some(at) => writeln!(out, "key-encryption key  {id}  retired at {at}")?,
            }
        }
        for (class, state, count) in &status.keys {
            writeln!(out, "data keys  {class}  {state}  {count}")?;
        }
        if let Some(since) = status.rotating {
            let resealed = status.resealed;
            writeln!(
                out,
                "rotation  interrupted or under way since {since}  re-sealed {resealed}"
            )?;
        }
        if !args.count {
            return Ok(());
        }
        for column in sealed_columns() {
            let values = sealing::values(&mut owner, &column).await?;
            writeln!(
                out,
                "values  {}.{}  current {}  retired {}  version 1 {}  erased {}  unknown {}",
                column.table,
                column.column,
                values.current,
                values.retired,
                values.derived,
                values.erased,
                values.unknown
            )?;
        }
        Ok(())
    }

    async fn rotate(&self, args: &RotateArgs) -> Result<(), CommandError> {
        if args.kek {
            // The present key must be the right one before another takes its place.
            drop(super::open(self.settings, self.dir, self.db).await?);
            if self.settings.keys == KeySource::Files {
                let files = KeyFiles::new(self.dir.keys_folder());
                files.renew(&SystemEntropy).map_err(OpenError::from)?;
            }
        }
        let ring = super::open(self.settings, self.dir, self.db).await?;
        let mut owner = self.place.access.connect_owner().await?;
        let mut out = std::io::stdout();
        if args.kek {
            let wrapped = sealing::rewrap(&ring, &mut owner).await?;
            writeln!(
                out,
                "{wrapped} data keys are wrapped under the current key-encryption key"
            )?;
            return Ok(());
        }
        let pace = Pace {
            batch: args.batch,
            rest: Duration::from_millis(args.rest),
        };
        let done = sealing::rotate(&ring, &mut owner, &sealed_columns(), pace).await?;
        writeln!(
            out,
            "{} values are under new keys; {} were erased before",
            done.resealed, done.erased
        )?;
        match done.damaged {
            0 => Ok(()),
            damaged => Err(CommandError::Damaged(damaged)),
        }
    }

    async fn shred(&self, args: &ShredArgs) -> Result<(), CommandError> {
        let erased =
            core_api::erase_patient(self.db, args.patient, args.reason.word(), SystemClock.now());
        let erased = erased.await?.ok_or(CommandError::NoPatient)?;
        writeln!(
            std::io::stdout(),
            "{erased} keys of patient {} were destroyed",
            args.patient
        )?;
        Ok(())
    }
}
