//! Time as the server is told it.

use std::time::Instant;

/// What time it is, twice: allocations live by the steady clock, user names expire by the wall's.
#[derive(Debug, Clone, Copy)]
pub struct Now {
    /// The steady clock; never runs backwards.
    pub instant: Instant,
    /// Seconds since 1970 in UTC.
    pub unix: u64,
}
