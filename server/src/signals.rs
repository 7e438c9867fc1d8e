//! SIGTERM and SIGINT, counted.

use tokio::signal::unix::{Signal, SignalKind, signal};

/// A signal handler cannot be installed.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub(crate) struct SignalsError(#[from] std::io::Error);

/// The signals that ask the program to stop.
pub(crate) struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    /// Catches both from now on, so that a signal during a long start is not lost.
    pub(crate) fn new() -> Result<Self, SignalsError> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    /// Resolves at the next of them.
    pub(crate) async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}
