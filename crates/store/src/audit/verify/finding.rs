//! What a verification can find.

use serde::Serialize;
use uuid::Uuid;

/// What is wrong with the log. The serialised names are stable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A row is not what was written: edited, or exchanged for another.
    Altered,
    /// A row that has an entry is gone, and its month did not leave lawfully.
    Deleted,
    /// A row that nobody with the key wrote, or one slipped in behind the log's end.
    Inserted,
    /// An entry stands where it was not written: reordered or swapped.
    Moved,
    /// Entries were numbered anew: a number is missing, or entries moved up into a gap.
    Renumbered,
    /// An entry itself was altered.
    EntryAltered,
    /// The log ends before entries that a checkpoint covers.
    TailCut,
    /// The entries are not those a checkpoint was signed over.
    Rewritten,
    /// A checkpoint of the database was altered or not signed by a key at hand.
    CheckpointAltered,
    /// The checkpoint over the last entries is gone.
    CheckpointMissing,
    /// A tile of the tree was altered or is gone.
    TileAltered,
    /// A row or entry names a key that is not at hand, so nothing can be said about it.
    UnknownKey,
    /// Rows wait longer than they should for their place in the log.
    Unsealed,
}

impl Kind {
    /// The stable name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Altered => "altered",
            Self::Deleted => "deleted",
            Self::Inserted => "inserted",
            Self::Moved => "moved",
            Self::Renumbered => "renumbered",
            Self::EntryAltered => "entry_altered",
            Self::TailCut => "tail_cut",
            Self::Rewritten => "rewritten",
            Self::CheckpointAltered => "checkpoint_altered",
            Self::CheckpointMissing => "checkpoint_missing",
            Self::TileAltered => "tile_altered",
            Self::UnknownKey => "unknown_key",
            Self::Unsealed => "unsealed",
        }
    }
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What.
    pub kind: Kind,
    /// At which entry; none for a row without one.
    pub entry: Option<u64>,
    /// Which row, where one can be named.
    pub row: Option<Uuid>,
    /// What was found, as a sentence without data.
    pub text: String,
}

impl Finding {
    pub(crate) fn new(kind: Kind, entry: Option<u64>, row: Option<Uuid>, text: String) -> Self {
        Self {
            kind,
            entry,
            row,
            text,
        }
    }
}

impl std::fmt::Display for Finding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.kind.name())?;
        if let Some(entry) = self.entry {
            write!(f, ", entry {entry}")?;
        }
        if let Some(row) = self.row {
            write!(f, ", row {row}")?;
        }
        write!(f, ": {}", self.text)
    }
}

/// The outcome of a verification.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Verdict {
    /// Whether nothing is wrong.
    pub sound: bool,
    /// Which log.
    pub log: String,
    /// Entries verified.
    pub entries: u64,
    /// Rows that have no entry yet, and are authentic.
    pub unsealed: u64,
    /// Checkpoints of the database that fit.
    pub checkpoints: u64,
    /// Checkpoints kept elsewhere that fit.
    pub copies: u64,
    /// The root over the entries, in hexadecimal.
    pub root: String,
    /// Rows of months that left lawfully.
    pub archived: u64,
    /// How much is wrong in all.
    pub wrong: u64,
    /// The first bad row or entry.
    pub first: Option<Finding>,
    /// What is wrong, first entries first; a hundred at most.
    pub findings: Vec<Finding>,
}

/// Findings listed one by one.
pub(crate) const MOST: usize = 100;
