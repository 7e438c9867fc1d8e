//! The audit log: who did what to whose data, on whose behalf, and whether it was allowed.
//!
//! One row per read, write, export or denial, written in the transaction of the act itself; a
//! search writes one row for the query and one for each patient it showed. Rows hold
//! identifiers, stable names and counts, never health data. The service role may insert and
//! read them, nothing else.
//!
//! Nobody can quietly change what is written, not even a superuser of the database: each row
//! carries a keyed MAC ([`verify_row`]); one [`Sealer`] gives each row its numbered, authenticated
//! place in a Merkle log and signs its head; a [`keeper`] does so all the time, keeps copies of
//! the heads elsewhere and looks for damage; [`Verifier`] finds every edit, deletion, insertion,
//! reordering and truncation. The format is in `docs/protocol/audit-log.md`.

mod canonical;
mod copies;
pub mod dump;
mod entry;
mod hex;
pub mod keeper;
mod leaf;
mod log;
mod mac;
mod months;
mod note;
mod report;
mod sealer;
pub mod store;
mod tree;
mod verify;
mod vocabulary;
mod watch;

pub use copies::{Copies, read_notes};
pub use entry::{Actor, AuditEntry, DetailValue};
pub use leaf::Leaf;
pub use mac::{AuditKey, AuditKeys, MacError, verify_row};
pub use months::{DetachError, detach_month};
pub use note::{Checkpoint, NoteError, verifier_key};
pub use report::{ReportSignature, sign_report};
pub use sealer::{Fork, Pass, SealError, Sealer};
pub use store::{Filter, Row, Topic};
pub use tree::Hash;
pub use verify::{Finding, Kind, ScanError, Sink, Verdict, Verifier, scan};
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
