//! Logs on standard error: one event a line, ids as fields, never a person.

use std::io::IsTerminal as _;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::ParseError;

/// Libraries that are never heard: they warn of each malformed message, which anybody can send as
/// often as they like, and name keys at their lowest level.
const SILENT: [&str; 3] = ["stun_types=off", "stun_proto=off", "turn_types=off"];

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON object a line, for collectors.
    Json,
}

/// Logging could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// The filter text makes no sense.
    #[error("the log filter is not valid: {0}")]
    Filter(#[from] ParseError),
    /// Logging is set up already.
    #[error("logging is set up already")]
    Twice,
}

/// Starts logging to standard error. `filter` is a `tracing` filter such as `info` or
/// `info,sfu=debug`.
///
/// # Errors
/// [`TelemetryError`] for a filter that makes no sense, or a second call.
pub fn init_logs(filter: &str, format: LogFormat) -> Result<(), TelemetryError> {
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(silence(EnvFilter::try_new(filter)?)?)
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr);
    match format {
        LogFormat::Text => subscriber.try_init(),
        LogFormat::Json => subscriber.json().try_init(),
    }
    .map_err(|_| TelemetryError::Twice)
}

fn silence(mut filter: EnvFilter) -> Result<EnvFilter, ParseError> {
    for directive in SILENT {
        filter = filter.add_directive(directive.parse()?);
    }
    Ok(filter)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_silent_stay_silent_whatever_is_asked() {
        for asked in ["info", "trace", "stun_types=trace,sfu=debug"] {
            let filter = silence(EnvFilter::try_new(asked).expect("valid")).expect("valid");
            let text = filter.to_string();
            assert!(text.contains("stun_types=off"), "{text}");
            assert!(!text.contains("stun_types=trace"), "{text}");
        }
    }
}
