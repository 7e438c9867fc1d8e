//! `cargo xtask tidy | generate [--check] | ratchet`.

use std::error::Error;
use std::fs;
use std::process::ExitCode;

use xtask::length::{self, Ratchet};
use xtask::{Finding, generated, tree};

const USAGE: &str = "cargo xtask COMMAND
  tidy               judge the tree by every rule (the same as `cargo test -p xtask`)
  generate           write the committed generated files
  generate --check   compare the API types (`cargo test` compares the others)
  ratchet            lower the lengths in xtask/ratchet.toml after a cut";

#[expect(clippy::print_stderr, reason = "a command-line tool talks to its user")]
fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let outcome = match arguments.as_slice() {
        ["tidy"] => xtask::tidy(),
        ["generate"] => generated::write().map(|()| Vec::new()).map_err(Into::into),
        ["generate", "--check"] => compare(),
        ["ratchet"] => ratchet().map(|()| Vec::new()),
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    match outcome {
        Ok(findings) if findings.is_empty() => ExitCode::SUCCESS,
        Ok(findings) => {
            findings.iter().for_each(|finding| eprintln!("{finding}"));
            ExitCode::FAILURE
        }
        Err(error) => {
            eprintln!("xtask: {error}");
            ExitCode::FAILURE
        }
    }
}

fn compare() -> Result<Vec<Finding>, Box<dyn Error>> {
    Ok(generated::stale_api_types()?.into_iter().collect())
}

fn ratchet() -> Result<(), Box<dyn Error>> {
    let lowered = Ratchet::load()?.lowered(&tree::read(&tree::root())?);
    fs::write(tree::root().join(length::RATCHET), lowered.to_text())?;
    Ok(())
}
