//! Bots that load a Bedside node and say what it cost.
//!
//! `loadtests media` starts a node on loopback, lets bots join rooms with ICE and DTLS of a
//! second, independent WebRTC stack, sends video-like RTP and counts what arrives, beside the
//! floor of the same machine. `loadtests media churn` joins and leaves. Every scenario is bounded
//! in number and time.

mod api;
mod bot;
mod cli;
mod error;
mod fleet;
mod floor;
mod histogram;
mod log;
mod machine;
mod media;
mod node;
mod process;
mod rtp;

use std::io::Write as _;
use std::process::ExitCode;

use clap::Parser as _;

use cli::{Cli, MediaOther, Subject};
use error::LoadError;

#[tokio::main]
async fn main() -> ExitCode {
    // A closed pipe is the reader's wish to hear no more.
    match Box::pin(run(Cli::parse().subject)).await {
        Ok((text, passed)) => {
            let _ = writeln!(std::io::stdout(), "{text}");
            if passed {
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

/// What to print, and whether everything went as it should.
async fn run(subject: Subject) -> Result<(String, bool), LoadError> {
    let media = match subject {
        Subject::Media(media) => media,
        Subject::Api(options) => {
            let json = options.json;
            return Ok((api::run(options).await?.text(json), true));
        }
    };
    match media.other {
        Some(MediaOther::Churn(options)) => {
            let churn = media::churn::run(options).await?;
            Ok((churn.text(), churn.passed()))
        }
        None => {
            let json = media.options.json;
            let report = media::run(media.options).await?;
            Ok((report.text(json), report.complete))
        }
    }
}
