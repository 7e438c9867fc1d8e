//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::fleet::film::Pace;

/// Loads a Bedside node on this machine and reports what it cost.
#[derive(Debug, Parser)]
#[command(version)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) subject: Subject,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Subject {
    /// Rooms with bots that send and receive RTP, beside the floor of the same machine.
    Media(MediaArgs),
    /// Audited reads beside the same statements under pgbench, and sign-ins.
    Api(ApiOptions),
}

#[derive(Debug, Clone, Args)]
pub(crate) struct ApiOptions {
    /// The program under load [default: `bedside` beside this program]
    #[arg(long, value_name = "FILE")]
    pub(crate) server: Option<PathBuf>,
    /// People signed in.
    #[arg(long, default_value_t = 200)]
    pub(crate) sessions: usize,
    /// Connections that stay open, to the node and from pgbench.
    #[arg(long, default_value_t = 8)]
    pub(crate) connections: usize,
    /// Reads of one round.
    #[arg(long, default_value_t = 2_400)]
    pub(crate) reads: usize,
    /// Rounds, each of the node and of pgbench.
    #[arg(long, default_value_t = 5)]
    pub(crate) rounds: usize,
    /// Seconds of reads at the pace of people: each session once in two seconds.
    #[arg(long, default_value_t = 20)]
    pub(crate) seconds: u64,
    /// Print one JSON object instead of lines.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct MediaArgs {
    #[command(subcommand)]
    pub(crate) other: Option<MediaOther>,
    #[command(flatten)]
    pub(crate) options: MediaOptions,
}

#[derive(Debug, Subcommand)]
pub(crate) enum MediaOther {
    /// Joins and leaves in small rooms: what does the node hold afterwards?
    Churn(ChurnOptions),
}

#[derive(Debug, Clone, Args)]
pub(crate) struct MediaOptions {
    /// The program under load [default: `bedside` beside this program]
    #[arg(long, value_name = "FILE")]
    pub(crate) server: Option<PathBuf>,
    /// Scenarios; repeat for several [default: all]
    #[arg(long, value_enum)]
    pub(crate) scenario: Vec<Scenario>,
    /// Ways to send; repeat for several [default: gso, and the others for 1-50]
    #[arg(long, value_enum)]
    pub(crate) io: Vec<Io>,
    /// Bandwidth estimation; repeat for both [default: both for gso, on for the others]
    #[arg(long, value_enum)]
    pub(crate) estimation: Vec<Switch>,
    /// How senders pace; repeat for both
    #[arg(long, value_enum, default_values_t = [Pace::Frames])]
    pub(crate) pace: Vec<Pace>,
    /// Every scenario in every way, with and without estimation, at both paces; and `--load`.
    #[arg(long)]
    pub(crate) full: bool,
    /// Also find how many visits fill one core, and measure at 25, 50, 75 and 100 % of them.
    #[arg(long)]
    pub(crate) load: bool,
    /// Seconds to measure each scenario, once it is steady.
    #[arg(long, default_value_t = 6)]
    pub(crate) seconds: u64,
    /// Visits of two in the scenario of that name.
    #[arg(long, default_value_t = 50)]
    pub(crate) visits: usize,
    /// Visits tried at most by `--load`.
    #[arg(long, default_value_t = 600)]
    pub(crate) most_visits: usize,
    /// Video packets a second of one sender; 440 is a camera at 720p.
    #[arg(long, default_value_t = 440)]
    pub(crate) packet_rate: u32,
    /// Bytes of an RTP packet, header included, authentication tag not.
    #[arg(long, default_value_t = 1_200)]
    pub(crate) packet_bytes: usize,
    /// Threads of the bots [default: 1]
    #[arg(long, default_value_t = 1)]
    pub(crate) bot_threads: usize,
    /// Print one JSON object instead of a table.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Clone, Args)]
pub(crate) struct ChurnOptions {
    /// The program under load [default: `bedside` beside this program]
    #[arg(long, value_name = "FILE")]
    pub(crate) server: Option<PathBuf>,
    /// Joins, each followed by a leave.
    #[arg(long, default_value_t = 10_000)]
    pub(crate) cycles: usize,
    /// Rooms of two at the same time.
    #[arg(long, default_value_t = 4)]
    pub(crate) concurrency: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Scenario {
    /// One sender, one viewer.
    #[value(name = "1-1")]
    One,
    /// One sender, ten viewers.
    #[value(name = "1-10")]
    Ten,
    /// One sender, fifty viewers.
    #[value(name = "1-50")]
    Fifty,
    /// Visits of two who see each other.
    Visits,
}

impl Scenario {
    pub(crate) const ALL: [Self; 4] = [Self::One, Self::Ten, Self::Fifty, Self::Visits];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::One => "1-1",
            Self::Ten => "1-10",
            Self::Fifty => "1-50",
            Self::Visits => "visits",
        }
    }

    /// Receivers of each sender.
    pub(crate) const fn fanout(self) -> usize {
        match self {
            Self::One | Self::Visits => 1,
            Self::Ten => 10,
            Self::Fifty => 50,
        }
    }
}

/// How the node sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Io {
    Auto,
    Gso,
    Sendmmsg,
    Sendto,
}

impl Io {
    pub(crate) const ALL: [Self; 3] = [Self::Gso, Self::Sendmmsg, Self::Sendto];

    /// As the node's command line has it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Gso => "gso",
            Self::Sendmmsg => "sendmmsg",
            Self::Sendto => "sendto",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Switch {
    On,
    Off,
}
