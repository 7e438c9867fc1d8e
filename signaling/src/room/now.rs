//! The present, as an argument.

use std::time::Duration;

use jiff::Timestamp;

/// Two views of one instant. Deadlines use `elapsed`, which never steps back; whatever is shown
/// or stored uses `wall`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Now {
    /// Since an arbitrary start, the same for the whole life of a `Rooms`.
    pub(crate) elapsed: Duration,
    /// UTC.
    pub(crate) wall: Timestamp,
}

impl Now {
    /// The monotonic instant `later` from now.
    pub(crate) fn after(self, later: Duration) -> Duration {
        self.elapsed.saturating_add(later)
    }
}
