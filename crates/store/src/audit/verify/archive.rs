//! Months that have left: what the log says of them, and whether what is gone is exactly that.

use std::collections::BTreeMap;

use aws_lc_rs::digest::{Context, SHA256};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};
use uuid::Uuid;

use super::finding::{Finding, Kind};
use crate::audit::leaf::Leaf;
use crate::audit::store::Row;
use crate::audit::{Action, Outcome, ResourceType};

/// Years a row is kept.
pub(crate) const RETENTION: i64 = 7;

/// A calendar month (UTC) as a number, such as 202611.
pub(crate) fn month_of(at: Timestamp) -> i64 {
    let date = at.to_zoned(TimeZone::UTC).date();
    i64::from(date.year()) * 100 + i64::from(date.month())
}

/// The instant from which a month may leave; none for what is no month.
pub(crate) fn may_leave_from(month: i64) -> Option<Timestamp> {
    let year = i16::try_from(month / 100).ok()?;
    let first = Date::new(year, i8::try_from(month % 100).ok()?, 1).ok()?;
    let end = first.checked_add(1.month().years(RETENTION)).ok()?;
    Some(end.to_zoned(TimeZone::UTC).ok()?.timestamp())
}

/// The entries of a month, digested in the order of the log.
pub(crate) struct Digest {
    context: Context,
    rows: u64,
    first: (u64, Uuid),
}

impl Digest {
    pub(crate) fn starting_with(leaf: &Leaf) -> Self {
        let mut this = Self {
            context: Context::new(&SHA256),
            rows: 0,
            first: (leaf.seq, leaf.event),
        };
        this.add(leaf);
        this
    }

    pub(crate) fn add(&mut self, leaf: &Leaf) {
        self.rows += 1;
        self.context.update(&leaf.seq.to_be_bytes());
        self.context.update(&leaf.hash);
    }

    /// How many entries, and the first 128 bits of SHA-256 over place and hash of each: few enough
    /// bits for an audit row's detail, too many to find other entries for.
    pub(crate) fn finish(self) -> (u64, Uuid) {
        let mut id = [0; 16];
        id.copy_from_slice(&self.context.finish().as_ref()[..16]);
        (self.rows, Uuid::from_bytes(id))
    }
}

/// What is missing, and what the log says has left.
#[derive(Default)]
pub(super) struct Archive {
    missing: BTreeMap<i64, Digest>,
    left: Vec<Departure>,
}

/// The audit row of a month that left.
struct Departure {
    month: i64,
    rows: u64,
    entries: Uuid,
    at: Timestamp,
}

impl Archive {
    /// Notes an entry without a row.
    pub(super) fn missing(&mut self, leaf: &Leaf) {
        self.missing
            .entry(month_of(leaf.event_at))
            .and_modify(|digest| digest.add(leaf))
            .or_insert_with(|| Digest::starting_with(leaf));
    }

    /// Notes an authentic, sealed row, which may be the departure of a month.
    pub(super) fn sealed(&mut self, row: &Row) {
        let is_departure = row.action == Action::Archive.name()
            && row.resource_type == ResourceType::AuditLog.name()
            && row.outcome == Outcome::Success.name();
        if !is_departure {
            return;
        }
        let number = |name: &str| row.detail.get(name)?.as_i64();
        let entries = row.detail.get("entries").and_then(|value| value.as_str());
        let departure = number("month").zip(number("rows")).zip(entries);
        if let Some(((month, rows), entries)) = departure
            && let Ok(entries) = entries.parse()
        {
            self.left.push(Departure {
                month,
                rows: rows.unsigned_abs(),
                entries,
                at: row.at,
            });
        }
    }

    /// How many rows left lawfully, and what is gone without having left.
    pub(super) fn judge(self) -> (u64, Vec<Finding>) {
        let (mut archived, mut findings) = (0, Vec::new());
        for (month, digest) in self.missing {
            let (seq, event) = digest.first;
            let (rows, entries) = digest.finish();
            let lawful = self.left.iter().any(|left| {
                (left.month, left.rows, left.entries) == (month, rows, entries)
                    && may_leave_from(month).is_some_and(|from| left.at >= from)
            });
            if lawful {
                archived += rows;
                continue;
            }
            let text = match rows {
                1 => "the row is gone".to_owned(),
                _ => format!("the row is gone, the first of {rows} of its month"),
            };
            findings.push(Finding::new(Kind::Deleted, Some(seq), Some(event), text));
        }
        (archived, findings)
    }
}
