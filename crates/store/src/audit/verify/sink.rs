//! What a log is fed into.

use std::io;

use jiff::Timestamp;
use uuid::Uuid;

use crate::audit::leaf::Leaf;
use crate::audit::store::Row;
use crate::audit::tree::Hash;

/// Takes what a log consists of, in this order: its name; then, for each run of entries, the
/// checkpoints and tiles that end in it and the entries themselves; then the rows without entries.
pub trait Sink {
    /// Which log it is, and how many entries it claims.
    fn log(&mut self, origin: &str, size: u64) -> io::Result<()>;
    /// A checkpoint of the log's own.
    fn checkpoint(&mut self, note: &str, size: u64, at: Timestamp) -> io::Result<()>;
    /// A complete tile.
    fn tile(&mut self, level: u8, index: u64, hashes: &[Hash]) -> io::Result<()>;
    /// An entry and its row, where that is there.
    fn entry(&mut self, leaf: &Leaf, row: Option<&Row>) -> io::Result<()>;
    /// A row without an entry; `behind` when newer ones have theirs.
    fn unsealed(&mut self, row: &Row, behind: bool) -> io::Result<()>;
    /// A row whose time is none.
    fn timeless(&mut self, row: Uuid) -> io::Result<()>;
}
