//! What is written when the files approach their bound.
//!
//! The bound is reached only when core-api has been away for a day or so. A visit must never end,
//! or not begin, because its journal is full: care comes first, and whoever holds a token was let
//! in by core-api. So details go first: from four fifths of the bound on only comings and goings,
//! attempts and paths are written. At the bound nothing is, each loss is counted, and the node
//! says that it is not ready, so that whoever watches it or balances between nodes acts. The
//! numbers within a room's life show later where entries are missing.

use bus::journal::Entry;

/// What happens to an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It is written.
    Write,
    /// It is a detail and there is little room.
    LeaveOut,
    /// There is no room.
    Lose,
}

/// What happens to `entry` when the files hold `bytes` of at most `limit`.
pub(super) fn judge(entry: &Entry, bytes: u64, limit: u64) -> Verdict {
    if bytes >= limit {
        Verdict::Lose
    } else if bytes >= limit / 5 * 4 && !entry.what.is_vital() {
        Verdict::LeaveOut
    } else {
        Verdict::Write
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bus::journal::{Happening, LeaveCause};
    use jiff::Timestamp;

    #[test]
    fn details_go_first_and_at_the_bound_nothing_is_written() {
        let entry = |what| Entry {
            visit: "01900000-0000-7000-8000-000000000001".parse().expect("id"),
            session: 1,
            number: 1,
            at: Timestamp::UNIX_EPOCH,
            account: "01900000-0000-7000-8000-00000000000a".parse().expect("id"),
            participant: None,
            what,
        };
        let cause = LeaveCause::Client;
        let left = entry(Happening::Left { cause });
        let report = Default::default();
        let quality = entry(Happening::Quality { report });
        for (bytes, of_left, of_quality) in [
            (0, Verdict::Write, Verdict::Write),
            (799, Verdict::Write, Verdict::Write),
            (800, Verdict::Write, Verdict::LeaveOut),
            (999, Verdict::Write, Verdict::LeaveOut),
            (1_000, Verdict::Lose, Verdict::Lose),
        ] {
            assert_eq!(judge(&left, bytes, 1_000), of_left, "{bytes}");
            assert_eq!(judge(&quality, bytes, 1_000), of_quality, "{bytes}");
        }
    }
}
