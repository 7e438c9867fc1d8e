//! Verification: everything a log says is fed in, in order, and what is wrong comes out. No
//! database and no files here; a live database ([`scan`]) and an export ([`super::dump`]) feed the
//! same [`Verifier`].

pub(super) mod archive;
pub(super) mod entry;
mod finding;
pub(super) mod scan;
mod sink;

use std::collections::BTreeMap;
use std::io;

use jiff::Timestamp;

use finding::MOST;
pub use finding::{Finding, Kind, Verdict};
pub use scan::{ScanError, scan};
pub use sink::Sink;

use super::hex;
use super::leaf::Leaf;
use super::mac::{AuditKeys, verify_row};
use super::note::{Checkpoint, NoteError};
use super::store::Row;
use super::tree::{Hash, Tile, Tree};
use archive::Archive;

/// A head that the entries must lead to.
struct Expected {
    root: Hash,
    elsewhere: bool,
}

/// Verifies a log as it is fed in. Memory is bounded by checkpoints and tiles ahead of the
/// entries, which come in runs, and by the copies given beforehand.
pub struct Verifier<'k> {
    keys: &'k AuditKeys,
    origin: String,
    claimed: u64,
    next: u64,
    tree: Tree,
    /// False once an entry is wrong: every head after it is wrong for the same reason.
    tree_sound: bool,
    heads: BTreeMap<u64, Vec<Expected>>,
    /// The largest checkpoint of the log's own.
    newest: u64,
    tiles: BTreeMap<(u8, u64), Vec<Hash>>,
    archive: Archive,
    unsealed: u64,
    checkpoints: u64,
    copies: u64,
    findings: Vec<Finding>,
    wrong: u64,
}

impl<'k> Verifier<'k> {
    /// A verifier with `keys` and the notes of checkpoints kept elsewhere.
    pub fn new(keys: &'k AuditKeys, copies: &[String]) -> Self {
        let mut this = Self {
            keys,
            origin: String::new(),
            claimed: 0,
            next: 0,
            tree: Tree::default(),
            tree_sound: true,
            heads: BTreeMap::new(),
            newest: 0,
            tiles: BTreeMap::new(),
            archive: Archive::default(),
            unsealed: 0,
            checkpoints: 0,
            copies: 0,
            findings: Vec::new(),
            wrong: 0,
        };
        for note in copies {
            match Checkpoint::open(note, keys) {
                Ok(head) => {
                    // All copies must be of one log; the log's own name is compared with it.
                    if this.origin.is_empty() {
                        this.origin.clone_from(&head.origin);
                    }
                    if this.origin == head.origin {
                        this.expect(&head, true);
                    } else {
                        this.found(Kind::Rewritten, None, "the copies are of several logs");
                    }
                }
                Err(error) => {
                    let text = format!("a copy of a checkpoint cannot be used: {error}");
                    this.found(Kind::CheckpointAltered, None, &text);
                }
            }
        }
        this
    }

    fn expect(&mut self, head: &Checkpoint, elsewhere: bool) {
        let heads = self.heads.entry(head.size).or_default();
        // The same head twice is one fact, as the newest copy is kept under two names.
        if !heads
            .iter()
            .any(|known| known.root == head.root && known.elsewhere == elsewhere)
        {
            heads.push(Expected {
                root: head.root,
                elsewhere,
            });
        }
    }

    fn found(&mut self, kind: Kind, entry: Option<u64>, text: &str) {
        self.keep(Finding::new(kind, entry, None, text.to_owned()));
    }

    fn keep(&mut self, finding: Finding) {
        self.wrong += 1;
        if self.findings.len() < MOST {
            self.findings.push(finding);
        }
    }

    /// Compares with the heads and tiles that end at the entries so far.
    fn compare(&mut self, complete: Vec<Tile>) {
        for tile in complete {
            let expected = self.tiles.remove(&(tile.level, tile.index));
            if self.tree_sound && expected.as_ref() != Some(&tile.hashes) {
                let text = format!("tile {} of level {}", tile.index, tile.level);
                let first = tile.completed_at() - (tile.completed_at() / (tile.index + 1));
                self.found(Kind::TileAltered, Some(first), &text);
            }
        }
        let Some(heads) = self.heads.remove(&self.next) else {
            return;
        };
        if !self.tree_sound {
            return;
        }
        let root = self.tree.root();
        for head in heads {
            let place = if head.elsewhere { "a copy" } else { "the log" };
            if head.root != root {
                let text = format!(
                    "the first {} entries are not those that the checkpoint in {place} was signed over",
                    self.next
                );
                self.found(Kind::Rewritten, Some(self.next - 1), &text);
            } else if head.elsewhere {
                self.copies += 1;
            } else {
                self.checkpoints += 1;
            }
        }
    }

    /// What was found.
    pub fn finish(mut self) -> Verdict {
        let (archived, gone) = std::mem::take(&mut self.archive).judge();
        for finding in gone {
            // Deletions come late but may be first in the log: they are always listed.
            self.wrong += 1;
            self.findings.push(finding);
        }
        if self.tree_sound && !self.tiles.is_empty() {
            self.found(
                Kind::TileAltered,
                Some(self.next),
                "there are tiles beyond the end",
            );
        }
        let beyond = self.heads.range(self.next.saturating_add(1)..).next_back();
        if let Some((size, heads)) = beyond {
            let place = if heads.iter().any(|head| head.elsewhere) {
                "a copy"
            } else {
                "the log"
            };
            let text =
                format!("the log ends here, and a checkpoint in {place} covers {size} entries");
            self.found(Kind::TailCut, Some(self.next), &text);
        } else if self.newest < self.next {
            let text = format!("the checkpoint over {} entries is gone", self.next);
            self.found(Kind::CheckpointMissing, Some(self.newest), &text);
        } else if self.claimed > self.next {
            let text = format!("{} entries were announced", self.claimed);
            self.found(Kind::TailCut, Some(self.next), &text);
        }
        // Rows without an entry have no number; they come last.
        self.findings
            .sort_by_key(|finding| finding.entry.unwrap_or(u64::MAX));
        self.findings.truncate(MOST);
        Verdict {
            sound: self.wrong == 0,
            log: self.origin,
            entries: self.next,
            unsealed: self.unsealed,
            checkpoints: self.checkpoints,
            copies: self.copies,
            root: hex::encode(&self.tree.root()),
            archived,
            wrong: self.wrong,
            first: self.findings.first().cloned(),
            findings: self.findings,
        }
    }
}

impl Sink for Verifier<'_> {
    fn log(&mut self, origin: &str, size: u64) -> io::Result<()> {
        self.claimed = size;
        if !self.origin.is_empty() && self.origin != origin {
            let text = format!(
                "this is log {origin}, and the copies are of {}",
                self.origin
            );
            self.found(Kind::Rewritten, None, &text);
        }
        origin.clone_into(&mut self.origin);
        Ok(())
    }

    fn checkpoint(&mut self, note: &str, size: u64, _at: Timestamp) -> io::Result<()> {
        self.newest = self.newest.max(size);
        match Checkpoint::open(note, self.keys) {
            Ok(head) if head.size == size && head.origin == self.origin => {
                self.expect(&head, false);
            }
            Ok(_) => self.found(
                Kind::CheckpointAltered,
                Some(size.saturating_sub(1)),
                &format!("the checkpoint over {size} entries is another one"),
            ),
            Err(NoteError::Form | NoteError::Unsigned) => self.found(
                Kind::CheckpointAltered,
                Some(size.saturating_sub(1)),
                &format!("the checkpoint over {size} entries is not signed by a key at hand"),
            ),
        }
        Ok(())
    }

    fn tile(&mut self, level: u8, index: u64, hashes: &[Hash]) -> io::Result<()> {
        self.tiles.insert((level, index), hashes.to_vec());
        Ok(())
    }

    fn entry(&mut self, leaf: &Leaf, row: Option<&Row>) -> io::Result<()> {
        if leaf.seq != self.next {
            let text = format!("entry {} is missing: {} comes instead", self.next, leaf.seq);
            self.found(Kind::Renumbered, Some(self.next), &text);
            self.tree_sound = false;
        }
        self.next = leaf.seq.saturating_add(1);
        let (finding, trusted) = entry::check(self.keys, leaf, row);
        self.tree_sound &= trusted;
        match (row, &finding) {
            (None, None) => self.archive.missing(leaf),
            (Some(row), None) => self.archive.sealed(row),
            _ => {}
        }
        if let Some(finding) = finding {
            self.keep(finding);
        }
        let mut complete = Vec::new();
        self.tree.push(leaf.hash, &mut complete);
        self.compare(complete);
        Ok(())
    }

    fn unsealed(&mut self, row: &Row, behind: bool) -> io::Result<()> {
        let found = |kind, text: &str| Finding::new(kind, None, Some(row.id), text.to_owned());
        let key = self.keys.named(row.key_id);
        match key.map(|key| verify_row(key, row)) {
            None => self.keep(found(Kind::UnknownKey, "the row names a key not at hand")),
            Some(Err(_)) => self.keep(found(
                Kind::Inserted,
                "the row has no entry and was not written by a holder of the key",
            )),
            Some(Ok(())) if behind => self.keep(found(
                Kind::Inserted,
                "the row has no entry although later ones have",
            )),
            Some(Ok(())) => self.unsealed += 1,
        }
        Ok(())
    }

    fn timeless(&mut self, row: uuid::Uuid) -> io::Result<()> {
        let text = "the row's time is none".to_owned();
        self.keep(Finding::new(Kind::Inserted, None, Some(row), text));
        Ok(())
    }
}
