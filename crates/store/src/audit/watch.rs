//! Looking for damage while the program runs: the newest entries at each pass, and the rest of
//! the log round and round. Each pass reads a bounded number of rows, however long the log is.

use jiff::Timestamp;
use uuid::Uuid;

use super::log::{self, Tail};
use super::mac::AuditKeys;
use super::verify::archive::{may_leave_from, month_of};
use super::verify::entry;
use super::verify::{Finding, Kind};
use crate::{Connection, StoreError};

/// Entries, and rows, looked at in one go.
const WINDOW: u32 = 1_024;
/// Seconds after which a row should have its place.
const LATE: f64 = 300.0;

/// How far the round has come.
#[derive(Debug)]
pub(super) struct Watch {
    entry: u64,
    row: (String, Uuid),
}

/// What a pass saw.
#[derive(Debug, Default)]
pub(super) struct Seen {
    pub(super) findings: Vec<Finding>,
    /// Rows without a place yet, and for how many seconds the oldest waits.
    pub(super) waiting: u64,
    pub(super) waiting_seconds: f64,
}

impl Default for Watch {
    fn default() -> Self {
        Self {
            entry: 0,
            row: ("0".to_owned(), Uuid::nil()),
        }
    }
}

impl Watch {
    /// Looks at the newest entries and at the next part of the round.
    pub(super) async fn pass(
        &mut self,
        conn: &mut Connection,
        keys: &AuditKeys,
        tail: Option<&Tail>,
        now: Timestamp,
    ) -> Result<Seen, StoreError> {
        let mut seen = Seen::default();
        let (waiting, oldest) = log::waiting(conn, tail).await?;
        seen.waiting = waiting;
        seen.waiting_seconds = oldest.map_or(0.0, |at| now.duration_since(at).as_secs_f64());
        if seen.waiting_seconds > LATE {
            let text = format!("{waiting} rows wait for their place; a transaction may be stuck");
            seen.findings
                .push(Finding::new(Kind::Unsealed, None, None, text));
        }
        let Some(tail) = tail else {
            return Ok(seen);
        };
        let size = tail.leaf.seq.saturating_add(1);
        let fresh = size.saturating_sub(u64::from(WINDOW));
        entries(conn, keys, fresh, size, now, &mut seen.findings).await?;
        if self.entry >= fresh {
            self.entry = 0;
        }
        let upto = fresh.min(self.entry + u64::from(WINDOW));
        entries(conn, keys, self.entry, upto, now, &mut seen.findings).await?;
        self.entry = upto;
        let (strangers, end) = log::window_without_entry(conn, &self.row, tail, WINDOW).await?;
        for row in strangers {
            let text = "the row has no entry although later ones have".to_owned();
            seen.findings
                .push(Finding::new(Kind::Inserted, None, Some(row), text));
        }
        self.row = end.unwrap_or_else(|| Self::default().row);
        Ok(seen)
    }
}

/// Looks at the entries from `from` up to, not including, `upto`, which all must be there.
async fn entries(
    conn: &mut Connection,
    keys: &AuditKeys,
    from: u64,
    upto: u64,
    now: Timestamp,
    findings: &mut Vec<Finding>,
) -> Result<(), StoreError> {
    let limit = u32::try_from(upto - from).unwrap_or(WINDOW);
    let leaves = log::leaves(conn, from, limit).await?;
    let rows = log::rows_of(conn, &leaves).await?;
    let mut next = from;
    for leaf in &leaves {
        if leaf.seq != next {
            let text = format!("entry {next} is missing: {} comes instead", leaf.seq);
            findings.push(Finding::new(Kind::Renumbered, Some(next), None, text));
        }
        next = leaf.seq.saturating_add(1);
        let row = rows.get(&(leaf.event, leaf.event_at));
        let (finding, _) = entry::check(keys, leaf, row);
        findings.extend(finding);
        // Months of that age may have left; whether lawfully, the whole verification tells.
        let may_be_gone = || may_leave_from(month_of(leaf.event_at)).is_some_and(|at| at <= now);
        if row.is_none() && !may_be_gone() {
            let text = "the row is gone".to_owned();
            let found = Finding::new(Kind::Deleted, Some(leaf.seq), Some(leaf.event), text);
            findings.push(found);
        }
    }
    Ok(())
}
