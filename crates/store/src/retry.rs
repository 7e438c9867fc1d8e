//! Trying again after losing against a concurrent transaction.

use std::time::Duration;

use crate::StoreError;

/// An error that can tell whether the work it ended is worth repeating unchanged.
pub trait Retryable {
    /// True only when nothing was changed and another try may succeed.
    fn is_retryable(&self) -> bool;
}

impl Retryable for StoreError {
    fn is_retryable(&self) -> bool {
        self.is_contended()
    }
}

/// Waits before the second, third … try, about 0.2 s in all. Deadlocks are found after 1 s by one
/// of the two, which is then the only one to wait, so no jitter is needed.
const PAUSES: [Duration; 4] = [
    Duration::from_millis(2),
    Duration::from_millis(10),
    Duration::from_millis(40),
    Duration::from_millis(150),
];

/// Runs `work`, which begins and commits its own transaction, again while it loses against
/// concurrent ones: at most five times. Other errors and the last one are returned as they are.
///
/// `work` must not keep anything from a failed try.
///
/// # Errors
/// Whatever `work` returned last.
pub async fn retry<T, E, F, W>(mut work: W) -> Result<T, E>
where
    E: Retryable,
    F: Future<Output = Result<T, E>>,
    W: FnMut() -> F,
{
    for pause in PAUSES {
        match work().await {
            Err(error) if error.is_retryable() => tokio::time::sleep(pause).await,
            done => return done,
        }
    }
    work().await
}
