//! The command line. Commands are stable: scripts outside the repository call them.

use std::net::{IpAddr, SocketAddr};
use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::audit::AuditCommand;
use crate::keys::KeysCommand;
use crate::settings::{KeyArgs, MailArgs, PathArgs, ReachArgs, SignInArgs};

/// Bedside: a self-hosted real-time communications server for telemedicine.
#[derive(Debug, Parser)]
#[command(name = "bedside", version)]
pub(crate) struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run every service in this process, with a private PostgreSQL unless DATABASE_URL is set.
    Up {
        /// Seed one clinic with accounts, printed as `demo  ROLE  EMAIL  PASSWORD`, and a visit
        /// that starts now.
        #[arg(long)]
        demo: bool,
        #[command(flatten)]
        settings: SettingsArgs,
    },
    /// Run the API alone. Needs DATABASE_URL.
    CoreApi(SettingsArgs),
    /// Run chat alone. Needs DATABASE_URL.
    Chat(SettingsArgs),
    /// Run signalling alone, beside an SFU with the same data directory.
    Signaling(SettingsArgs),
    /// Run the SFU alone, beside signalling with the same data directory.
    Sfu(SettingsArgs),
    /// Bring the database's schema up to date, then stop. Needs DATABASE_OWNER_URL or the private
    /// database of `up`.
    Migrate(SettingsArgs),
    /// Verify, export or thin out the audit log.
    Audit {
        #[command(subcommand)]
        command: AuditCommand,
    },
    /// Show, rotate or destroy the keys that seal health data.
    Keys {
        #[command(subcommand)]
        command: KeysCommand,
    },
    /// Look at ports, relay, certificate, clock, disk and database as these settings mean them,
    /// and say what to mend. Fails if something must be.
    Doctor {
        /// Try the paths to a node at this name or address instead, from this machine, with the
        /// ports of these settings.
        #[arg(long, value_name = "HOST")]
        external: Option<String>,
        #[command(flatten)]
        settings: SettingsArgs,
    },
}

/// Where and how a node runs. A flag wins over the file named by `--config`.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct SettingsArgs {
    /// Address of HTTP and WebSocket [default: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDR")]
    pub(crate) http: Option<SocketAddr>,
    /// Everything the node keeps [default: /var/lib/bedside for root, otherwise ~/.local/share/bedside]
    #[arg(long, value_name = "DIR")]
    pub(crate) data_dir: Option<PathBuf>,
    /// TOML file with the same names (http, data_dir, …, with underscores).
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// UDP port of all media; 0 takes a free one [default: 7882]
    #[arg(long, value_name = "PORT")]
    pub(crate) media_port: Option<u16>,
    /// Address that clients reach the media port at; repeat for several [default: every local IPv4]
    #[arg(long, value_name = "IP")]
    pub(crate) media_ip: Vec<IpAddr>,
    /// Threads that carry media, each with the next UDP port [default: cores - 1, at least 1]
    #[arg(long, value_name = "COUNT")]
    pub(crate) media_workers: Option<NonZeroUsize>,
    /// TCP port of media for clients whose network blocks UDP; 0 offers none [default: the media port]
    #[arg(long, value_name = "PORT")]
    pub(crate) media_tcp_port: Option<u16>,
    /// How media is sent; for benchmarks [default: auto]
    #[arg(long, value_enum)]
    pub(crate) media_io: Option<MediaIoArg>,
    /// Whether the bandwidth towards each client is estimated; off for benchmarks [default: on]
    #[arg(long, value_enum)]
    pub(crate) media_estimation: Option<Switch>,
    #[command(flatten)]
    pub(crate) paths: PathArgs,
    /// Origin that clients use, when a proxy in front changes it, e.g. https://visits.example.org
    #[arg(long, value_name = "URL")]
    pub(crate) public_url: Option<String>,
    /// Where copies of the audit log's signed heads go: best a disk of another machine
    /// [default: checkpoints/ in the data directory]
    #[arg(long, value_name = "DIR")]
    pub(crate) audit_copies: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) sign_in: SignInArgs,
    #[command(flatten)]
    pub(crate) reach: ReachArgs,
    #[command(flatten)]
    pub(crate) mail: MailArgs,
    #[command(flatten)]
    pub(crate) keys: KeyArgs,
    /// What to log, e.g. `info,sfu=debug` [default: info]
    #[arg(long, value_name = "FILTER")]
    pub(crate) log: Option<String>,
    /// How to log [default: text]
    #[arg(long, value_enum)]
    pub(crate) log_format: Option<LogFormatArg>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum MediaIoArg {
    /// The best the system has.
    Auto,
    /// Runs of datagrams that the kernel cuts up.
    Gso,
    /// Many datagrams in one system call.
    Sendmmsg,
    /// One datagram a system call.
    Sendto,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Switch {
    On,
    Off,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum LogFormatArg {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}
