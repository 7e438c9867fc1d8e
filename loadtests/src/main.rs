//! Bots that load a Bedside node and say what it cost.
//!
//! `loadtests media` joins rooms with a second, independent WebRTC stack, sends video-like RTP
//! and counts what arrives. Every scenario is bounded in number and time and talks to loopback
//! addresses only.

mod cli;
mod error;
mod media;
mod process;
mod target;

use std::io::Write as _;
use std::process::ExitCode;

use clap::Parser as _;

use cli::{Cli, Scenario};

#[tokio::main]
async fn main() -> ExitCode {
    let cli = Cli::parse();
    let outcome = match cli.scenario {
        Scenario::Media(options) => {
            let json = options.json;
            let report = Box::pin(media::run(options)).await;
            report.map(|report| (report.text(json), report.complete))
        }
    };
    // A closed pipe is the reader's wish to hear no more.
    match outcome {
        Ok((text, complete)) => {
            let _ = writeln!(std::io::stdout(), "{text}");
            if complete {
                ExitCode::SUCCESS
            } else {
                ExitCode::FAILURE
            }
        }
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "loadtests: {error}");
            ExitCode::FAILURE
        }
    }
}
