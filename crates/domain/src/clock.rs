//! Time as an argument.

use jiff::Timestamp;

/// Where "now" comes from. Services hold one and pass its answer down; rules take the answer.
pub trait Clock: Send + Sync + 'static {
    /// The present instant in UTC. May step backwards when the machine's clock is corrected.
    fn now(&self) -> Timestamp;
}

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place where the machine's clock is read"
    )]
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}
