//! The program `bedside`.

mod audit;
mod cli;
mod data_dir;
mod database;
mod doctor;
mod keys;
mod life;
mod listener;
mod node;
mod scrape;
mod services;
mod settings;
mod signals;
mod single_port;
mod tls;
mod turn;
mod web;

use std::process::ExitCode;

use clap::Parser as _;
use life::NodeError;
use node::Parts;
use runtime::TelemetryError;
use settings::{Environment, Settings, SettingsError};

/// Why the program ended with an error; its text is one sentence that says what to do.
#[derive(Debug, thiserror::Error)]
enum ProgramError {
    #[error(transparent)]
    Settings(#[from] SettingsError),
    #[error(transparent)]
    Telemetry(#[from] TelemetryError),
    #[error("the system gives no threads: {0}")]
    Runtime(#[from] std::io::Error),
    #[error(transparent)]
    Node(#[from] NodeError),
    #[error(transparent)]
    Doctor(#[from] doctor::DoctorError),
    #[error(transparent)]
    Audit(#[from] audit::AuditError),
    #[error(transparent)]
    Keys(#[from] keys::CommandError),
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tell(&error);
            match error {
                ProgramError::Audit(error) => error.exit_code(),
                ProgramError::Keys(error) => error.exit_code(),
                _ => ExitCode::FAILURE,
            }
        }
    }
}

/// One line on standard error, whether or not logging has been set up.
#[expect(
    clippy::print_stderr,
    reason = "the program's last word to who started it"
)]
fn tell(error: &ProgramError) {
    eprintln!("bedside: {error}");
}

fn run() -> Result<(), ProgramError> {
    let cli = cli::Cli::parse();
    let mut ask_doctor = None;
    let (parts, args) = match cli.command {
        cli::Command::Up { demo, settings } => (
            Some(Parts {
                core_api: true,
                chat: true,
                signaling: true,
                sfu: true,
                whole: true,
                demo,
            }),
            settings,
        ),
        cli::Command::CoreApi(settings) => (
            Some(Parts {
                core_api: true,
                ..Parts::default()
            }),
            settings,
        ),
        cli::Command::Chat(settings) => (
            Some(Parts {
                chat: true,
                ..Parts::default()
            }),
            settings,
        ),
        cli::Command::Signaling(settings) => (
            Some(Parts {
                signaling: true,
                ..Parts::default()
            }),
            settings,
        ),
        cli::Command::Sfu(settings) => (
            Some(Parts {
                sfu: true,
                ..Parts::default()
            }),
            settings,
        ),
        cli::Command::Audit { command } => return Ok(audit::run(command)?),
        cli::Command::Keys { command } => return Ok(keys::run(&command)?),
        cli::Command::Migrate(settings) => (None, settings),
        cli::Command::Doctor { external, settings } => {
            ask_doctor = Some(external);
            (None, settings)
        }
    };
    let settings = Settings::load(args, Environment::read())?;
    runtime::init_logs(&settings.log, settings.log_format)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    match (parts, ask_doctor) {
        (Some(parts), _) => runtime.block_on(life::run(settings, parts))?,
        (None, Some(external)) => {
            runtime.block_on(doctor::run(&settings, external.as_deref()))?;
        }
        (None, None) => runtime.block_on(life::migrate(settings))?,
    }
    Ok(())
}
