//! What `bedside doctor` looks at, and the self-test of every path at the start.
//!
//! From this machine one sees whether a path works up to the machine's own network card. What lies
//! outside, the clinic's firewall above all, is named in the sentence for those who run it; run
//! elsewhere with `--external HOST`, the doctor sees that too.

mod certificate;
mod examine;
mod external;
mod http;
mod ice_tcp;
mod machine;
mod metrics;
mod ports;
mod probe;
mod targets;
mod tls_line;

use std::io::Write as _;

use domain::{Clock as _, SystemClock};
use runtime::Context;
use tracing::{info, warn};

use crate::settings::Settings;
use metrics::Metrics;
pub(crate) use targets::Targets;

/// One thing looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Check {
    /// What, in a word or two.
    what: String,
    found: Finding,
}

/// What was found, in one sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Finding {
    Fine(String),
    /// It works, and somebody should do something all the same.
    Warning(String),
    /// What is wrong, and how to mend it.
    Fault(String),
}

impl From<Result<String, String>> for Finding {
    fn from(found: Result<String, String>) -> Self {
        match found {
            Ok(text) => Self::Fine(text),
            Err(text) => Self::Fault(text),
        }
    }
}

impl Check {
    fn new(what: impl Into<String>, found: impl Into<Finding>) -> Self {
        Self {
            what: what.into(),
            found: found.into(),
        }
    }

    fn is_fault(&self) -> bool {
        matches!(self.found, Finding::Fault(_))
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

/// Looks at everything `settings` mean, and prints a line for each check. With `external` only at
/// the paths to that host, from this machine.
pub(crate) async fn run(settings: &Settings, external: Option<&str>) -> Result<(), DoctorError> {
    let checks = match external {
        Some(host) => external::examine(settings, host).await,
        None => {
            let mut checks = machine::examine(settings).await;
            checks.extend(examine::here(settings).await);
            checks
        }
    };
    let mut out = std::io::stdout().lock();
    for Check { what, found } in &checks {
        match found {
            Finding::Fine(text) => writeln!(out, "ok    {what}: {text}")?,
            Finding::Warning(text) => writeln!(out, "warn  {what}: {text}")?,
            Finding::Fault(text) => writeln!(out, "FAIL  {what}: {text}")?,
        }
    }
    out.flush()?;
    match checks.iter().filter(|check| check.is_fault()).count() {
        0 => Ok(()),
        failed => Err(DoctorError::Failed(failed, checks.len())),
    }
}

/// Tries every path of the node that has just started, once, and logs what fails.
pub(crate) fn self_test(targets: Targets, context: &Context) {
    let metrics = Metrics::Own(context.metrics.clone());
    let shutdown = context.tasks.shutdown();
    context.tasks.spawn("self-test", async move {
        let looked = async {
            let checks = targets.check(&metrics).await;
            (checks, targets.certificate(SystemClock.now()).await)
        };
        let (checks, certificate) = tokio::select! {
            () = shutdown.begun() => return,
            looked = looked => looked,
        };
        let count = checks.len();
        let failed = checks.iter().filter(|check| check.is_fault()).count();
        for Check { what, found } in checks.into_iter().chain(certificate) {
            if let Finding::Fault(sentence) | Finding::Warning(sentence) = found {
                warn!(path.name = %what, "Not well: {what}: {sentence}");
            }
        }
        if failed == 0 {
            info!("Self-test: {count} of {count} paths work on this machine");
        } else {
            warn!("Self-test: {failed} of {count} paths do not work on this machine");
        }
    });
}
