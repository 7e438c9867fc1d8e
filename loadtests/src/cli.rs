//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

/// Loads a Bedside node on this machine and reports what it cost.
#[derive(Debug, Parser)]
#[command(version)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) scenario: Scenario,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Scenario {
    /// Rooms with bots that send and receive RTP.
    Media(MediaOptions),
}

#[derive(Debug, Clone, Args)]
pub(crate) struct MediaOptions {
    /// The node, on a loopback address.
    #[arg(long, default_value = "ws://127.0.0.1:8080")]
    pub(crate) url: String,
    /// The node's keys/media.key: bots mint their own tokens.
    #[arg(long)]
    pub(crate) media_key_file: PathBuf,
    /// Rooms at the same time.
    #[arg(long, default_value_t = 1)]
    pub(crate) rooms: usize,
    /// Bots of a room that send.
    #[arg(long, default_value_t = 1)]
    pub(crate) publishers: usize,
    /// Bots of a room that only receive.
    #[arg(long, default_value_t = 1)]
    pub(crate) subscribers: usize,
    /// Senders receive each other, as in a conversation.
    #[arg(long)]
    pub(crate) mutual: bool,
    /// Senders send audio too: 50 packets a second.
    #[arg(long)]
    pub(crate) audio: bool,
    /// Video packets a second of one sender; 440 is a camera at 720p.
    #[arg(long, default_value_t = 440)]
    pub(crate) packet_rate: u32,
    /// Bytes of a video packet without its IP and UDP headers.
    #[arg(long, default_value_t = 1200)]
    pub(crate) packet_bytes: usize,
    /// How long to measure, after everything flows.
    #[arg(long, default_value_t = 10)]
    pub(crate) seconds: u64,
    /// The node's process: its CPU time and memory are reported too.
    #[arg(long)]
    pub(crate) server_pid: Option<u32>,
    /// Print JSON.
    #[arg(long)]
    pub(crate) json: bool,
}
