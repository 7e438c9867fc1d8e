//! The audit log: who did what to whose data, on whose behalf, and whether it was allowed.
//!
//! One row per read, write, export or denial, written in the transaction of the act itself; a
//! search writes one row for the query and one for each patient it showed. Rows hold
//! identifiers, stable names and counts, never health data. The service role may insert and
//! read them, nothing else. Each row carries a keyed MAC, so that an edit by anybody who does
//! not hold the audit key shows ([`verify_row`]); deletion and reordering are for the Merkle
//! log above it.

mod entry;
mod mac;
pub mod store;
mod vocabulary;

pub use entry::{Actor, AuditEntry, DetailValue};
pub use mac::{AuditKey, MacError, verify_row};
pub use store::{Filter, Row};
pub use vocabulary::{Action, Outcome, Purpose, ResourceType};

use domain::PatientId;

/// What a transaction answers for when it commits.
#[derive(Debug)]
#[must_use = "hand it to Tx::commit"]
pub struct Audit(pub(crate) Account);

#[derive(Debug)]
pub(crate) enum Account {
    Entries(Vec<AuditEntry>),
    Search {
        query: AuditEntry,
        patients: Vec<PatientId>,
    },
    Exempt,
}

impl Audit {
    /// One act.
    pub fn of(entry: AuditEntry) -> Self {
        Self(Account::Entries(vec![entry]))
    }

    /// Several acts of one request, in order.
    pub fn all(entries: impl IntoIterator<Item = AuditEntry>) -> Self {
        Self(Account::Entries(entries.into_iter().collect()))
    }

    /// A search or list: one row for the query, with the number of patients in its detail
    /// (`shown`), and one for each patient whose data it showed, naming the query's row as its
    /// search. Repeated patients are written once.
    pub fn search(query: AuditEntry, patients: impl IntoIterator<Item = PatientId>) -> Self {
        let mut patients: Vec<_> = patients.into_iter().collect();
        patients.sort_unstable();
        patients.dedup();
        Self(Account::Search { query, patients })
    }

    /// No row, and why.
    pub fn exempt(_reason: Exempt) -> Self {
        Self(Account::Exempt)
    }
}

/// Why something needs no audit row. A review can list every use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exempt {
    /// It touches no health data; the text says what it touches.
    NoHealthData(&'static str),
    /// The health data was accounted for by the act that caused this; the text says which. For
    /// consumers that file what an event tells them.
    AuditedBefore(&'static str),
}
