//! `bedside audit …`, and the keeper of the audit log beside the services.

mod detach;
mod export;
mod keep;
mod keys;
pub(crate) mod place;
mod verify;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Subcommand};
use store::StoreError;
use store::audit::{DetachError, Finding, ScanError};

pub(crate) use export::connect;
pub(crate) use keep::keep;

use crate::cli::SettingsArgs;
use crate::data_dir::DataDirError;
use crate::database::DatabaseError;
use crate::settings::{Environment, Settings, SettingsError};

/// What can be done with the audit log.
#[derive(Debug, Subcommand)]
pub(crate) enum AuditCommand {
    /// Verify the log, of a live database or of an export. Exits with 0 when it is sound, 1 when
    /// it is not, 2 when it could not be verified.
    Verify(verify::VerifyArgs),
    /// Write the whole log to a file that `verify --dump` reads without a database.
    Export(export::ExportArgs),
    /// Take a month that is older than seven years out of the log; its table stays.
    Detach(detach::DetachArgs),
}

/// Where the log and its keys are.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct PlaceArgs {
    /// The database, as a role that may read the schema audit [default: DATABASE_URL, or the
    /// private database of the data directory]
    #[arg(long, value_name = "URL")]
    pub(crate) database: Option<String>,
    /// A key file; repeat for retired ones [default: keys/audit.key and keys/audit-*.key of the
    /// data directory]
    #[arg(long, value_name = "FILE")]
    pub(crate) key: Vec<PathBuf>,
    /// The node's data directory.
    #[arg(long, value_name = "DIR")]
    pub(crate) data_dir: Option<PathBuf>,
    /// The node's TOML file.
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
}

impl PlaceArgs {
    fn settings(&self) -> Result<Settings, SettingsError> {
        let args = SettingsArgs {
            data_dir: self.data_dir.clone(),
            config: self.config.clone(),
            ..SettingsArgs::default()
        };
        Settings::load(args, Environment::read())
    }
}

/// Why a command did not end well.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AuditError {
    #[error("the audit log is not sound; the first of {count}: {first}")]
    Unsound { count: u64, first: Finding },
    #[error(transparent)]
    Settings(#[from] SettingsError),
    #[error(transparent)]
    Database(#[from] DatabaseError),
    #[error(transparent)]
    DataDir(#[from] DataDirError),
    #[error(transparent)]
    Scan(#[from] ScanError),
    #[error(transparent)]
    Detach(#[from] DetachError),
    #[error("{path}: {source}")]
    File {
        path: String,
        source: std::io::Error,
    },
    #[error("the outcome cannot be printed: {0}")]
    Print(#[from] std::io::Error),
}

impl From<StoreError> for AuditError {
    fn from(error: StoreError) -> Self {
        Self::Database(error.into())
    }
}

impl AuditError {
    /// 1 for a log that is not sound, 2 for everything that kept it from being verified.
    pub(crate) fn exit_code(&self) -> ExitCode {
        match self {
            Self::Unsound { .. } => ExitCode::from(1),
            _ => ExitCode::from(2),
        }
    }

    fn file(path: &std::path::Path, source: std::io::Error) -> Self {
        Self::File {
            path: path.display().to_string(),
            source,
        }
    }
}

/// Runs a command to its end.
pub(crate) fn run(command: AuditCommand) -> Result<(), AuditError> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        match command {
            AuditCommand::Verify(args) => verify::run(args).await,
            AuditCommand::Export(args) => export::run(args).await,
            AuditCommand::Detach(args) => detach::run(args).await,
        }
    })
}
