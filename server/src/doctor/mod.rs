//! What `bedside doctor` looks at, and the self-test of every path at the start.
//!
//! From this machine one sees whether a path works up to the machine's own network card. What lies
//! outside, the clinic's firewall above all, is named in the sentence for those who run it.

mod machine;
mod network;
mod ports;
mod probe;
mod tls_line;

use std::io::Write as _;

use runtime::Context;
use tracing::{info, warn};

use crate::settings::Settings;
use network::Metrics;
pub(crate) use network::Targets;

/// One thing looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Check {
    /// What, in a word or two.
    what: String,
    /// What was found, or what is wrong and how to mend it, in one sentence.
    found: Result<String, String>,
}

impl Check {
    fn new(what: impl Into<String>, found: Result<String, String>) -> Self {
        Self {
            what: what.into(),
            found,
        }
    }
}

/// Not everything is well.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DoctorError {
    #[error("{0} of {1} checks failed; each line above that begins with FAIL says what to do")]
    Failed(usize, usize),
    #[error("the findings cannot be printed: {0}")]
    Print(#[from] std::io::Error),
}

/// Looks at everything `settings` mean, and prints a line for each check.
pub(crate) async fn run(settings: &Settings) -> Result<(), DoctorError> {
    let mut checks = machine::examine(settings).await;
    checks.extend(network::examine(settings).await);
    let mut out = std::io::stdout().lock();
    for Check { what, found } in &checks {
        match found {
            Ok(text) => writeln!(out, "ok    {what}: {text}")?,
            Err(text) => writeln!(out, "FAIL  {what}: {text}")?,
        }
    }
    out.flush()?;
    match checks.iter().filter(|check| check.found.is_err()).count() {
        0 => Ok(()),
        failed => Err(DoctorError::Failed(failed, checks.len())),
    }
}

/// Tries every path of the node that has just started, once, and logs what fails.
pub(crate) fn self_test(targets: Targets, context: &Context) {
    let metrics = Metrics::Own(context.metrics.clone());
    let shutdown = context.tasks.shutdown();
    context.tasks.spawn("self-test", async move {
        let checks = tokio::select! {
            () = shutdown.begun() => return,
            checks = targets.check(&metrics) => checks,
        };
        let count = checks.len();
        let mut failed = 0;
        for Check { what, found } in checks {
            if let Err(sentence) = found {
                failed += 1;
                warn!(path.name = %what, "Self-test: {what}: {sentence}");
            }
        }
        if failed == 0 {
            info!("Self-test: {count} of {count} paths work on this machine");
        }
    });
}
